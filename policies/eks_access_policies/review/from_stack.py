"""Reads a side of a review from a stack: its roles, users and subjects, with their access to AWS and to clusters."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from .. import access as chain
from ..access import Access, EffectiveRule, Permission
from ..access.iam_identities import Identity, find_identities
from ..access.principals import canonicalize
from ..resource_types import NotEvaluated, find_not_evaluated_resources
from ..stack import Resource, Stack
from ..stack.values import text
from .formatting import quote_name
from .side import PrincipalAccess, RuleSet, Side

UNKNOWN_CLUSTER = "(a cluster not known yet)"


def read_side(stack: Stack, origin: str) -> Side:
    """The access of every principal in the stack. `origin` describes what was read."""
    return _StackReader(stack).read(origin)


class _StackReader:
    """Collects what the chain of access has for each principal, by the principal's key."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._access = Access(stack)
        self._identities = find_identities(stack)
        self._names = Counter(self._find_name(each.resource) for each in self._identities.values())
        self._clusters: dict[object, dict[str, list[EffectiveRule]]] = defaultdict(lambda: defaultdict(list))
        self._entered: dict[object, set[str]] = defaultdict(set)
        self._unknown: dict[object, list[str]] = defaultdict(list)
        self._read_entries()
        self._read_rules()
        self._read_unknown()

    def read(self, origin: str) -> Side:
        principals = [self._create_principal(each) for each in self._identities.values()]
        keys = {**self._clusters, **self._entered, **self._unknown}
        principals += [self._create_external(key) for key in keys if key not in self._identities]
        return Side(origin, tuple(principals), not_evaluated=tuple(self._find_not_evaluated()))

    def _find_not_evaluated(self) -> Iterator[NotEvaluated]:
        """What was not evaluated and is not reported of a principal already."""
        reported = {each.resource.urn for each in self._access.entries if each.unknown_fields}
        reported |= {each.resource.urn for each in self._access.bindings if each.unknown_fields}
        for each in find_not_evaluated_resources(self._stack):
            if not each.properties or each.resource.urn not in reported:
                yield each

    def _read_entries(self) -> None:
        for entry in self._access.entries:
            key = entry.principal.key
            self._entered[key].add(entry.cluster or UNKNOWN_CLUSTER)
            for what in entry.unknown_fields:
                self._unknown[key].append(f"the {what} of its {quote_name(entry)} are not known before the deployment")

    def _read_rules(self) -> None:
        for held in self._access.effective_rules:
            key = self._get_key(held.holder)
            self._clusters[key][held.cluster or UNKNOWN_CLUSTER].append(held)
            if not held.rule.is_whole:
                self._unknown[key].append(f"not all of {quote_name(held.role)} is known before the deployment")

    def _read_unknown(self) -> None:
        for association in self._access.associations:
            if association.rules is None:
                name = association.policy
                policy = f"the access policy {quote_name(name)}" if name else "an access policy"
                self._unknown[association.principal.key].append(f"{policy} has rules that AWS does not publish")
        for binding in self._access.bindings:
            for what in binding.unknown_fields:
                self._unknown[binding].append(
                    f"the {what} of {quote_name(binding)} are not known before the deployment"
                )

    @staticmethod
    def _get_key(holder: chain.Principal | chain.Subject) -> object:
        return holder.key if isinstance(holder, chain.Principal) else holder

    def _find_name(self, resource: Resource) -> str:
        """The name of the integration that the resource belongs to, or else the resource's own."""
        integration = self._stack.integration(resource)
        return integration.name if integration else _find_own_name(resource)

    def _create_principal(self, identity: Identity) -> PrincipalAccess:
        resource = identity.resource
        name = self._find_name(resource)
        if self._names[name] > 1:
            name = f"{name} ({_find_own_name(resource)})"
        role_name = text(resource.get("name")) or text(resource.get("roleName"))
        arn = text(resource.get("arn"))
        return PrincipalAccess(
            name,
            (resource.urn, *([f"role:{role_name}"] if role_name else []), *([canonicalize(arn)] if arn else [])),
            identity.trust,
            identity.statements,
            frozenset(identity.managed),
            identity.boundary,
            _create_rule_sets(self._clusters.get(resource.urn, {})),
            frozenset(self._entered.get(resource.urn, ())),
            frozenset((*_describe_unknown(identity), *self._unknown.get(resource.urn, ()))),
        )

    def _create_external(self, key: object) -> PrincipalAccess:
        """A principal or subject with access to a cluster that is not a role or user of this stack."""
        return PrincipalAccess(
            str(key) if isinstance(key, chain.Subject | chain.Binding) else str(key).rpartition("::")[2],
            (str(key),),
            clusters=_create_rule_sets(self._clusters.get(key, {})),
            entered=frozenset(self._entered.get(key, ())),
            unknown=frozenset(self._unknown.get(key, ())),
        )


def _describe_unknown(identity: Identity) -> Iterator[str]:
    for what, name in identity.unknown:
        of = "" if name == identity.resource.name else f" {quote_name(name)}"
        yield f"its {what}{of} is secret or not known before the deployment"
    if identity.trust == () and identity.resource.get("assumeRolePolicy"):
        yield "its trust policy is not a valid document"


def _find_own_name(resource: Resource) -> str:
    return (
        text(resource.get("name")) or text(resource.get("roleName")) or text(resource.get("userName")) or resource.name
    )


def _create_rule_sets(clusters: Mapping[str, list[EffectiveRule]]) -> dict[str, tuple[RuleSet, ...]]:
    return {cluster: tuple(_group_rules(held)) for cluster, held in clusters.items()}


def _group_rules(held: list[EffectiveRule]) -> Iterator[RuleSet]:
    """The rules by their source, an access policy or a role; equal rules in several namespaces are one set."""
    rules_by_place: dict[tuple[str, bool, tuple[str, ...] | None], set[Permission]] = defaultdict(set)
    for each in held:
        source = (each.association.policy, True) if each.association else (str(each.role), False)
        rules_by_place[*source, each.namespaces].add(_normalize_rule(each.rule))
    places: dict[tuple[str, bool, frozenset[Permission]], list[tuple[str, ...] | None]] = defaultdict(list)
    for (label, is_policy, namespaces), rules in rules_by_place.items():
        places[label, is_policy, frozenset(rules)].append(namespaces)
    for (label, is_policy, rules_of_source), where in places.items():
        is_cluster_wide = None in where
        names = None if is_cluster_wide else tuple(sorted({name for each in where for name in each or ()}))
        yield RuleSet(label, rules_of_source, names, is_policy)


def _normalize_rule(rule: Permission) -> Permission:
    """The rule in sorted order without duplicates, neither of which has a meaning in RBAC."""
    return Permission(
        tuple(sorted({*rule.verbs})),
        tuple(sorted({*rule.groups})),
        tuple(sorted({*rule.resources})),
        tuple(sorted({*rule.names})),
        tuple(sorted({*rule.urls})),
        rule.is_whole,
    )
