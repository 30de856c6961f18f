"""What made something: by tags, labels and states; what is certain, and what is a hint."""

import json
from collections.abc import Mapping

import pytest

from eks_access.model.found import FoundAccess, FoundObject, FoundWay, Maker, Origin
from eks_access.model.identity import EntryMethod
from eks_access.model.rbac import STACK as OWNER
from eks_access_inventory.adopt.origins import Origins, find_origin_by_labels, find_origin_by_tags, find_owners
from eks_access_inventory.adopt.terraform import parse_terraform_state

STACK = "aws:cloudformation:stack-name"


@pytest.mark.parametrize(
    ("tags", "maker", "is_managed"),
    [
        ({}, Maker.HAND, False),
        ({"team": "terraform-fans"}, Maker.HAND, False),
        ({STACK: "c1"}, Maker.CLOUDFORMATION, True),
        ({STACK: "eksctl-prod-addon-iamserviceaccount"}, Maker.EKSCTL, True),
        ({STACK: "own-name", "alpha.eksctl.io/cluster-name": "prod"}, Maker.EKSCTL, True),
        ({"alpha.eksctl.io/cluster-name": "prod"}, Maker.EKSCTL, False),
        ({"ManagedBy": "terraform"}, Maker.TERRAFORM, False),
        ({"managed-by": "OpenTofu"}, Maker.TERRAFORM, False),
        ({"Provisioner": "AWS CDK"}, Maker.CLOUDFORMATION, False),
        ({"created_by": "alice"}, Maker.HAND, False),
    ],
)
def test_the_origin_by_tags(tags: dict[str, str], maker: Maker, is_managed: bool) -> None:
    found = find_origin_by_tags(tags)
    assert (found.maker, found.is_managed) == (maker, is_managed)
    assert bool(found.evidence) is (maker is not Maker.HAND)


@pytest.mark.parametrize(
    ("value", "maker", "is_managed"),
    [
        ("", Maker.HAND, False),
        ("Helm", Maker.HELM, True),
        ("eks-access", Maker.EKS_ACCESS, True),
        ("terraform", Maker.TERRAFORM, False),
        ("someone", Maker.HAND, False),
    ],
)
def test_the_origin_by_labels(value: str, maker: Maker, is_managed: bool) -> None:
    found = find_origin_by_labels({"app.kubernetes.io/managed-by": value} if value else {})
    assert (found.maker, found.is_managed) == (maker, is_managed)


STATE = parse_terraform_state(
    json.dumps(
        {
            "version": 4,
            "resources": [
                {"mode": "managed", "type": type, "name": "x", "instances": [{"attributes": values}]}
                for type, values in (
                    ("aws_iam_role", {"name": "C1"}),
                    ("kubernetes_cluster_role", {"metadata": [{"name": "c1-read"}]}),
                    ("kubernetes_config_map", {"metadata": [{"name": "aws-auth", "namespace": "kube-system"}]}),
                )
            ],
        }
    ),
    "prod.tfstate",
)


def test_what_a_state_has_is_managed_by_terraform_whatever_tags_and_labels_show() -> None:
    origins = Origins((STATE,))
    assert origins.of_role("C1", {STACK: "x"}) == Origin(Maker.TERRAFORM, "aws_iam_role.x in prod.tfstate", True)
    assert origins.of_role("C2", {STACK: "x"}).maker is Maker.CLOUDFORMATION
    helm = {"app.kubernetes.io/managed-by": "Helm"}
    assert origins.of_object("ClusterRole", None, "c1-read", helm).maker is Maker.TERRAFORM
    assert origins.of_object("ClusterRole", None, "other", helm).maker is Maker.HELM
    assert origins.of_mapping().is_managed
    assert not Origins().of_mapping().is_managed


def test_a_stack_of_this_package_is_known_by_its_tag() -> None:
    found = Origins((STATE,)).of_role("C1", {"eks-access/stack": "p/prod"})
    assert (found.maker, found.is_managed) == (Maker.EKS_ACCESS, True)


# Other stacks of this package


def build_access(*stacks: str, labels: Mapping[str, str] | None = None) -> FoundAccess:
    ways = tuple(
        FoundWay("prod", "us-east-1", EntryMethod.ACCESS_ENTRY, "x", tags={OWNER: stack} if stack else {})
        for stack in stacks
    )
    bound = FoundObject(
        "prod", "us-east-1", "ClusterRoleBinding", "read", None, {}, origin=find_origin_by_labels(labels or {})
    )
    return FoundAccess("cado", "arn:aws:iam::111122223333:role/x", None, ways, (bound,))


def test_access_of_another_stack_is_told_by_its_entries_or_its_labels() -> None:
    ours = {"app.kubernetes.io/managed-by": "eks-access"}
    assert find_owners(build_access(""), "eks-access/prod") == []
    assert find_owners(build_access("eks-access/dev", labels=ours), "eks-access/prod") == ["stack eks-access/dev"]
    assert find_owners(build_access("", labels=ours), "eks-access/prod") == ["another stack (by the labels of read)"]
    assert find_owners(build_access("eks-access/prod", labels=ours), "eks-access/prod") == [], "its own"
