"""The resources and condition keys of a simulation, or that the call does not determine them."""

from typing import Any

import pytest

from eks_access.model import expectations
from eks_access.model.expectations import ABSENT
from eks_access_probe.operator.simulation_request import (
    ANY_ID,
    AmbiguousRequestError,
    SimulationRequest,
    build_simulation_request,
)

EKS = "arn:aws:eks:eu-west-1:111122223333"
IAM = "arn:aws:iam::111122223333"
ROLE = f"{IAM}:role/vendors/acme"


def asked(action: str, **parameters: Any) -> SimulationRequest:
    return build_simulation_request(action, parameters, partition="aws", account="111122223333", region="eu-west-1")


@pytest.mark.parametrize(
    ("action", "parameters", "resource"),
    [
        ("eks:ListClusters", {}, "*"),
        ("eks:DescribeCluster", {"name": "prod"}, f"{EKS}:cluster/prod"),
        ("eks:ListAccessEntries", {"clusterName": "prod"}, f"{EKS}:cluster/prod"),
        ("eks:CreateAccessEntry", {"clusterName": "prod", "principalArn": ROLE}, f"{EKS}:cluster/prod"),
        (
            "eks:DescribeAccessEntry",
            {"clusterName": "prod", "principalArn": ROLE},
            f"{EKS}:access-entry/prod/role/111122223333/acme/{ANY_ID}",
        ),
        ("iam:ListRoles", {"MaxItems": 1}, "*"),
        ("iam:GetRole", {"RoleName": ABSENT}, f"{IAM}:role/{ABSENT}"),
        ("iam:CreateAccessKey", {"UserName": ABSENT}, f"{IAM}:user/{ABSENT}"),
    ],
)
def test_a_call_is_simulated_on_its_resource(action: str, parameters: dict[str, Any], resource: str) -> None:
    assert asked(action, **parameters).resources == (resource,)


def test_a_call_on_several_resources_is_simulated_on_each() -> None:
    command = asked("ssm:SendCommand", DocumentName="AWS-RunShellScript", InstanceIds=["i-0"])
    kinds = {resource.split(":", 5)[5].split("/")[0] for resource in command.resources}
    assert {"document", "instance"} <= kinds


def test_a_key_whose_parameter_the_call_does_not_give_is_absent() -> None:
    entry = {"clusterName": "prod", "principalArn": ROLE}
    assert asked("eks:CreateAccessEntry", **entry, type="STANDARD").context["eks:accessEntryType"] == ("STANDARD",)
    assert asked("eks:CreateAccessEntry", **entry, type="STANDARD").absent == {"eks:kubernetesGroups", "eks:username"}
    assert asked("eks:CreateAccessEntry", **entry, kubernetesGroups=["a"], username="b", type="c").absent == set()
    associate = asked("eks:AssociateAccessPolicy", **entry, policyArn="p", accessScope={"type": "cluster"})
    assert associate.absent == {"eks:namespaces"}
    assert asked("eks:DisassociateAccessPolicy", **entry, policyArn="p").absent == set(), "of the association itself"


def test_the_condition_keys_of_a_call_have_the_values_of_its_parameters() -> None:
    policy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
    scope = {"type": "namespace", "namespaces": ["a", "b"]}
    call = {"clusterName": "prod", "principalArn": ROLE, "policyArn": policy, "accessScope": scope}
    context = asked("eks:AssociateAccessPolicy", **call).context
    assert context["eks:policyArn"] == (policy,)
    assert context["eks:accessScope"] == ("namespace",)
    assert context["eks:namespaces"] == ("a", "b")
    assert context["aws:RequestedRegion"] == ("eu-west-1",)
    attach = asked("iam:AttachRolePolicy", RoleName="x", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess").context
    assert attach["iam:PolicyARN"] == ("arn:aws:iam::aws:policy/ReadOnlyAccess",), "whatever the case of its name"


@pytest.mark.parametrize(
    ("action", "parameters", "why"),
    [
        ("iam:GetRole", {}, "do not name its role"),
        ("eks:DescribeAccessEntry", {"clusterName": "prod"}, "do not name its access-entry"),
        ("s3:GetObject", {"Bucket": "b"}, "do not name its .*object"),
        ("ec2:CreateSnapshot", {"VolumeId": "vol-0"}, "do not name its snapshot"),
        ("eks:NoSuchAction", {}, "not in the service authorization reference"),
        ("nosuchservice:Get", {}, "not in the service authorization reference"),
    ],
)
def test_a_resource_that_the_parameters_do_not_name_is_not_guessed(
    action: str, parameters: dict[str, Any], why: str
) -> None:
    """If simulated on `*`, a permission on the one resource that is meant would look like a denial."""
    with pytest.raises(AmbiguousRequestError, match=why):
        asked(action, **parameters)


def test_every_call_of_the_base_line_can_be_evaluated() -> None:
    for call in expectations.aws_baseline("aws"):
        assert asked(call.action, **call.parameters).resources
