from typing import Any

import pytest

from eks_access.stack.recovery import PendingCreate, adopt_pending_creates, find_pending_creates
from tests.support.interrupted_stack import URN, operation, state

ROLE = "arn:aws:iam::111122223333:role/r"


@pytest.mark.parametrize(
    ("kind", "inputs", "id"),
    [
        ("aws:iam/role:Role", {"name": "r"}, "r"),
        ("aws:iam/rolePolicy:RolePolicy", {"role": "r", "name": "p"}, "r:p"),
        ("aws:eks/accessEntry:AccessEntry", {"clusterName": "c", "principalArn": ROLE}, f"c:{ROLE}"),
        (
            "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
            {"clusterName": "c", "principalArn": ROLE, "policyArn": "arn:p"},
            f"c#{ROLE}#arn:p",
        ),
        ("eks-access:index:AwsAuthMapping", {"clusterName": "c", "roleArn": ROLE}, f"c/{ROLE}"),
        ("eks-access:index:ConnectorRegistration", {"region": "us-east-1", "name": "c"}, "us-east-1/c"),
        ("eks-access:index:ClusterRole", {"metadata": {"name": "x"}}, "x"),
        ("eks-access:index:RoleBinding", {"metadata": {"name": "x", "namespace": "web"}}, "web/x"),
        ("kubernetes:core/v1:Namespace", {"metadata": {"name": "x"}}, "x"),
        (
            "kubernetes:core/v1:ServiceAccount",
            {"metadata": {"name": "x", "namespace": "web"}},
            "web/x",
        ),
        ("aws:s3/bucket:Bucket", {"bucket": "b"}, None),
    ],
)
def test_the_id_of_a_resource_follows_from_its_inputs(kind: str, inputs: dict[str, Any], id: str | None) -> None:
    assert find_pending_creates(state(operation(kind, "x", inputs))) == [PendingCreate(URN + "x", kind, id)]


def test_only_creations_are_looked_up_because_a_refresh_resolves_the_rest() -> None:
    deleting = operation("aws:iam/role:Role", "x", {"name": "r"}, "deleting")
    assert find_pending_creates(state(deleting)) == []
    assert adopt_pending_creates(state(deleting)) == state(deleting)


def test_a_pending_creation_counts_as_done_until_the_refresh() -> None:
    adopted = adopt_pending_creates(state(operation("aws:iam/role:Role", "x", {"name": "r"})))["deployment"]
    assert adopted["pending_operations"] == []
    assert [(each["urn"], each.get("id")) for each in adopted["resources"]] == [(URN + "stack", None), (URN + "x", "r")]


def test_an_adopted_entry_keeps_the_trigger_that_ties_it_to_its_role() -> None:
    """Without one the next `up` could not find out that the role was recreated since."""
    creating = operation("aws:eks/accessEntry:AccessEntry", "x", {"clusterName": "c", "principalArn": ROLE})
    creating["resource"]["replacementTrigger"] = "AROA1"
    _, adopted = adopt_pending_creates(state(creating))["deployment"]["resources"]
    assert adopted["replacementTrigger"] == "AROA1"


@pytest.mark.parametrize("kind", ["pulumi:providers:aws", "eks-access:index:Cado", "eks-access:index:ClusterAccess"])
def test_what_exists_only_in_the_state_is_dropped(kind: str) -> None:
    adopted = adopt_pending_creates(state(operation(kind, "x", {})))["deployment"]
    assert adopted["pending_operations"] == []
    assert [each["urn"] for each in adopted["resources"]] == [URN + "stack"]
