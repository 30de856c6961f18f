"""The effective rights in a cluster, one grant at a time, and whether they cover another grant. Pure.

Wildcards are not expanded, since the kinds of a cluster are open-ended. The time of a lookup does not depend on the
number of grants, so comparing two sides takes as long as reading them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache, cached_property

from eks_access.model.kubernetes_rights import Request
from eks_access.model.rbac import api_group_of

from ...access import Permission, enumerate_requests
from ..side import RuleSet

ANY = "*"
TOO_MANY = 20_000
"""Combinations of one rule, beyond which it is compared only as a whole, so that a hostile rule cannot exhaust the
reviewer's memory."""
WHOLE = "(a rule of too many parts)"


@cache
def expand_rule(rule: Permission) -> tuple[Request, ...]:
    """Every grant of the rule, as if it applied in the whole cluster."""
    kinds = len(rule.groups) * len(rule.resources) * max(len(rule.names), 1) + len(rule.urls)
    if len(rule.verbs) * kinds > TOO_MANY:
        return (Request(WHOLE, resource=f"{len(rule.verbs)} verbs on {len(rule.resources)} resources, {hash(rule):x}"),)
    return tuple(enumerate_requests(rule, None))


def expand_rule_set(rule_set: RuleSet) -> Iterator[Request]:
    """Every grant of the rules, in each of their namespaces."""
    for rule in rule_set.rules:
        for grant in expand_rule(rule):
            if rule_set.namespaces is None:
                yield grant
            elif not grant.url:
                # A rule on URLs applies in the whole cluster only.
                yield from (replace(grant, namespace=namespace) for namespace in rule_set.namespaces)


def format_kind(grant: Request) -> str:
    """`pods/exec`, `deployments`, `widgets.example.com`, or a URL."""
    resource = f"{grant.resource}/{grant.subresource}" if grant.subresource else grant.resource
    if grant.url or grant.group in ("", ANY, api_group_of(grant.resource)):
        return grant.url or resource
    return f"{resource}.{grant.group}"


@dataclass(frozen=True)
class EffectiveAccess:
    """All grants of one principal in one cluster."""

    grants: frozenset[Request]

    @classmethod
    def of(cls, rule_sets: Iterable[RuleSet]) -> "EffectiveAccess":
        # Roles that aggregate the same ones give the same rules.
        different = {(each.rules, each.namespaces): each for each in rule_sets}.values()
        return cls(frozenset(grant for rule_set in different for grant in expand_rule_set(rule_set)))

    def covers(self, grant: Request) -> bool:
        """Whether the grant is included: in its namespace or in the whole cluster, literally or by a wildcard."""
        return any(
            wider in self.grants
            for namespace in self._find_namespaces(grant.namespace)
            for wider in _find_wider(grant, namespace)
        )

    def _find_namespaces(self, namespace: str) -> Iterator[str]:
        """The namespaces, and patterns of them, that include this one; empty is the whole cluster."""
        yield ""
        if namespace:
            yield namespace
            if ANY not in namespace:
                yield from (pattern for pattern in self._patterns if fnmatchcase(namespace, pattern))

    @cached_property
    def _patterns(self) -> list[str]:
        return sorted({grant.namespace for grant in self.grants if ANY in grant.namespace})

    @cached_property
    def namespaces_by_grant(self) -> Mapping[Request, list[str]]:
        """The namespaces of each namespaced grant, by the same grant in the whole cluster."""
        namespaces: dict[Request, list[str]] = {}
        for grant in self.grants:
            if grant.namespace:
                namespaces.setdefault(replace(grant, namespace=""), []).append(grant.namespace)
        return namespaces


def _find_wider(grant: Request, namespace: str) -> Iterator[Request]:
    """The grant and every grant that includes it, in this namespace."""
    if grant.url:
        for verb in _add_wildcard(grant.verb):
            yield replace(grant, verb=verb)
            yield from (Request(verb, url=grant.url[:end] + ANY) for end in range(min(len(grant.url), 200)))
        return
    kinds = {(grant.resource, grant.subresource), (ANY, "")} | (
        {(ANY, grant.subresource)} if grant.subresource else set()
    )
    for verb in _add_wildcard(grant.verb):
        for group in _add_wildcard(grant.group):
            for resource, subresource in kinds:
                for name in (grant.name, "") if grant.name else ("",):
                    yield Request(verb, group, resource, subresource, name, namespace)


def _add_wildcard(value: str) -> tuple[str, ...]:
    return (value,) if value == ANY else (value, ANY)
