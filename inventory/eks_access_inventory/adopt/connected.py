"""The access of EKS Connector in a cluster outside of EKS: its service account, and the users that it acts as. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from eks_access.connector.objects import NAME, NAMESPACE
from eks_access.model.found import FoundObject
from eks_access.model.kubernetes_rights import PolicyRule, Request, allows
from eks_access_policies.access import default_roles

from ..reading.model import RbacReading
from .origins import Origins

Reference = tuple[str, str | None, str]
"""The kind, the namespace and the name of a role."""


def find_connector_objects(
    cluster: str, region: str, rbac: Sequence[RbacReading], origins: Origins
) -> Iterator[FoundObject]:
    """The roles and bindings of the connector and of its viewers; what binds anyone else as well is shared."""
    roles = {_identify(each): each for each in rbac if not each.kind.endswith("Binding")}
    bindings = [each for each in rbac if each.kind.endswith("Binding")]
    own = [each for each in bindings if any(_is_connector(each, subject) for subject in _list_subjects(each))]
    users = frozenset(user for each in own for user in _list_users(roles.get(_find_reference(each))))
    mine = [each for each in bindings if any(_is_ours(each, subject, users) for subject in _list_subjects(each))]
    shared = {id(each): not all(_is_ours(each, subject, users) for subject in _list_subjects(each)) for each in mine}

    def create(found: RbacReading, *, is_shared: bool) -> FoundObject:
        metadata = found.body.get("metadata") or {}
        name, namespace = str(metadata.get("name", "")), metadata.get("namespace")
        origin = origins.of_object(found.kind, namespace, name, metadata.get("labels") or {})
        return FoundObject(cluster, region, found.kind, name, namespace, found.body, is_shared, origin)

    for reference in dict.fromkeys(map(_find_reference, mine)):
        role = roles.get(reference)
        if role is not None and not _is_of_kubernetes(reference):
            others = [each for each in bindings if _find_reference(each) == reference]
            yield create(role, is_shared=any(shared.get(id(each), True) for each in others))
    for each in mine:
        yield create(each, is_shared=shared[id(each)])


def _is_ours(binding: RbacReading, subject: Mapping[str, Any], users: frozenset[str]) -> bool:
    return _is_connector(binding, subject) or (subject.get("kind") == "User" and subject.get("name") in users)


def _is_connector(binding: RbacReading, subject: Mapping[str, Any]) -> bool:
    """Whether it is the connector's service account, whose namespace is the binding's where it has none."""
    namespace = subject.get("namespace") or (binding.body.get("metadata") or {}).get("namespace")
    return (subject.get("kind"), subject.get("name"), namespace) == ("ServiceAccount", NAME, NAMESPACE)


def _list_users(role: RbacReading | None) -> Iterator[str]:
    """The users that a role lets one act as, by name."""
    for each in (role.body.get("rules") or ()) if role is not None else ():
        rule = PolicyRule.from_json(each)
        for name in rule.names or ():
            if allows(rule, Request("impersonate", "", "users", name=name)):
                yield name


def _list_subjects(binding: RbacReading) -> Sequence[Mapping[str, Any]]:
    return binding.body.get("subjects") or ()


def _identify(role: RbacReading) -> Reference:
    metadata = role.body.get("metadata") or {}
    return role.kind, metadata.get("namespace"), str(metadata.get("name", ""))


def _find_reference(binding: RbacReading) -> Reference:
    reference = binding.body.get("roleRef") or {}
    kind = str(reference.get("kind", ""))
    namespace = (binding.body.get("metadata") or {}).get("namespace") if kind == "Role" else None
    return kind, namespace, str(reference.get("name", ""))


def _is_of_kubernetes(reference: Reference) -> bool:
    """Whether every cluster has it by default, so that it is no connector's."""
    _, namespace, name = reference
    return name.startswith("system:") or (namespace, name) in default_roles()
