"""What is not evaluated of a stack: resources by their type, and properties that are not known yet."""

from typing import Any

import pytest

from eks_access_policies.resource_types import find_not_evaluated_resources
from eks_access_policies.stack import UNKNOWN, Resource, Stack

URN = "urn:pulumi:test::cases::"
CLUSTER_ROLE = "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole"


def resource(type: str, inputs: dict[str, Any] | None = None, name: str = "x", **more: Any) -> Resource:
    return Resource(f"{URN}{type}::{name}", type, name, inputs or {}, inputs=inputs or {}, **more)


def found(*resources: Resource) -> list[tuple[str, ...]]:
    """The unknown properties of every resource that was not evaluated; `()` for one that was not evaluated at all."""
    return [each.properties for each in find_not_evaluated_resources(Stack(resources))]


@pytest.mark.parametrize(
    "type",
    [
        "aws:newservice/thing:Thing",
        "kubernetes:new.example.com/v1:Thing",
        "somebody:index:Thing",
        "command:local:Command",
        "pulumi-python:dynamic:Resource",
    ],
)
def test_a_type_that_is_in_no_list_or_may_do_anything_is_not_evaluated(type: str) -> None:
    assert found(resource(type)) == [()]


@pytest.mark.parametrize(
    "type",
    [
        "aws:s3/bucket:Bucket",
        "kubernetes:apps/v1:Deployment",
        "kubernetes:apps/v1:DeploymentPatch",
        "kubernetes:apps/v1:DeploymentList",
        "random:index/randomId:RandomId",
        "pulumi:providers:somebody",
    ],
)
def test_a_type_that_gives_no_access_is_not_mentioned(type: str) -> None:
    assert found(resource(type, {"x": UNKNOWN})) == []


def test_a_property_that_gives_access_is_reported_while_it_is_not_known() -> None:
    assert found(resource(CLUSTER_ROLE, {"metadata": {"name": "x"}, "rules": UNKNOWN})) == [("rules",)]
    assert found(resource(CLUSTER_ROLE, {"metadata": {"name": "x"}, "rules": [{"verbs": [UNKNOWN]}]})) == [("rules",)]
    assert found(resource(CLUSTER_ROLE, {"metadata": {"name": "x"}, "rules": []})) == []


def test_every_item_of_a_list_and_a_list_that_is_not_known_are_looked_into() -> None:
    known, unknown = {"metadata": {"name": "a"}, "rules": []}, {"metadata": {"name": "b"}, "rules": UNKNOWN}
    assert found(resource(f"{CLUSTER_ROLE}List", {"items": [known, known]})) == []
    assert found(resource(f"{CLUSTER_ROLE}List", {"items": [known, unknown]})) == [("rules",)]
    (properties,) = found(resource(f"{CLUSTER_ROLE}List", {"items": UNKNOWN}))
    assert "rules" in properties


def test_a_name_that_comes_from_a_resource_of_the_stack_is_resolved_and_not_reported() -> None:
    type = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    role = resource("aws:iam/role:Role", {"assumeRolePolicy": "{}"}, "role")
    inputs = {"role": UNKNOWN, "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
    assert found(role, resource(type, inputs, property_dependencies={"role": (role.urn,)})) == []
    assert found(role, resource(type, inputs)) == [("role",)]


def test_what_the_provider_computes_is_not_reported() -> None:
    type, inputs = "aws:iam/role:Role", {"assumeRolePolicy": "{}"}
    computed = Resource(f"{URN}{type}::x", type, "x", {**inputs, "managedPolicyArns": UNKNOWN}, inputs=inputs)
    assert found(computed) == []
    assert found(resource(type, {**inputs, "managedPolicyArns": UNKNOWN})) == [("managedPolicyArns",)]


@pytest.mark.parametrize(("name", "reported"), [("aws-auth", True), (UNKNOWN, True), ("settings", False)])
def test_only_the_objects_that_the_line_is_about_are_reported(name: Any, reported: bool) -> None:
    inputs = {"metadata": {"name": name, "namespace": "kube-system"}, "data": UNKNOWN}
    assert bool(found(resource("kubernetes:core/v1:ConfigMap", inputs))) is reported


def test_a_component_is_evaluated_by_the_resources_that_it_creates() -> None:
    component = resource("company:index:Platform", is_component=True)
    child = resource("aws:s3/bucket:Bucket", parent=component.urn)
    assert found(component, child) == []
    assert found(component) == [()], "nothing below it is visible"
    assert found(resource("aws:sqs/queue:Queue", is_component=True)) == [()], "no provider makes it a queue"
    assert found(resource("aws:sqs/queue:Queue")) == []
    assert found(resource("company:index:Platform"), child) == [()], "it has a provider, which may do anything"


def test_a_type_that_gives_access_by_some_properties_is_reported_only_with_them() -> None:
    queue = "aws:sqs/queue:Queue"
    assert found(resource(queue, {"name": "q"})) == []
    assert found(resource(queue, {"name": "q", "policy": ""})) == []
    assert found(resource(queue, {"name": "q", "policy": "{}"})) == [()]
    assert found(resource(queue, {"name": "q", "policy": UNKNOWN})) == [()]


def test_resources_with_the_same_properties_have_the_same_fingerprint() -> None:
    def fingerprint(name: str, **inputs: Any) -> str:
        (each,) = find_not_evaluated_resources(Stack((resource("aws:sqs/queue:Queue", inputs, name),)))
        return each.fingerprint

    same = fingerprint("a", policy="{}")
    assert fingerprint("b", policy="{}", delaySeconds=3, __defaults=[]) == same, "neither gives access"
    assert fingerprint("a", policy='{"Statement": []}') != same


def test_a_property_of_a_type_that_is_understood_and_is_not_read_is_reported_with_its_value() -> None:
    cluster = "aws:eks/cluster:Cluster"

    def find(role: str) -> list[str]:
        inputs = {"computeConfig": {"nodeRoleArn": role}} if role else {"computeConfig": {"enabled": True}}
        return [each.fingerprint for each in find_not_evaluated_resources(Stack((resource(cluster, inputs),)))]

    assert find("") == []
    assert len(find("arn:aws:iam::111122223333:role/nodes")) == 1
    assert find("arn:aws:iam::111122223333:role/nodes") != find("arn:aws:iam::111122223333:role/admin")


@pytest.mark.parametrize(
    ("acl", "reported"), [("private", False), ("public-read", True), (UNKNOWN, True), (None, False)]
)
def test_a_value_that_gives_no_access_is_not_mentioned(acl: Any, reported: bool) -> None:
    assert bool(found(resource("aws:s3/bucket:Bucket", {"acl": acl}))) is reported


@pytest.mark.parametrize(
    ("type", "reported"),
    [
        ("kubernetes.io/service-account-token", True),
        ("bootstrap.kubernetes.io/token", True),
        (UNKNOWN, True),
        ("Opaque", False),
    ],
)
def test_a_secret_is_reported_if_it_is_a_credential_of_the_cluster(type: Any, reported: bool) -> None:
    assert bool(found(resource("kubernetes:core/v1:Secret", {"type": type}))) is reported


@pytest.mark.parametrize(("manifests", "reported"), [(UNKNOWN, [("yaml",)]), ("kind: Service", [])])
def test_a_component_is_reported_while_what_it_is_made_from_is_not_known(manifests: Any, reported: Any) -> None:
    group = resource("kubernetes:yaml/v2:ConfigGroup", {"yaml": manifests}, is_component=True)
    child = resource("kubernetes:core/v1:Service", parent=group.urn)
    assert found(group, child) == reported
