"""What is held in a cluster, one verb on one resource at a time, and whether something covers it. Pure.

A wildcard stays one: it covers more than anybody can list. Looking something up takes the same time however much is
held, so comparing two sides takes as long as reading them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, cached_property
from itertools import product
from typing import NamedTuple

from .access import Bundle, KubernetesRule

ANY = "*"
TOO_MANY = 20_000
"""Verbs × groups × resources × names of one rule, beyond which it is compared only as a whole: nobody means such a
rule, and a hostile one must not take a reviewer's machine down."""


_OWN_GROUP: Mapping[str, str] = {
    kind: group
    for group, kinds in {
        "": "pods services configmaps namespaces secrets endpoints persistentvolumeclaims serviceaccounts nodes events",
        "apps": "deployments replicasets statefulsets daemonsets",
        "batch": "jobs cronjobs",
        "networking.k8s.io": "ingresses networkpolicies",
        "rbac.authorization.k8s.io": "roles rolebindings clusterroles clusterrolebindings",
    }.items()
    for kind in kinds.split()
}


def own_group(resource: str) -> str | None:
    """The API group of a well-known resource or its subresource."""
    return _OWN_GROUP.get(resource.partition("/")[0])


class Held(NamedTuple):
    """One verb on one resource. `name`, like the others, is `*` for all; a path is a resource of no group."""

    verb: str
    group: str
    resource: str
    name: str = ANY

    @property
    def kind(self) -> str:
        if self.group in ("", ANY, PATHS, own_group(self.resource)):
            return self.resource
        return f"{self.resource}.{self.group}"


PATHS = "(paths)"
"""In the place of a group: what follows is a path such as /metrics."""
WHOLE = "(whole rule)"
"""In the place of a group: what follows is a rule that has too many combinations to be taken apart."""


@cache
def parts(rule: KubernetesRule) -> tuple[Held, ...]:
    """Everything that the rule gives."""
    names = rule.names or {ANY}
    if len(rule.verbs) * max(len(rule.groups), 1) * (len(rule.resources) + len(rule.urls)) * len(names) > TOO_MANY:
        return (Held(ANY, WHOLE, f"{len(rule.verbs)} verbs on {len(rule.resources)} resources #{hash(rule)}"),)
    return tuple(_parts(rule, names))


def _parts(rule: KubernetesRule, names: Iterable[str]) -> Iterator[Held]:
    for verb, resource in product(sorted(rule.verbs), sorted(rule.resources)):
        for group, name in product(sorted(rule.groups), sorted(names)):
            yield Held(verb, group, resource, name)
    for verb, url in product(sorted(rule.verbs), sorted(rule.urls)):
        yield Held(verb, PATHS, url)


@dataclass(frozen=True)
class Holding:
    """What is held in one cluster, by where: `None` is everywhere."""

    by_place: Mapping[str | None, frozenset[Held]]

    @classmethod
    def of(cls, bundles: Iterable[Bundle]) -> "Holding":
        found: dict[str | None, set[Held]] = {}
        for bundle in bundles:
            for place in (None,) if bundle.namespaces is None else bundle.namespaces:
                for rule in bundle.rules:
                    found.setdefault(place, set()).update(parts(rule))
        return cls({place: frozenset(held) for place, held in found.items()})

    def covers(self, held: Held, place: str | None) -> bool:
        """Whether it is held already: there or everywhere, by itself or by a wildcard."""
        return any(wider in self.by_place[where] for where in self._places(place) for wider in _wider(held))

    def _places(self, place: str | None) -> Iterator[str | None]:
        for where in (None, place) if place is not None else (None,):
            if where in self.by_place:
                yield where
        if place is not None and ANY not in place:
            yield from (pattern for pattern in self._patterns if fnmatchcase(place, pattern))

    @cached_property
    def _patterns(self) -> list[str]:
        return [place for place in self.by_place if place is not None and ANY in place]


def _wider(held: Held) -> Iterator[Held]:
    if held.group == WHOLE:
        yield held
        yield Held(ANY, ANY, ANY)
        return
    if held.group == PATHS:
        yield from (Held(verb, PATHS, url) for verb in _or_any(held.verb) for url in _wider_paths(held.resource))
        return
    base, slash, subresource = held.resource.partition("/")
    resources = {held.resource, ANY} | ({f"{ANY}/{subresource}"} if slash and base != ANY else set())
    yield from (
        Held(verb, group, resource, name)
        for verb in _or_any(held.verb)
        for group in _or_any(held.group)
        for resource in resources
        for name in _or_any(held.name)
    )


def _or_any(value: str) -> tuple[str, ...]:
    return (value,) if value == ANY else (value, ANY)


def _wider_paths(path: str) -> Iterator[str]:
    yield path
    yield from (path[:end] + ANY for end in range(min(len(path), 200) + 1))
