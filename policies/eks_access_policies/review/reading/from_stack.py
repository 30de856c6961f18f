"""Reads a side of a review from a stack: its roles, users and subjects, with their access to AWS and to clusters."""

from collections import Counter
from collections.abc import Iterator

from ... import access as chain
from ...access import Access
from ...access.accounts import ProviderAccounts
from ...access.iam.identities import find_identities
from ...access.iam.model import Gap, Identity, Malformed, parse_statements
from ...access.principals import canonicalize
from ...finding import Severity
from ...resource_types import NotEvaluated, find_not_evaluated_resources
from ...stack import Stack
from ...stack.attachments import IdentityKind
from ...stack.documents import DocumentKind
from ...stack.model import parse_name
from ...stack.values import text
from ..aws.escalation import compare_paths
from ..aws.statements import compare_statements
from ..change import Plane
from ..formatting import quote_name
from ..side import UNKNOWN_CLUSTER, Elsewhere, PrincipalAccess, Side
from .cluster_identities import ClusterIdentities
from .cluster_rules import ClusterRules
from .role_holders import find_role_holders
from .rule_sets import RuleSetBuilder
from .unknown_clusters import find_unknown_clusters


def read_side(stack: Stack, origin: str) -> Side:
    """The access of every principal in the stack. `origin` describes what was read."""
    return _StackReader(stack).read(origin)


class _StackReader:
    """Collects what the chain of access has for each principal, by the principal's key."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._access = Access(stack)
        self._identities = find_identities(stack)
        self._accounts = ProviderAccounts(stack.resources)
        self._names = Counter(map(self._find_name, self._identities.values()))
        self._full_names = Counter(map(self._find_full_name, self._identities.values()))
        self._ratings: dict[str, Severity] = {}
        self._builder = RuleSetBuilder()
        self._rules = ClusterRules(self._access, self._builder)
        identities = ClusterIdentities(self._access, self._rate_role)
        self._traits, self._entered, self._unknown = identities.traits, identities.entered, identities.unknown
        self._unknown_clusters = identities.unknown_clusters
        self._read_unknown()

    def read(self, origin: str) -> Side:
        principals = [self._create_principal(key, each) for key, each in self._identities.items()]
        keys = dict.fromkeys((*self._rules.keys, *self._entered, *self._traits, *self._unknown))
        principals += [self._create_external(key) for key in keys if key not in self._identities]
        principals += find_role_holders(self._access, self._builder)
        mapped = tuple(self._rules.create_mapped())
        return Side(
            origin,
            tuple(principals),
            unknown_clusters=frozenset(find_unknown_clusters(self._access)),
            not_evaluated=tuple(self._find_not_evaluated()),
            mapped=mapped,
        )

    def _find_not_evaluated(self) -> Iterator[NotEvaluated]:
        """What was not evaluated and is not reported of a principal already."""
        reported = {each.resource.urn for each in self._access.entries if each.unknown_fields}
        reported |= {each.resource.urn for each in self._access.bindings if each.unknown_fields}
        reported |= {each.resource.urn for each in self._access.aws_auth if each.unread}
        reported |= {each.resource.urn for each in self._access.identity_providers if each.unknown_fields}
        reported |= {each.resource.urn for each in self._access.workload_roles if each.has_unknown}
        reported |= {gap.resource.urn for each in self._identities.values() for gap in each.gaps}
        for each in find_not_evaluated_resources(self._stack):
            if not each.properties or each.resource.urn not in reported:
                yield each

    def _read_unknown(self) -> None:
        for association in self._access.associations:
            if association.rules is None:
                name = association.policy
                known = f"the access policy {quote_name(name)} has rules that AWS does not publish"
                words = (
                    known
                    if name
                    else f"which access policy {quote_name(association.resource.name)} gives it is not known yet"
                )
                self._unknown[association.principal.key].append(words)
                self._unknown_clusters[association.principal.key].add(association.cluster or UNKNOWN_CLUSTER)
        for binding in self._access.bindings:
            for what in binding.unknown_fields:
                verb = "are" if what == "subjects" else "is"
                self._unknown[binding].append(
                    f"the {what} of {quote_name(binding)} {verb} not known before the deployment"
                )

    def _rate_role(self, role: chain.Principal) -> Severity | None:
        """The severity of all that a role of the stack may do in AWS; None for a role that is not in the stack."""
        identity = self._identities.get(role.key)
        if identity is None or identity.is_external:
            return None
        if role.key not in self._ratings:
            statements = identity.statements
            changes = (*compare_statements((), statements), *compare_paths((), statements))
            self._ratings[role.key] = max((each.severity or Severity.LOW for each in changes), default=Severity.LOW)
        return self._ratings[role.key]

    def _list_unknown(self, key: object) -> list[str]:
        return [*self._unknown.get(key, ()), *self._rules.list_unknown(key)]

    def _find_unknown_clusters(self, key: object) -> frozenset[str]:
        return frozenset((*self._unknown_clusters.get(key, ()), *self._rules.find_unknown_clusters(key)))

    def _find_name(self, identity: Identity) -> str:
        """The name of the integration that the identity's resource belongs to, or else its own."""
        if identity.is_external or identity.kind is IdentityKind.POLICY:
            return str(identity)
        integration = self._stack.integration(identity.resource)
        return integration.name if integration else _find_own_name(identity)

    def _find_full_name(self, identity: Identity) -> str:
        """Its name, with that of the role itself where an integration has several."""
        name, own = self._find_name(identity), _find_own_name(identity)
        is_integrations = name not in (own, str(identity))
        return f"{name} ({own})" if self._names[name] > 1 and is_integrations else name

    def _find_heading(self, identity: Identity) -> str:
        """Its full name, with what tells it apart from others of that name."""
        name = self._find_full_name(identity)
        where = f"account {identity.account}" if identity.account else parse_name(identity.provider)
        if identity.is_external:
            return f"{name} ({where})" if identity.name and self._accounts.are_several else name
        return name if self._full_names[name] == 1 else f"{name} ({where}, {identity.resource.name})"

    def _find_ids(self, identity: Identity) -> Iterator[str]:
        """What identifies it whether or not it is in the stack, and whatever its resource is called."""
        if identity.name:
            named = f"{identity.kind}:{identity.name}"
            yield from (f"{named} of {where}" for where in (identity.account, identity.provider) if where)
            if not self._accounts.are_several:
                yield named
        arn = None if identity.is_external else text(identity.resource.get("arn"))
        if arn:
            yield canonicalize(arn)

    def _create_principal(self, key: str, identity: Identity) -> PrincipalAccess:
        name = self._find_heading(identity)
        attached = identity.attached.values()
        return PrincipalAccess(
            name,
            (key, *self._find_ids(identity)),
            identity.trust,
            parse_statements(identity.own_documents),
            {each.name: parse_statements([each.document]) for each in attached if each.document is not None},
            frozenset(_find_elsewhere(identity)),
            identity.boundary,
            parse_statements([identity.boundary_document]) if identity.boundary_document is not None else None,
            identity.is_attached,
            self._rules.build_rule_sets(key),
            frozenset(self._entered.get(key, ())),
            self._traits.get(key, {}),
            frozenset((*_describe_unknown(identity), *self._list_unknown(key))),
            frozenset(_find_unknown_planes(identity)),
            self._find_unknown_clusters(key),
        )

    def _create_external(self, key: object) -> PrincipalAccess:
        """A principal or subject with access to a cluster that is not a role or user of this stack."""
        return PrincipalAccess(
            key.rpartition("::")[2] if isinstance(key, str) else str(key),
            (str(key),),
            clusters=self._rules.build_rule_sets(key),
            entered=frozenset(self._entered.get(key, ())),
            identities=self._traits.get(key, {}),
            unknown=frozenset(self._list_unknown(key)),
            unknown_clusters=self._find_unknown_clusters(key),
        )


