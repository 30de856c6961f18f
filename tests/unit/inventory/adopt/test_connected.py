"""What belongs to the connector in a cluster outside of EKS: its service account's, and the users' that it acts as."""

from typing import Any

import pytest

from eks_access.model.found import FoundObject, Maker
from eks_access_inventory.adopt.connected import find_connector_objects
from eks_access_inventory.adopt.origins import Origins
from eks_access_inventory.reading.model import RbacReading

VIEWER = "arn:aws:iam::111122223333:role/Viewer"
ACCOUNT = {"kind": "ServiceAccount", "name": "eks-connector", "namespace": "eks-connector"}
USER = {"kind": "User", "name": VIEWER}


def role(name: str, *rules: dict[str, Any], namespace: str | None = None, **metadata: Any) -> RbacReading:
    kind = "Role" if namespace else "ClusterRole"
    return RbacReading(kind, {"metadata": {"name": name, "namespace": namespace, **metadata}, "rules": list(rules)})


def binding(name: str, *subjects: dict[str, Any], to: str = "", namespace: str | None = None) -> RbacReading:
    kinds = ("RoleBinding", "Role") if namespace else ("ClusterRoleBinding", "ClusterRole")
    body = {"metadata": {"name": name, "namespace": namespace}, "subjects": list(subjects)}
    return RbacReading(kinds[0], {**body, "roleRef": {"kind": kinds[1], "name": to or name}})


def impersonate(*users: str) -> dict[str, Any]:
    return {"apiGroups": [""], "resources": ["users"], "verbs": ["impersonate"], "resourceNames": list(users)}


LIST = {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}
PAGE = (
    role("service", impersonate(VIEWER)),
    binding("service", ACCOUNT),
    role("view-pods", LIST),
    binding("view-pods", USER),
)


def find(*rbac: RbacReading) -> dict[tuple[str, str], FoundObject]:
    found = find_connector_objects("onprem", "eu-west-1", rbac, Origins())
    return {(each.kind, each.name): each for each in found}


def test_the_connectors_own_and_its_viewers_objects_are_found() -> None:
    found = find(*PAGE)
    kinds = ("ClusterRole", "ClusterRoleBinding")
    assert set(found) == {(kind, name) for kind in kinds for name in ("service", "view-pods")}
    assert not any(each.is_shared for each in found.values())
    assert {(each.cluster, each.region) for each in found.values()} == {("onprem", "eu-west-1")}


def test_a_service_account_without_a_namespace_is_of_the_bindings_namespace() -> None:
    own = {"kind": "ServiceAccount", "name": "eks-connector"}
    state = role("state", LIST, namespace="eks-connector"), binding("state", own, namespace="eks-connector")
    assert set(find(*state)) == {("Role", "state"), ("RoleBinding", "state")}
    elsewhere = role("state", LIST, namespace="other"), binding("state", own, namespace="other")
    assert find(*elsewhere) == {}


def test_whom_the_connector_may_not_act_as_is_no_viewer() -> None:
    someone = {"kind": "User", "name": "arn:aws:iam::111122223333:role/Someone"}
    assert ("ClusterRoleBinding", "others") not in find(*PAGE, role("others", LIST), binding("others", someone))
    everyone = role("service", {**impersonate(), "resourceNames": []}), binding("service", ACCOUNT)
    found = find(*everyone, role("others", LIST), binding("others", someone))
    assert set(found) == {("ClusterRole", "service"), ("ClusterRoleBinding", "service")}


@pytest.mark.parametrize(
    "other", [binding("theirs", {"kind": "Group", "name": "ops"}, to="view-pods"), binding("theirs", to="view-pods")]
)
def test_a_role_that_others_are_bound_to_is_shared(other: RbacReading) -> None:
    found = find(*PAGE, other)
    assert found["ClusterRole", "view-pods"].is_shared
    assert not found["ClusterRoleBinding", "view-pods"].is_shared
    assert ("ClusterRoleBinding", "theirs") not in found


def test_a_binding_with_another_subject_is_shared() -> None:
    found = find(*PAGE[:3], binding("view-pods", USER, {"kind": "Group", "name": "ops"}))
    assert found["ClusterRoleBinding", "view-pods"].is_shared
    assert found["ClusterRole", "view-pods"].is_shared
    assert not found["ClusterRole", "service"].is_shared


def test_what_every_cluster_has_is_not_the_connectors() -> None:
    found = find(*PAGE[:2], role("cluster-admin", LIST), binding("user", USER, to="cluster-admin"))
    assert ("ClusterRole", "cluster-admin") not in found
    assert ("ClusterRoleBinding", "user") in found


def test_what_helm_made_is_helms() -> None:
    labels = {"app.kubernetes.io/managed-by": "Helm"}
    found = find(role("service", impersonate(VIEWER), labels=labels), PAGE[1])
    assert found["ClusterRole", "service"].origin.maker is Maker.HELM
    assert found["ClusterRoleBinding", "service"].origin.maker is Maker.HAND
