from pathlib import Path
from typing import Any

import pulumi
import pytest

from eks_access import CustomIntegration
from eks_access.stack.configuration import parse_environment
from tests.support.custom_definitions import ARGUMENTS, EXAMPLE
from tests.support.recording_engine import ACCESS_ENTRY, CLUSTER_ROLE, ROLE, ROLES, run


def arguments(**changes: Any) -> Any:
    return {"definition": str(EXAMPLE), "arguments": ARGUMENTS, "clusters": {"api": {"name": "prod-api"}}, **changes}


@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
def test_a_definition_creates_the_same_kinds_of_resources_as_a_built_in_vendor(preview: bool) -> None:
    engine = run(lambda: CustomIntegration("cq", arguments()).role_arn, preview=preview)
    assert engine.of(ROLE)["cq"]["name"] == "eks-access-cq"
    assert engine.of(ACCESS_ENTRY)["cq-api"]["kubernetesGroups"] == ["cq:readers"]
    assert engine.of(CLUSTER_ROLE)["cq-api-sync"]["metadata"]["labels"] == {
        "app.kubernetes.io/managed-by": "eks-access",
        "app.kubernetes.io/part-of": "cloudquery",
        "app.kubernetes.io/instance": "cq",
    }


def test_arguments_may_be_outputs_and_a_secret_one_stays_secret() -> None:
    given = {**ARGUMENTS, "external_id": pulumi.Output.secret("0f8fad5b")}
    seen: dict[str, bool] = {}

    def program() -> Any:
        component = CustomIntegration("cq", arguments(arguments=given))

        async def look() -> None:
            trust = component.manifest["trust"]
            seen["external id"] = await pulumi.Output.from_input(trust["externalId"]).is_secret()
            seen["principals"] = await pulumi.Output.from_input(trust["principals"]).is_secret()

        return pulumi.Output.from_input(look())

    engine = run(program)
    assert "0f8fad5b" in str(engine.of(ROLE)["cq"]["assumeRolePolicy"])
    assert seen == {"external id": True, "principals": False}


def test_an_error_in_the_file_ends_the_program_with_its_location(tmp_path: Path) -> None:
    faulty = tmp_path / "faulty.yaml"
    faulty.write_text(EXAMPLE.read_text().replace("vendor: cloudquery", "vendr: cloudquery"))
    with pytest.raises(pulumi.RunError, match=r"CustomIntegration 'cq': .*faulty.yaml:\d+: vendr is not a known"):
        run(lambda: CustomIntegration("cq", arguments(definition=str(faulty))).role_arn)


def test_an_environment_declares_it_as_vendor_custom() -> None:
    declared = {"vendor": "custom", "definition": "examples/custom/cloudquery.yaml", "arguments": ARGUMENTS}
    config = {
        "aws": {"account": "111122223333", "region": "us-east-1"},
        "clusters": {"api": {"name": "prod"}},
        "integrations": {"cloudquery": declared},
    }
    (found,) = parse_environment(config, pulumi.Output.secret).integrations
    assert (found.vendor.key, found.arguments["arguments"]) == ("custom", ARGUMENTS)


def test_policies_of_aws_are_attached_to_the_role_in_the_partition_that_it_is_in() -> None:
    given = {"definition": str(EXAMPLE.with_name("datadog.yaml")), "arguments": {"external_id": "0a1b2c3d"}}
    vendor = run(lambda: CustomIntegration("dd", arguments(**given, profile="vendor")).role_arn)
    (attachment,) = vendor.of("aws:iam/rolePolicyAttachment:RolePolicyAttachment").values()
    assert attachment["policyArn"] == "arn:aws:iam::aws:policy/SecurityAudit"
    assert attachment["role"] == "DatadogIntegrationRole-dd"
    least = run(lambda: CustomIntegration("dd", arguments(**given)).role_arn)
    assert not least.of("aws:iam/rolePolicyAttachment:RolePolicyAttachment")


def test_the_owner_of_an_existing_role_learns_which_policies_of_aws_it_needs() -> None:
    given = {
        "definition": str(EXAMPLE.with_name("datadog.yaml")),
        "arguments": {"external_id": "0a1b2c3d"},
        "profile": "vendor",
        "existing_role_arn": ROLES["shared"],
    }
    seen: list[str] = []

    def program() -> Any:
        component = CustomIntegration("dd", arguments(**given))
        return component.access.apply(lambda access: seen.extend(access["handoff"]["steps"]))

    assert not run(program).of("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
    assert any("policies of AWS attached: arn:aws:iam::aws:policy/SecurityAudit" in step for step in seen)