def _find_own_name(identity: Identity) -> str:
    return identity.name or identity.resource.name


def _find_elsewhere(identity: Identity) -> Iterator[Elsewhere]:
    for policy in identity.attached.values():
        if policy.document is None:
            yield Elsewhere("managed policy", policy.name)
    for gap in identity.gaps:
        if gap.name:
            yield Elsewhere(gap.what, gap.name)


def _describe_unknown(identity: Identity) -> Iterator[str]:
    if identity.is_external and not identity.name:
        yield f"the {identity.kind} that {quote_name(identity.resource.name)} names is not known before the deployment"
    for gap in (*identity.gaps, *(gap for group in identity.groups for gap in group.gaps)):
        if not gap.name:
            yield f"{_name_part(identity, gap)} is secret or not known before the deployment"
    for each in (*identity.malformed, *(each for group in identity.groups for each in group.malformed)):
        yield f"{_name_part(identity, each)} is not a valid document: {each.reason[:1].lower()}{each.reason[1:]}"


def _find_unknown_planes(identity: Identity) -> Iterator[Plane]:
    for each in (identity, *identity.groups):
        parts = (*(gap.what for gap in each.gaps if not gap.name), *(one.what for one in each.malformed))
        yield from (Plane.TRUST if what == DocumentKind.TRUST.value else Plane.AWS for what in parts)


def _name_part(identity: Identity, part: Gap | Malformed) -> str:
    is_own = part.resource is identity.resource and not identity.is_external
    return f"its {part.what}" if is_own else f"its {part.what} {quote_name(part.resource.name)}"
