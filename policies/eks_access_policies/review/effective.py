"""What is held in a cluster, one right at a time, and whether something covers it. Pure.

A wildcard stays one: it covers more than anybody can list. Looking something up takes the same time however much is
held, so comparing two sides takes as long as reading them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache, cached_property

from eks_access.model.kubernetes_rights import Request
from eks_access.model.rbac import api_group_of

from ..access import EffectiveRule, Permission, enumerate_requests
from .side import Bundle

ANY = "*"
TOO_MANY = 20_000
"""Combinations in one rule, beyond which it is compared only as a whole: nobody means such a rule, and a hostile one
must not take a reviewer's machine down."""
WHOLE = "(a rule of too many parts)"


@cache
def parts(rule: Permission) -> tuple[Request, ...]:
    """Everything that the rule gives where it holds everywhere."""
    kinds = len(rule.groups) * len(rule.resources) * max(len(rule.names), 1) + len(rule.urls)
    if len(rule.verbs) * kinds > TOO_MANY:
        return (Request(WHOLE, resource=f"{len(rule.verbs)} verbs on {len(rule.resources)} resources, {hash(rule):x}"),)
    return tuple(enumerate_requests(EffectiveRule(rule, "", None)))


def of_bundle(bundle: Bundle) -> Iterator[Request]:
    for rule in bundle.rules:
        for grant in parts(rule):
            if bundle.namespaces is None:
                yield grant
            elif not grant.url:
                # A rule on URLs holds in the whole cluster only.
                yield from (replace(grant, namespace=namespace) for namespace in bundle.namespaces)


def full_name(grant: Request) -> str:
    """`pods/exec`, `deployments`, `widgets.example.com`, a URL."""
    resource = f"{grant.resource}/{grant.subresource}" if grant.subresource else grant.resource
    if grant.url or grant.group in ("", ANY, api_group_of(grant.resource)):
        return grant.url or resource
    return f"{resource}.{grant.group}"


@dataclass(frozen=True)
class Holding:
    """All that somebody holds in one cluster."""

    grants: frozenset[Request]

    @classmethod
    def of(cls, bundles: Iterable[Bundle]) -> "Holding":
        return cls(frozenset(grant for bundle in bundles for grant in of_bundle(bundle)))

    def covers(self, grant: Request) -> bool:
        """Whether it is held already: there or everywhere, by itself or by a wildcard."""
        return any(wider in self.grants for place in self._places(grant.namespace) for wider in _wider(grant, place))

    def _places(self, namespace: str) -> Iterator[str]:
        yield ""
        if namespace:
            yield namespace
            if ANY not in namespace:
                yield from (pattern for pattern in self._patterns if fnmatchcase(namespace, pattern))

    @cached_property
    def _patterns(self) -> list[str]:
        return sorted({grant.namespace for grant in self.grants if ANY in grant.namespace})

    @cached_property
    def elsewhere(self) -> Mapping[Request, list[str]]:
        """The namespaces in which something is held, by what it would be everywhere."""
        found: dict[Request, list[str]] = {}
        for grant in self.grants:
            if grant.namespace:
                found.setdefault(replace(grant, namespace=""), []).append(grant.namespace)
        return found


def _wider(grant: Request, place: str) -> Iterator[Request]:
    """The grant and everything that includes it, in this place."""
    if grant.url:
        for verb in _or_any(grant.verb):
            yield replace(grant, verb=verb)
            yield from (Request(verb, url=grant.url[:end] + ANY) for end in range(min(len(grant.url), 200)))
        return
    kinds = {(grant.resource, grant.subresource), (ANY, "")} | (
        {(ANY, grant.subresource)} if grant.subresource else set()
    )
    for verb in _or_any(grant.verb):
        for group in _or_any(grant.group):
            for resource, subresource in kinds:
                for name in (grant.name, "") if grant.name else ("",):
                    yield Request(verb, group, resource, subresource, name, place)


def _or_any(value: str) -> tuple[str, ...]:
    return (value,) if value == ANY else (value, ANY)
