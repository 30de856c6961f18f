"""Where a principal has a right in its clusters, by the access policies and bindings that were found."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..model.access_policies import AssociatedPolicy, catalogue, find_granting_policy
from ..model.found import FoundAccess, FoundObject, FoundWay
from ..model.kubernetes_rights import PolicyRule, Request, allows
from .role import list_ways

MASTERS = "system:masters"
Scope = tuple[str, ...] | None
"""The namespaces with a right: None for the whole cluster, and an empty one for nowhere."""
Where = tuple[str, str]
"""A cluster: its region and its name."""
_BUILT_IN = {
    "view": "AmazonEKSViewPolicy",
    "edit": "AmazonEKSEditPolicy",
    "admin": "AmazonEKSAdminPolicy",
    "cluster-admin": "AmazonEKSClusterAdminPolicy",
}
"""Roles of Kubernetes itself, and the access policy with the rights of each.

https://docs.aws.amazon.com/eks/latest/userguide/access-policies.html
"""
_PATTERN = re.compile(r"[*?\[]")
_TEMPLATE = re.compile(r"\{\{[^{}]*\}\}")
_SESSION_NAME = r"[\w+=,.@-]+"
"""https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (RoleSessionName)"""


@dataclass(frozen=True)
class BoundRole:
    """What a binding gives. A role that does not exist has no rules."""

    binding: FoundObject
    role_kind: str
    role_name: str
    rules: tuple[PolicyRule, ...]
    is_missing: bool = False
    """Whether there is no such role, neither of the vendor's nor of Kubernetes itself."""

    @property
    def namespace(self) -> str | None:
        return self.binding.namespace


def find_scopes(found: FoundAccess, request: Request) -> Mapping[Where, Scope]:
    """Where the principal may make the request, by cluster: in the whole cluster, or in which namespaces."""
    scopes: dict[Where, Scope] = {}
    for way in list_ways(found):
        before, own = scopes.get((way.region, way.cluster), ()), _find_scope(found, way, request)
        is_everywhere = before is None or own is None
        scopes[way.region, way.cluster] = None if is_everywhere else tuple(sorted({*(before or ()), *(own or ())}))
    return scopes


def is_master(found: FoundAccess) -> bool:
    """Whether it is in the group that may do everything, whatever RBAC has."""
    return any(MASTERS in way.groups for way in list_ways(found))


def list_rules(found: FoundAccess) -> Iterator[PolicyRule]:
    """All rules of the roles that are bound to it, in whatever place."""
    for way in list_ways(found):
        for role in _list_roles_of(found, way):
            yield from role.rules


def _list_roles_of(found: FoundAccess, way: FoundWay) -> Iterator[BoundRole]:
    for role in list_bound_roles(found, (way.region, way.cluster)):
        if any(has_subject(way, subject) for subject in role.binding.body.get("subjects") or ()):
            yield role


def has_subject(way: FoundWay, subject: Mapping[str, str]) -> bool:
    """Whether who comes in by this way is the subject of a binding: by a group, or by a name of its template."""
    kind, name = subject.get("kind"), str(subject.get("name", ""))
    if kind == "Group":
        return name in way.groups
    if kind != "User" or not way.username:
        return False
    literal = _TEMPLATE.split(way.username)
    return re.fullmatch(_SESSION_NAME.join(map(re.escape, literal)), name) is not None


def list_bound_roles(found: FoundAccess, where: Where | None = None) -> Iterator[BoundRole]:
    """The roles of all bindings that were found, of one cluster or of all."""
    for binding in found.objects:
        if binding.kind.endswith("Binding") and where in (None, (binding.region, binding.cluster)):
            reference = binding.body.get("roleRef") or {}
            kind, name = str(reference.get("kind", "")), str(reference.get("name", ""))
            rules = _find_rules(found, binding, kind, name)
            yield BoundRole(binding, kind, name, rules or (), rules is None)


def _find_rules(found: FoundAccess, binding: FoundObject, kind: str, name: str) -> tuple[PolicyRule, ...] | None:
    """The rules of the role that a binding names; None where there is none of that name."""
    namespace = binding.namespace if kind == "Role" else None
    wanted = (binding.region, binding.cluster, kind, name, namespace)
    for each in found.objects:
        if (each.region, each.cluster, each.kind, each.name, each.namespace) == wanted:
            return tuple(map(PolicyRule.from_json, each.body.get("rules") or ()))
    if kind == "ClusterRole" and name in _BUILT_IN:
        return catalogue()[_BUILT_IN[name]]
    # What the system's own roles give is no argument of any vendor.
    return () if name.startswith("system:") else None


def _find_scope(found: FoundAccess, way: FoundWay, request: Request) -> Scope:
    if MASTERS in way.groups:
        return None
    namespaces: dict[str, None] = {}
    for policy in way.policies:
        name = policy.arn.rpartition("/")[2]
        # What a policy that is not known here gives may be this.
        if name in catalogue() and find_granting_policy([AssociatedPolicy(name)], request) is None:
            continue
        if policy.namespaces is None:
            return None
        namespaces.update(dict.fromkeys(policy.namespaces))
    for role in _list_roles_of(found, way):
        if any(allows(rule, request) for rule in role.rules):
            if role.namespace is None:
                return None
            namespaces[role.namespace] = None
    return tuple(sorted(namespaces))


def unite_scopes(scopes: Mapping[Where, Scope]) -> tuple[Scope, list[str]]:
    """One scope for all clusters, which is what an argument has: the widest. Notes say where it was narrower.

    Namespaces of access policies may be patterns, which no argument has: those are left out, with a note.
    """
    if any(scope is None for scope in scopes.values()):
        return None, [
            f"in {cluster} it had only {_name_namespaces(scope)}, and in other clusters everything: {_ONE_LIST}"
            for (_, cluster), scope in scopes.items()
            if scope is not None
        ]
    together = dict.fromkeys(name for scope in scopes.values() for name in scope or ())
    notes = [
        f"in {cluster} it had only {_name_namespaces(scope or ())}: {_ONE_LIST}"
        for (_, cluster), scope in scopes.items()
        if set(scope or ()) != set(together)
    ]
    patterns = [name for name in together if _PATTERN.search(name)]
    notes += [f"it had the namespaces like {name}, and an argument names each namespace" for name in patterns]
    return tuple(sorted(set(together) - set(patterns))), notes


_ONE_LIST = "an integration has one list of namespaces for all of its clusters, so declare one for each to keep that"


def _name_namespaces(namespaces: tuple[str, ...]) -> str:
    if not namespaces:
        return "no namespace"
    return f"{'namespace' if len(namespaces) == 1 else 'namespaces'} {', '.join(namespaces)}"
