"""Compares ways into clusters, and the rights there. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from eks_access.derivation.cluster_rights import MASTERS, has_subject
from eks_access.model.found import FoundAccess, FoundAccessPolicy, FoundObject, FoundWay
from eks_access.model.identity import EntryMethod
from eks_access.model.integration import Profile
from eks_access.model.kubernetes_rights import Request, matches_nothing
from eks_access.model.rbac import api_group_of
from eks_access_policies.access import Permission, default_roles, enumerate_requests
from eks_access_policies.access.eks.entries import parse_policy_name, policy_rules
from eks_access_policies.access.rbac.objects import parse_permission
from eks_access_policies.review.kubernetes.effective import format_kind

from .comparison import Cell, Line, Row, Section, build_rows

_ANY = "*"
_METHODS = {EntryMethod.ACCESS_ENTRY: "access entry", EntryMethod.AWS_AUTH: "aws-auth"}
_EVERYTHING = Permission((_ANY,), (_ANY,), (_ANY,), urls=(_ANY,))
_WHOLE_CLUSTER = ""
"""Among the namespaces of a right: it applies everywhere."""


# The way in.


def compare_ways(found: FoundAccess, planned: Mapping[Profile, FoundAccess]) -> list[Row]:
    """For each cluster how it comes in, under which username and groups, and with which access policies.

    Clusters that the integration does not have are left as they are, and have no row.
    """
    sides = {profile: _group_ways(each) for profile, each in planned.items()}
    own = _group_ways(found)
    clusters = dict.fromkeys(where for side in sides.values() for where in side)
    lines = [
        Line(
            name,
            what,
            _read_fact(own.get((region, name), []), what),
            {profile: _read_fact(side.get((region, name), []), what) for profile, side in sides.items()},
        )
        for region, name in clusters
        for what in _FACTS
    ]
    return build_rows(Section.WAY_IN, lines)


def _group_ways(access: FoundAccess) -> dict[tuple[str, str], list[FoundWay]]:
    ways: dict[tuple[str, str], list[FoundWay]] = {}
    for way in access.ways:
        ways.setdefault((way.region, way.cluster), []).append(way)
    return ways


def _read_fact(ways: list[FoundWay], what: str) -> Cell:
    texts = [(way, text) for way in ways if (text := _FACTS[what](way))]
    shown = (text if way.is_effective else f"{text} (without effect)" for way, text in texts)
    return Cell(" and ".join(dict.fromkeys(shown)), frozenset(text for way, text in texts if way.is_effective))


def _format_policy(policy: FoundAccessPolicy) -> str:
    name = parse_policy_name(policy.arn)
    return name if policy.namespaces is None else f"{name} in {', '.join(policy.namespaces)}"


_FACTS: Mapping[str, Callable[[FoundWay], str]] = {
    "by": lambda way: _METHODS.get(way.method, str(way.method)),
    "type of the entry": lambda way: "" if way.type == "STANDARD" else way.type,
    "username": lambda way: way.username,
    "groups": lambda way: ", ".join(sorted(way.groups)),
    "access policies": lambda way: ", ".join(sorted(map(_format_policy, way.policies))),
}


# Rights.


@dataclass(frozen=True)
class _HeldRule:
    """A rule, and where it applies. `user` is the subject where that is not the integration itself."""

    rule: Permission
    namespaces: tuple[str, ...] | None
    user: str = ""


@dataclass(frozen=True)
class _Held:
    """All rights in one cluster: by request without its namespace, where each is allowed."""

    requests: Mapping[tuple[str, Request], frozenset[str]]
    unknown: frozenset[str] = frozenset()
    """Access policies whose rules are not known."""

    def look_up(self, user: str, request: Request) -> Cell:
        places: set[str] = set()
        for (own_user, own), where in self.requests.items():
            if own_user == user and _includes(own, request):
                places |= where
        return Cell(_format_places(places), frozenset([_WHOLE_CLUSTER] if _WHOLE_CLUSTER in places else places))


def compare_rights(found: FoundAccess, planned: Mapping[Profile, FoundAccess]) -> list[Row]:
    """A row for each verb and kind of object, with the namespaces on each side; in clusters that have it on any."""
    clusters = dict.fromkeys(_list_clusters(planned))
    lines: list[Line] = []
    for where in clusters:
        own = _read_held(found, where)
        sides = {profile: _read_held(each, where) for profile, each in planned.items()}
        lines += _compare_cluster(where[1], own, sides)
    return _join_verbs(build_rows(Section.RIGHTS, lines, _covers_place))


def _list_clusters(planned: Mapping[Profile, FoundAccess]) -> Iterator[tuple[str, str]]:
    for access in planned.values():
        yield from ((way.region, way.cluster) for way in access.ways)
        yield from ((each.region, each.cluster) for each in access.objects)


def _compare_cluster(cluster: str, own: _Held, sides: Mapping[Profile, _Held]) -> Iterator[Line]:
    requests = dict.fromkeys((*own.requests, *(key for side in sides.values() for key in side.requests)))
    for user, request in requests:
        yield Line(
            f"{cluster}, as {user}" if user else cluster,
            _name_request(request),
            own.look_up(user, request),
            {profile: side.look_up(user, request) for profile, side in sides.items()},
        )
    for name in sorted(own.unknown.union(*(side.unknown for side in sides.values()))):
        yield Line(
            cluster,
            f"what {name} gives",
            _as_unknown(own, name),
            {profile: _as_unknown(side, name) for profile, side in sides.items()},
        )


def _as_unknown(held: _Held, name: str) -> Cell:
    return Cell("rules that are not known here", frozenset([name])) if name in held.unknown else Cell()


def _read_held(access: FoundAccess, where: tuple[str, str]) -> _Held:
    requests: dict[tuple[str, Request], set[str]] = {}
    for held in _list_rules(access, where):
        for request in enumerate_requests(held.rule, held.namespaces):
            if _is_of_no_object(request, held.rule):
                continue
            key = held.user, replace(request, namespace="")
            requests.setdefault(key, set()).add(request.namespace)
    unknown = (
        parse_policy_name(policy.arn)
        for way in _effective_ways(access, where)
        for policy in way.policies
        if policy_rules(parse_policy_name(policy.arn)) is None
    )
    return _Held({key: frozenset(places) for key, places in requests.items()}, frozenset(unknown))


def _is_of_no_object(request: Request, rule: Permission) -> bool:
    """Whether there is nothing of the kind: a rule has every resource in each of its API groups."""
    own = api_group_of(request.resource)
    is_elsewhere = own in rule.groups and request.group not in (own, _ANY)
    return is_elsewhere or matches_nothing(request.group, request.full_resource)


def _effective_ways(access: FoundAccess, where: tuple[str, str]) -> list[FoundWay]:
    return [way for way in access.ways if (way.region, way.cluster) == where and way.is_effective]


def _list_rules(access: FoundAccess, where: tuple[str, str]) -> Iterator[_HeldRule]:
    ways = _effective_ways(access, where)
    for way in ways:
        if MASTERS in way.groups:
            yield _HeldRule(_EVERYTHING, None)
        for policy in way.policies:
            for permission in policy_rules(parse_policy_name(policy.arn)) or ():
                yield _HeldRule(permission, policy.namespaces)
    objects = [each for each in access.objects if (each.region, each.cluster) == where]
    for binding in objects:
        if binding.kind.endswith("Binding"):
            namespaces = None if binding.namespace is None else (binding.namespace,)
            for user in _find_users(binding, ways):
                yield from (_HeldRule(rule, namespaces, user) for rule in _find_rules(binding, objects))


def _find_users(binding: FoundObject, ways: list[FoundWay]) -> Iterator[str]:
    """Who the binding is for: empty for the integration itself, the name of another subject where there is no way."""
    for subject in binding.body.get("subjects") or ():
        if any(has_subject(way, subject) for way in ways):
            yield ""
        elif not ways:
            # The connector's own service account, and the users that it acts as.
            yield str(subject.get("name", "")) if subject.get("kind") == "User" else ""


def _find_rules(binding: FoundObject, objects: list[FoundObject]) -> list[Permission]:
    reference = binding.body.get("roleRef") or {}
    kind, name = reference.get("kind"), str(reference.get("name", ""))
    namespace = binding.namespace if kind == "Role" else None
    for each in objects:
        if (each.kind, each.name, each.namespace) == (kind, name, namespace):
            return [parse_permission(rule) for rule in each.body.get("rules") or ()]
    role = default_roles().get((namespace, name))
    return list(role.rules) if role is not None else []


def _includes(wide: Request, narrow: Request) -> bool:
    """Whether who may make the one request may make the other."""
    if wide.url or narrow.url:
        is_same = wide.url == narrow.url or (wide.url.endswith(_ANY) and narrow.url.startswith(wide.url[:-1]))
        return bool(wide.url and narrow.url) and is_same and wide.verb in (_ANY, narrow.verb)
    return (
        wide.verb in (_ANY, narrow.verb)
        and wide.group in (_ANY, narrow.group)
        and (wide.full_resource in (_ANY, narrow.full_resource))
        and wide.name in ("", narrow.name)
    )


def _covers_place(wide: str, narrow: str) -> bool:
    return wide in (_WHOLE_CLUSTER, narrow) or (bool(narrow) and fnmatchcase(narrow, wide))


def _format_places(places: set[str]) -> str:
    if not places:
        return ""
    return "in the whole cluster" if _WHOLE_CLUSTER in places else f"in {', '.join(sorted(places))}"


def _name_request(request: Request) -> str:
    """The verb and the kind, which `_join_verbs` takes apart."""
    named = f" named {request.name}" if request.name else ""
    return f"{request.verb}\0{format_kind(request)}{named}"


def _join_verbs(rows: list[Row]) -> list[Row]:
    """The rows with the verbs on one kind together, and the kinds with the same verbs."""
    joined = []
    for row in rows:
        verbs: dict[str, dict[str, None]] = {}
        for each in row.what:
            verb, is_request, kind = each.partition("\0")
            verbs.setdefault(kind if is_request else "", {})[verb] = None
        kinds: dict[tuple[str, ...], list[str]] = {}
        for kind, own in verbs.items():
            kinds.setdefault(tuple(sorted(own)), []).append(kind)
        what = tuple(f"{', '.join(own)} {', '.join(of)}".strip() for own, of in kinds.items())
        joined.append(replace(row, what=what))
    return joined
