"""Everyone who has a role by a binding that is not in the stack: they gain what the role gains.

Everyone with a role is one principal of the review. Its rights are not compared where bindings or roles of the stack
pass them on to principals that are compared themselves.
"""

import re
from collections.abc import Iterator
from functools import cache

from ...access import Access, BoundRole, Location, Role, Rules
from ...access.rbac.roles import Roles
from ..kubernetes.effective import EffectiveAccess, expand_rule
from ..side import UNKNOWN_CLUSTER, PrincipalAccess, RuleSet
from .rule_sets import RuleSetBuilder

_AGGREGATE_TO = re.compile(r".+/aggregate-to-.+")
"""How labels are named that are meant to be aggregated.
https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles"""
_DEFAULT = tuple(f"rbac.authorization.k8s.io/aggregate-to-{name}" for name in ("view", "edit", "admin"))


def find_role_holders(access: Access, builder: RuleSetBuilder) -> Iterator[PrincipalAccess]:
    """Everyone with a role of the stack, with a default role that it widens, or with what is unknown of either."""
    yield from _find_holders_of_own(access, builder)
    yield from _find_holders_of_default(access, builder)
    yield from _find_holders_by_label(access, builder)
    for binding in access.bindings:
        if binding.is_elsewhere and not binding.subjects:
            label = f"the role of {binding}"
            yield _create(str(binding), binding.location, (RuleSet(label, frozenset(), None, is_elsewhere=True),))


def _find_holders_of_own(access: Access, builder: RuleSetBuilder) -> Iterator[PrincipalAccess]:
    roles = access.united_roles
    bound = _find_bound(access)
    for location, role in roles.list_declared():
        first = role.parts[0]
        namespaces = None if role.namespace is None else (role.namespace,)
        united = roles.find(role.kind, role.name, role.namespace, location)
        rule_sets = []
        if role.rules and not united.is_default:
            rule_sets.append(builder.build_rules(str(role), role.rules, namespaces))
        if united.is_elsewhere:
            rule_sets.append(RuleSet(_describe_patch(role), frozenset(), namespaces, is_elsewhere=True))
        is_passed_on = first in bound or roles.is_aggregated(first) or any(roles.find_widened(first))
        # Another role of the name may be the one that is bound, and cover what this one gains.
        is_ambiguous = not location.cluster and len(united.parts) > len(role.parts)
        unknown = frozenset(_describe_unknown(role, is_bound=first in bound))
        if rule_sets or unknown:
            yield _create(
                _name_everyone(role),
                location,
                tuple(rule_sets),
                unknown,
                is_passed_on=is_passed_on and not is_ambiguous and not united.is_elsewhere,
                resource=first,
            )


def _find_holders_of_default(access: Access, builder: RuleSetBuilder) -> Iterator[PrincipalAccess]:
    """Everyone with a default role that the stack widens: that has holders in every cluster."""
    for location in {role.location.known: None for role in access.roles if role.namespace is None}:
        for name, rules in access.united_roles.list_beyond_defaults(location):
            role = BoundRole("ClusterRole", name)
            before = _get_default_access(name)
            new = tuple(rule for rule in rules if not all(map(before.covers, expand_rule(rule))))
            if new:
                yield _create(_name_everyone(role), location, (builder.build_rules(str(role), Rules(new)),))


@cache
def _get_default_access(name: str) -> EffectiveAccess:
    role = BoundRole("ClusterRole", name)
    return EffectiveAccess.of([RuleSetBuilder().build_rules(str(role), Roles(()).list_default_rules(name))])


def _find_holders_by_label(access: Access, builder: RuleSetBuilder) -> Iterator[PrincipalAccess]:
    """Everyone with a role that is not in the stack, and that aggregates roles of the stack by a label meant for it."""
    found: dict[tuple[str, Location], dict[RuleSet, None]] = {}
    for role in access.roles:
        labels = [f"{key}={value}" for key, value in role.labels.items() if _is_aggregated_elsewhere(key)]
        if labels and not access.united_roles.is_aggregated(role):
            rules = access.united_roles.list_rules(role)
            for label in labels if rules else ():
                rule_set = builder.build_rules(str(role), rules)
                found.setdefault((label, role.location), {})[rule_set] = None
    for (label, location), rule_sets in found.items():
        yield _create(f"everyone with a role that aggregates {label}", location, tuple(rule_sets))


def _is_aggregated_elsewhere(key: str) -> bool:
    return _AGGREGATE_TO.fullmatch(key) is not None and key not in _DEFAULT


def _create(
    name: str,
    location: Location,
    rule_sets: tuple[RuleSet, ...],
    unknown: frozenset[str] = frozenset(),
    *,
    is_passed_on: bool = False,
    resource: Role | None = None,
) -> PrincipalAccess:
    urn = resource.resource.urn if resource is not None and resource.resource is not None else ""
    return PrincipalAccess(
        name,
        (f"{name} in {location}", *([f"{name} by {urn}"] if urn else [])),
        clusters={location.cluster or UNKNOWN_CLUSTER: rule_sets} if rule_sets else {},
        unknown=unknown,
        is_everyone=True,
        is_passed_on=is_passed_on,
    )


def _name_everyone(role: BoundRole) -> str:
    place = "" if role.namespace is None else f" in namespace {role.namespace}"
    return f"everyone with {role}{place}"


def _find_bound(access: Access) -> frozenset[Role]:
    """The roles that a binding of the stack gives to a subject that is known."""
    roles = {access.find_role(binding): None for binding in access.bindings if binding.subjects}
    return frozenset(part for role in roles for part in role.parts)


def _describe_patch(role: BoundRole) -> str:
    """The name of what is patched; with its labels, by which other roles may aggregate it."""
    labels = sorted({f"{key}={value}" for part in role.parts for key, value in part.labels.items()})
    return f"{role} with {', '.join(labels)}" if labels else str(role)


def _describe_unknown(role: BoundRole, *, is_bound: bool) -> Iterator[str]:
    """What is unknown of a role, without what its holders in the stack report."""
    for what in dict.fromkeys(field for part in role.parts for field in part.unknown_fields):
        if what == "labels":
            yield "its labels are not known before the deployment, and with them the roles that aggregate it"
        elif what in ("name", "namespace"):
            yield f"its {what} is not known before the deployment, and with it who has the role"
        elif not is_bound:
            yield f"its {what} are not known before the deployment"
