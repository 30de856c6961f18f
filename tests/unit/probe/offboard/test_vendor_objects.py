"""Only what the plan has, and only as it was read, is deleted of what a vendor made."""

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from eks_access.kubernetes.client import ApiError
from eks_access.manifest.models import Manifest
from eks_access_probe.offboard.report import VendorObject
from eks_access_probe.offboard.vendor_objects import remove_vendor_objects

USER = "arn:aws:iam::111122223333:user/jane"
MANIFEST = Manifest.model_validate(
    {
        "environment": "prod",
        "partition": "aws",
        "account": "111122223333",
        "endpoint": "aws",
        "clusters": {"one": {"name": "prod-1", "region": "us-east-1"}},
        "integrations": {},
    }
)


def made(kind: str, name: str, *may_be_of: str, where: str = "one") -> VendorObject:
    return VendorObject(where=where, kind=kind, name=name, why="", remove="", may_be_of=list(may_be_of))


BINDING = made("ClusterRoleBinding", "baton-view-binding")
NAMESPACED = made("RoleBinding", "web/baton-edit-web-binding")
ENTRY = made("access entry", USER)


class Cluster:
    """A cluster and its EKS, with what was deleted of them."""

    def __init__(self, *, groups: tuple[str, ...] = (), policies: int = 0, changed: bool = False) -> None:
        self.groups = groups
        self.policies = policies
        self.changed = changed
        self.deleted: list[Any] = []

    def json(self, method: str, path: str, *, body: Any = None) -> Any:
        if method == "GET":
            return {"metadata": {"uid": "u", "resourceVersion": "7"}}
        if self.changed:
            raise ApiError(409, "Conflict", "the resourceVersion in the precondition does not match", b"")
        self.deleted.append((path, body["preconditions"]))
        return {}

    def describe_access_entry(self, **key: str) -> Any:
        return {"accessEntry": {"type": "STANDARD", "kubernetesGroups": list(self.groups)}}

    def list_associated_access_policies(self, **key: str) -> Any:
        return {"associatedAccessPolicies": [{}] * self.policies}

    def delete_access_entry(self, **key: str) -> None:
        self.deleted.append(key)

    def remove(self, planned: list[VendorObject], found: list[VendorObject] | None = None) -> list[str]:
        aws: Any = SimpleNamespace(client=lambda *_: self)
        inspector: Any = SimpleNamespace(connect=lambda name, region: self)
        keys: Any = None
        again = planned if found is None else found
        return list(remove_vendor_objects(planned, again, MANIFEST, aws, keys, inspector))


def test_bindings_are_deleted_in_the_version_that_was_read() -> None:
    cluster, preconditions = Cluster(), {"uid": "u", "resourceVersion": "7"}
    assert cluster.remove([BINDING, NAMESPACED]) == [
        "ClusterRoleBinding baton-view-binding in one removed",
        "RoleBinding web/baton-edit-web-binding in one removed",
    ]
    rbac = "/apis/rbac.authorization.k8s.io/v1"
    assert cluster.deleted == [
        (f"{rbac}/clusterrolebindings/baton-view-binding", preconditions),
        (f"{rbac}/namespaces/web/rolebindings/baton-edit-web-binding", preconditions),
    ]


def test_one_that_changes_in_the_meantime_stays() -> None:
    cluster = Cluster(changed=True)
    (result,) = cluster.remove([BINDING])
    assert "was not removed: 409" in result
    assert cluster.deleted == []


def test_an_empty_entry_is_deleted() -> None:
    cluster = Cluster()
    assert cluster.remove([ENTRY]) == [f"access entry {USER} in one removed"]
    assert cluster.deleted == [{"clusterName": "prod-1", "principalArn": USER}]


@pytest.mark.parametrize("cluster", [Cluster(groups=("g",)), Cluster(policies=1)], ids=["groups", "policies"])
def test_an_entry_that_gives_something_again_stays(cluster: Cluster) -> None:
    (result,) = cluster.remove([ENTRY])
    assert "was not removed: it has groups or policies again" in result
    assert cluster.deleted == []


def test_what_the_plan_does_not_have_is_not_deleted_nor_what_is_gone_or_anothers_by_now() -> None:
    cluster = Cluster()
    assert cluster.remove([], [BINDING]) == []
    assert cluster.remove([BINDING], []) == []
    assert cluster.remove([BINDING], [made("ClusterRoleBinding", "baton-view-binding", "c1b")]) == []
    assert cluster.remove([BINDING], [made("ClusterRoleBinding", "baton-view-binding", where="two")]) == []
    assert cluster.deleted == []


def test_a_failure_does_not_keep_the_others_from_being_removed() -> None:
    class Refusing(Cluster):
        def delete_access_entry(self, **key: str) -> None:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "DeleteAccessEntry")

    first, second = Refusing().remove([ENTRY, BINDING])
    assert "was not removed: " in first
    assert "AccessDeniedException" in first
    assert second.endswith("removed")
