"""A side of a review from a stack: its roles, users and subjects, with what each may do in AWS and in its clusters."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from .. import access as chain
from ..access import Access, EffectiveRule, Permission
from ..access.iam_identities import Identity, find_identities
from ..access.principals import canonicalize
from ..stack import Resource, Stack
from ..stack.values import text
from .names import code
from .side import Bundle, Principal, Side

UNKNOWN_CLUSTER = "(a cluster not known yet)"


def side(stack: Stack, origin: str) -> Side:
    return _Reading(stack).side(origin)


class _Reading:
    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._access = Access(stack)
        self._identities = find_identities(stack)
        self._names = Counter(self._name(each.resource) for each in self._identities.values())
        self._clusters: dict[object, dict[str, list[EffectiveRule]]] = defaultdict(lambda: defaultdict(list))
        self._entered: dict[object, set[str]] = defaultdict(set)
        self._unknown: dict[object, list[str]] = defaultdict(list)
        self._read_chain()

    def side(self, origin: str) -> Side:
        principals = [self._principal(each) for each in self._identities.values()]
        others = [each for each in {**self._clusters, **self._entered, **self._unknown} if each not in self._identities]
        principals += [self._other(each) for each in others]
        return Side(origin, tuple(principals))

    def _read_chain(self) -> None:
        for entry in self._access.entries:
            key = entry.principal.key
            self._entered[key].add(entry.cluster or UNKNOWN_CLUSTER)
            for what in entry.unknown_fields:
                self._unknown[key].append(f"the {what} of its {code(entry)} are not known before the deployment")
        for held in self._access.effective_rules:
            self._clusters[self._key(held.holder)][held.cluster or UNKNOWN_CLUSTER].append(held)
            if not held.rule.is_whole:
                self._unknown[self._key(held.holder)].append(
                    f"not all of {code(held.role)} is known before the deployment"
                )
        for association in self._access.associations:
            if association.rules is None:
                policy = f"the access policy {code(association.policy)}" if association.policy else "an access policy"
                self._unknown[association.principal.key].append(f"{policy} gives rules that are not published")
        for binding in self._access.bindings:
            for what in binding.unknown_fields:
                self._unknown[binding].append(f"the {what} of {code(binding)} are not known before the deployment")

    @staticmethod
    def _key(holder: chain.Principal | chain.Subject) -> object:
        return holder.key if isinstance(holder, chain.Principal) else holder

    def _name(self, resource: Resource) -> str:
        """An integration's own name where the role is one's, or else the role's."""
        integration = self._stack.integration(resource)
        return integration.name if integration else _own_name(resource)

    def _principal(self, identity: Identity) -> Principal:
        resource = identity.resource
        name = self._name(resource)
        if self._names[name] > 1:
            name = f"{name} ({_own_name(resource)})"
        own = text(resource.get("name")) or text(resource.get("roleName"))
        arn = text(resource.get("arn"))
        ids = (resource.urn, *([f"role:{own}"] if own else []), *([canonicalize(arn)] if arn else []))
        return Principal(
            name,
            ids,
            identity.trust,
            identity.statements,
            frozenset(identity.managed),
            identity.boundary,
            _bundles(self._clusters.get(resource.urn, {})),
            frozenset(self._entered.get(resource.urn, ())),
            frozenset((*_untold(identity), *self._unknown.get(resource.urn, ()))),
        )

    def _other(self, key: object) -> Principal:
        """Whoever is let in, or bound, and is no role or user of this stack."""
        unknown = frozenset(self._unknown.get(key, ()))
        clusters = _bundles(self._clusters.get(key, {}))
        name = str(key) if isinstance(key, chain.Subject | chain.Binding) else str(key).rpartition("::")[2]
        entered = frozenset(self._entered.get(key, ()))
        return Principal(name, (str(key),), clusters=clusters, entered=entered, unknown=unknown)


def _untold(identity: Identity) -> Iterator[str]:
    for what, name in identity.unknown:
        of = "" if name == identity.resource.name else f" {code(name)}"
        yield f"its {what}{of} is secret or not known before the deployment"
    if identity.trust == () and identity.resource.get("assumeRolePolicy"):
        yield "its trust policy is no document that can be read"


def _own_name(resource: Resource) -> str:
    return (
        text(resource.get("name")) or text(resource.get("roleName")) or text(resource.get("userName")) or resource.name
    )


def _bundles(clusters: Mapping[str, list[EffectiveRule]]) -> dict[str, tuple[Bundle, ...]]:
    return {cluster: tuple(_bundled(held)) for cluster, held in clusters.items()}


def _bundled(held: list[EffectiveRule]) -> Iterator[Bundle]:
    """Rules together by what gives them, an access policy or a role, and by where: in all the places that are alike."""
    by_place: dict[tuple[str, bool, tuple[str, ...] | None], set[Permission]] = defaultdict(set)
    for each in held:
        source = (each.association.policy, True) if each.association else (str(each.role), False)
        by_place[*source, each.namespaces].add(_in_order(each.rule))
    places: dict[tuple[str, bool, frozenset[Permission]], list[tuple[str, ...] | None]] = defaultdict(list)
    for (label, is_policy, namespaces), rules in by_place.items():
        places[label, is_policy, frozenset(rules)].append(namespaces)
    for (label, is_policy, found), where in places.items():
        names = None if None in where else tuple(sorted({name for each in where for name in each or ()}))
        yield Bundle(label, found, names, is_policy)


def _in_order(rule: Permission) -> Permission:
    """In RBAC the order means nothing, and neither does saying something twice."""
    return Permission(
        tuple(sorted({*rule.verbs})),
        tuple(sorted({*rule.groups})),
        tuple(sorted({*rule.resources})),
        tuple(sorted({*rule.names})),
        tuple(sorted({*rule.urls})),
        rule.is_whole,
    )
