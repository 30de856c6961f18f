"""Derives viewers from the RBAC of a connected cluster, as AWS's own files for the connector make it. Pure.

https://docs.aws.amazon.com/eks/latest/userguide/connector-grant-access.html
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..derivation.cluster_rights import BoundRole, Scope, list_bound_roles, unite_scopes
from ..errors import InvalidInputError
from ..model.found import FoundAccess
from ..model.kubernetes_rights import Request, allows
from .viewers import canonicalize_viewer_arn

_LISTS = Request("list", "", "pods")
_NOT_READ = (
    "who may look at the clusters is in their own RBAC, which was not read: name everyone who may under `viewers`,"
    " since the connector impersonates no others"
)


def derive_viewers(found: FoundAccess) -> tuple[dict[str, Any], list[str]]:
    """The viewers by short names, and notes about what could not be derived."""
    bound = list(list_bound_roles(found))
    users, notes = _find_users(bound)
    if not found.objects:
        return {}, [_NOT_READ]
    viewers: dict[str, Any] = {}
    for user in users:
        try:
            arn = canonicalize_viewer_arn("viewers", user)
        except InvalidInputError as error:
            notes.append(f"the viewer {user} {error.problem}")
            continue
        scope, own = unite_scopes(_find_scopes(user, bound))
        notes += [f"viewer {arn}: {note}" for note in own]
        if scope == ():
            notes.append(f"the connector may impersonate {arn}, who may list pods nowhere: it is no viewer")
            continue
        viewers[_choose_key(arn, viewers)] = {"arn": arn} | ({} if scope is None else {"namespaces": list(scope)})
    return viewers, notes


def _find_users(bound: list[BoundRole]) -> tuple[list[str], list[str]]:
    """The users that the connector may impersonate, each once; an empty list of names in a rule means everyone."""
    users: dict[str, None] = {}
    notes = []
    for role in bound:
        for rule in role.rules:
            if not allows(rule, Request("impersonate", "", "users", name=(rule.names or ("",))[0])):
                continue
            if not rule.names:
                notes.append(f"{role.role_kind} {role.role_name} lets the connector impersonate every user: not kept")
            users.update(dict.fromkeys(rule.names))
    return list(users), notes


def _find_scopes(user: str, bound: list[BoundRole]) -> Mapping[tuple[str, str], Scope]:
    scopes: dict[tuple[str, str], Scope] = {}
    for role in bound:
        if not (any(allows(rule, _LISTS) for rule in role.rules) and user in _list_users(role)):
            continue
        where = (role.binding.region, role.binding.cluster)
        before = scopes.get(where, ())
        wide = before is None or role.namespace is None
        scopes[where] = None if wide else tuple(sorted({*(before or ()), str(role.namespace)}))
    return scopes


def _list_users(role: BoundRole) -> Iterator[str]:
    for subject in role.binding.body.get("subjects") or ():
        if subject.get("kind") == "User":
            yield str(subject.get("name", ""))


def _choose_key(arn: str, taken: Mapping[str, Any]) -> str:
    """A short name for the viewer, from the name of the role or user; with a number where that is taken."""
    name = re.sub(r"[^a-z0-9]+", "-", arn.rpartition("/")[2].lower()).strip("-")[:40].strip("-") or "viewer"
    others = (f"{name}-{number}" for number in range(2, len(taken) + 2))
    return next(each for each in (name, *others) if each not in taken)
