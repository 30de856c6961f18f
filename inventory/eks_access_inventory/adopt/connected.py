"""The access of EKS Connector in a cluster outside of EKS: its service account, and the users that it acts as. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from eks_access.connector.objects import NAME, NAMESPACE
from eks_access.model.found import FoundObject
from eks_access.model.kubernetes_rights import PolicyRule, Request, allows

from ..reading.model import RbacReading
from .origins import Origins
from .references import find_reference, identify_role, is_of_kubernetes, list_subjects


def find_connector_objects(
    cluster: str, region: str, rbac: Sequence[RbacReading], origins: Origins
) -> Iterator[FoundObject]:
    """The roles and bindings of the connector and of its viewers; what binds anyone else as well is shared."""
    roles = {identify_role(each): each for each in rbac if not each.kind.endswith("Binding")}
    bindings = [each for each in rbac if each.kind.endswith("Binding")]
    own = [each for each in bindings if any(_is_connector(each, subject) for subject in list_subjects(each))]
    users = frozenset(user for each in own for user in _list_users(roles.get(find_reference(each))))
    mine = [each for each in bindings if any(_is_ours(each, subject, users) for subject in list_subjects(each))]
    shared = {id(each): not all(_is_ours(each, subject, users) for subject in list_subjects(each)) for each in mine}

    def create(found: RbacReading, *, is_shared: bool) -> FoundObject:
        metadata = found.body.get("metadata") or {}
        name, namespace = str(metadata.get("name", "")), metadata.get("namespace")
        origin = origins.of_object(found.kind, namespace, name, metadata.get("labels") or {})
        return FoundObject(cluster, region, found.kind, name, namespace, found.body, is_shared, origin)

    for reference in dict.fromkeys(map(find_reference, mine)):
        role = roles.get(reference)
        if role is not None and not is_of_kubernetes(reference):
            others = [each for each in bindings if find_reference(each) == reference]
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
