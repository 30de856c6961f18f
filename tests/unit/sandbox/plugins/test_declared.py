"""The stand-ins refuse what the Python SDKs do not declare, and nothing else."""

from collections.abc import Mapping

from sandbox.plugins.aws.checks import sdk_class
from sandbox.plugins.aws.types import TYPES
from sandbox.plugins.declared import input_properties, refusals
from sandbox.plugins.errors import Failure
from sandbox.plugins.values import UNKNOWN


def refused(module: str, type_name: str, value: Mapping[str, object], *, need_required: bool = False) -> list[Failure]:
    properties = input_properties(module, type_name)
    assert properties is not None, f"the SDK has {module}.{type_name}"
    return list(refusals(value, properties, owner="It", need_required=need_required))


def test_every_type_of_the_aws_stand_in_is_one_that_the_sdk_declares() -> None:
    for token, type_ in TYPES.items():
        properties = input_properties(*sdk_class(token))
        assert properties, f"{token} has an args class"
        ours = {field.name for field in type_.fields}
        assert ours <= set(properties), (
            f"{token}: these fields are the stand-in's own invention: {ours - set(properties)}"
        )


def test_every_input_that_the_sdk_declares_is_served() -> None:
    for token, type_ in TYPES.items():
        served = {field.name for field in type_.fields} | {"tags", "region"}
        missing = set(input_properties(*sdk_class(token)) or {}) - served
        assert not missing, f"{token} lacks {missing}"


def test_an_undeclared_property_is_refused_with_the_one_that_was_meant() -> None:
    args = {"clusterName": "c", "principalArn": "a", "kubernetesGroup": ["g"]}
    found = refused("pulumi_aws.eks.access_entry", "AccessEntryArgs", args)
    assert [f.property for f in found] == ["kubernetesGroup"]
    assert "did you mean 'kubernetesGroups'?" in found[0].reason


def test_the_declared_twin_is_not_refused() -> None:
    args = {"clusterName": "c", "principalArn": "a", "kubernetesGroups": ["g"], "tags": {"any-key": "v"}}
    assert refused("pulumi_aws.eks.access_entry", "AccessEntryArgs", args, need_required=True) == []


def test_an_undeclared_property_inside_a_nested_object_is_refused_with_its_path() -> None:
    module, name = "pulumi_aws.eks.access_policy_association", "AccessPolicyAssociationArgs"
    found = refused(module, name, {"accessScope": {"typ": "cluster"}})
    assert [f.property for f in found] == ["accessScope.typ"]
    assert refused(module, name, {"accessScope": {"type": "cluster"}}) == []


def test_keys_that_the_user_chooses_are_no_properties() -> None:
    assert refused("pulumi_aws.iam.role", "RoleArgs", {"tags": {"a/b": "c", "anything": "1"}}) == []


def test_a_missing_required_property_is_refused_and_an_unknown_one_is_there() -> None:
    module, name = "pulumi_aws.eks.access_entry", "AccessEntryArgs"
    found = refused(module, name, {"clusterName": "c"}, need_required=True)
    assert [f.property for f in found] == ["principalArn"]
    assert refused(module, name, {"clusterName": "c", "principalArn": UNKNOWN}, need_required=True) == []


def test_a_value_of_the_wrong_shape_is_refused() -> None:
    module, name = "pulumi_aws.eks.access_entry", "AccessEntryArgs"
    found = refused(module, name, {"kubernetesGroups": "viewers"})
    assert found == [Failure("kubernetesGroups", "'kubernetesGroups' must be a list, not a single value")]
    assert refused(module, name, {"kubernetesGroups": UNKNOWN}) == [], "an unknown value has no shape yet"
