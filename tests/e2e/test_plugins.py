"""The sandbox's provider plugins under the real engine: the stand-in for AWS, and the official one for Kubernetes."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from sandbox import Sandbox
from sandbox.plugins.aws import DIFF, TOP_LEVEL
from sandbox.supervisor import REAP_SECONDS
from tests.e2e.plugin_stack import Stack

pytestmark = pytest.mark.e2e

REPLACEMENTS = ("replace", "delete-replaced", "create-replacement")


NewStack = Callable[..., Stack]


@pytest.fixture
def aws(sandbox: Sandbox, tmp_path: Path) -> NewStack:
    return lambda **case: Stack(sandbox, tmp_path, "aws", **case)


@pytest.fixture
def kubernetes(sandbox: Sandbox, tmp_path: Path) -> NewStack:
    kubeconfig = sandbox.clusters["dev-api"].kubeconfig.read_text()
    return lambda **case: Stack(sandbox, tmp_path, "kubernetes", **{"kubeconfig": kubeconfig, **case})


def test_aws_resources_are_created_once_and_destroyed_completely(aws: NewStack, sandbox: Sandbox) -> None:
    stack = aws()
    planned = stack.steps()
    assert {s["op"] for s in planned.values()} == {"create"}
    assert planned["entry"]["newState"]["inputs"]["principalArn"] != "", "an unknown ARN is not an empty one"
    stack.up()
    assert stack.outputs() | {"username": ""} == {
        "mode": "API_AND_CONFIG_MAP",
        "account": "111122223333",
        "username": "",
    }
    state = stack.resource("role")["outputs"]
    assert state["tagsAll"] == {"team": "platform", "owner": "security"}, "the provider's own tags are added"
    assert state["uniqueId"].startswith("AROA")
    assert stack.resource("entry")["outputs"]["tags"] == {"eks-access:role-id": state["uniqueId"]}
    stack.assert_nothing_to_do("--refresh")
    stack.assert_nothing_to_do(indent=4, namespaces=["payments", "web"])
    stack.destroy()
    roles = [r["RoleName"] for r in sandbox.boto("iam").list_roles()["Roles"]]
    assert stack.name not in roles
    entries = sandbox.boto("eks").list_access_entries(clusterName="dev-api")["accessEntries"]
    assert not [arn for arn in entries if stack.name in arn]


def test_drift_in_aws_is_found_and_repaired(aws: NewStack, sandbox: Sandbox) -> None:
    stack = aws()
    stack.up()
    arn = stack.resource("role")["outputs"]["arn"]
    everyone = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}}
    iam, eks = sandbox.boto("iam"), sandbox.boto("eks")
    iam.update_assume_role_policy(RoleName=stack.name, PolicyDocument=json.dumps(everyone))
    iam.tag_role(RoleName=stack.name, Tags=[{"Key": "by", "Value": "hand"}])
    eks.update_access_entry(clusterName="dev-api", principalArn=arn, kubernetesGroups=["viewers", "admins"])
    found = stack.steps("--refresh")
    assert {name: sorted(step["detailedDiff"]) for name, step in found.items()} == {
        "role": ["assumeRolePolicy", "tags.by"],
        "entry": ["kubernetesGroups[1]"],
    }
    stack.up("--refresh")
    stack.assert_nothing_to_do("--refresh")
    assert eks.describe_access_entry(clusterName="dev-api", principalArn=arn)["accessEntry"]["kubernetesGroups"] == [
        "viewers"
    ]
    eks.delete_access_entry(clusterName="dev-api", principalArn=arn)
    assert {name: s["op"] for name, s in stack.steps("--refresh").items()}["entry"] == "create"
    stack.up("--refresh")
    stack.assert_nothing_to_do("--refresh")


TAG = 'tags["eks-access:role-id"]'


def test_replace_on_changes_applies_to_the_given_tag_and_no_other(aws: NewStack) -> None:
    stack = aws(role_id="first", replace_on_changes=[TAG])
    stack.up()
    planned = stack.steps(role_id="second")["entry"]
    assert planned["op"] in REPLACEMENTS, planned["op"]
    assert list(planned["detailedDiff"]) == [TAG]
    before = stack.resource("entry")["outputs"]["createdAt"]
    time.sleep(1.1)  # the service's clock shows whole seconds
    stack.up(role_id="second")
    assert stack.resource("entry")["outputs"]["createdAt"] != before, "the entry was replaced"
    assert stack.steps(role_id="second", tags={"x": "y"})["role"]["op"] == "update", "any other tag is updated in place"


def test_without_detailed_differences_replace_on_changes_of_a_tag_replaces_nothing(aws: NewStack) -> None:
    stack = aws(role_id="first", replace_on_changes=[TAG])
    stack.env[DIFF] = TOP_LEVEL
    stack.up()
    planned = stack.steps(role_id="second")["entry"]
    assert (planned["op"], planned.get("detailedDiff"), planned["diffReasons"]) == ("update", None, ["tags"])
    before = stack.resource("entry")["outputs"]["createdAt"]
    time.sleep(1.1)  # the service's clock shows whole seconds
    stack.up(role_id="second")
    assert stack.resource("entry")["outputs"]["createdAt"] == before


@pytest.mark.parametrize("diff", ["detailed", TOP_LEVEL])
def test_a_trigger_replaces_an_entry_with_its_associations_whatever_the_plugin_reports(
    aws: NewStack, sandbox: Sandbox, diff: str
) -> None:
    stack = aws(trigger="first")
    stack.env[DIFF] = diff
    stack.up()
    assert "entry" not in stack.steps(trigger="first", tags={"x": "y"}), "an update of the role is no other role"
    planned = stack.steps(trigger="second")
    assert {name for name, step in planned.items() if step["op"] in REPLACEMENTS} == {"entry", "association"}
    before = stack.resource("entry")["outputs"]["createdAt"]
    time.sleep(1.1)
    stack.up(trigger="second")
    entry = stack.resource("entry")["outputs"]
    assert entry["createdAt"] != before
    key = {"clusterName": "dev-api", "principalArn": entry["principalArn"]}
    associated = sandbox.boto("eks").list_associated_access_policies(**key)["associatedAccessPolicies"]
    assert [each["policyArn"].rpartition("/")[2] for each in associated] == ["AmazonEKSViewPolicy"], (
        "EKS deletes associations with their entry"
    )
    stack.assert_nothing_to_do("--refresh", trigger="second")


def test_the_first_trigger_of_an_entry_is_recorded_and_replaces_nothing(aws: NewStack) -> None:
    stack = aws()
    stack.up()
    before = stack.resource("entry")["outputs"]["createdAt"]
    assert stack.steps(trigger="first") == {}
    stack.up(trigger="first")
    entry = stack.resource("entry")
    assert (entry["outputs"]["createdAt"], entry["replacementTrigger"]) == (before, "first")
    assert stack.steps(trigger="second")["entry"]["op"] in REPLACEMENTS, "the next one does"


@pytest.mark.parametrize("diff", ["detailed", TOP_LEVEL])
def test_a_changed_path_replaces_a_role_and_its_dependents(aws: NewStack, diff: str) -> None:
    stack = aws()
    stack.env[DIFF] = diff
    stack.up()
    first = stack.resource("role")["outputs"]["uniqueId"]
    stack.up(path="/vendors/")
    role, entry = stack.resource("role")["outputs"], stack.resource("entry")["outputs"]
    assert role["arn"].endswith(f"role/vendors/{stack.name}")
    assert role["uniqueId"] != first
    assert entry["principalArn"] == role["arn"]
    stack.assert_nothing_to_do("--refresh", path="/vendors/")


def test_existing_aws_resources_are_imported(aws: NewStack, sandbox: Sandbox) -> None:
    stack = aws()
    trust = {
        "Statement": [
            {"Effect": "Allow", "Action": ["sts:AssumeRole"], "Principal": {"AWS": "arn:aws:iam::444455556666:root"}}
        ],
        "Version": "2012-10-17",
    }
    tags = [{"Key": "team", "Value": "platform"}, {"Key": "owner", "Value": "security"}]
    iam, eks = sandbox.boto("iam"), sandbox.boto("eks")
    role = iam.create_role(RoleName=stack.name, AssumeRolePolicyDocument=json.dumps(trust), Tags=tags)["Role"]
    eks.create_access_entry(
        clusterName="dev-api",
        principalArn=role["Arn"],
        kubernetesGroups=["viewers"],
        tags={"eks-access:role-id": role["RoleId"], "owner": "security"},
    )
    case = {"import": True}
    assert {name: s["op"] for name, s in stack.steps(**case).items() if name in ("role", "entry")} == {
        "role": "import",
        "entry": "import",
    }
    stack.up(**case)
    assert stack.resource("role")["outputs"]["uniqueId"] == role["RoleId"], "it is the existing role"
    stack.assert_nothing_to_do("--refresh", **case)
    stack.destroy()


def test_errors_of_eks_are_shown_verbatim(aws: NewStack) -> None:
    stack = aws()
    output = stack.up(check=False, groups=["system:masters"])
    assert "creating EKS Access Entry (dev-api:arn:aws:iam::111122223333:role/" in output
    assert "operation error EKS: CreateAccessEntry" in output
    assert "InvalidParameterException: The kubernetes group name system:masters is invalid" in output
    output = stack.up(check=False, cluster="dev-configmap")
    assert "InvalidRequestException: The cluster's authentication mode must be set to one of" in output
    stack.up()  # the valid counterpart


def test_accounts_that_are_not_allowed_are_rejected(aws: NewStack) -> None:
    stack = aws()
    assert "AWS account ID not allowed: 111122223333" in stack.up(check=False, account="999999999999")
    stack.up()


@pytest.mark.parametrize("diff", ["detailed", TOP_LEVEL])
def test_a_preview_hides_secrets_that_change(aws: NewStack, diff: str) -> None:
    stack = aws(secret="a-secret-description")
    stack.env[DIFF] = diff
    stack.up()
    shown = stack("preview", "--diff", "--stack=test", secret="another-secret-description")
    # With details the engine shows both values, without them the new one.
    assert re.search(r"description *: \[secret\]", shown)
    assert "secret-description" not in shown


def test_secret_inputs_of_aws_resources_are_encrypted_in_the_state(aws: NewStack) -> None:
    stack = aws(secret="a-secret-description")
    output = stack.up()
    assert "a-secret-description" not in output + stack.state()
    assert "a-secret-description" in stack("stack", "export", "--show-secrets", "--stack=test"), (
        "it is in the state, encrypted"
    )


def test_the_official_plugin_is_used_without_a_warning(kubernetes: NewStack) -> None:
    stack = kubernetes()
    output = stack.up()
    assert "warning" not in output, "its version fits its SDK, and it is not taken from the PATH"
    assert "ownloading" not in output, "it is there"
    assert stack.resource("namespace")["outputs"]["metadata"]["uid"]
    stack.assert_nothing_to_do("--refresh")
    stack.destroy()


def test_plugins_that_a_killed_engine_left_behind_are_ended(kubernetes: NewStack, sandbox: Sandbox) -> None:
    stack = kubernetes()
    running = stack.start_up(stuck=True)
    assert running.stdout is not None
    assert any("Waiting for app ReplicaSet" in line for line in running.stdout)
    plugins = [p for p in psutil.Process(running.pid).children() if p.name().startswith("pulumi-resource-kub")]
    assert plugins, "the plugin is the engine's child"
    running.kill()
    running.wait()
    _, alive = psutil.wait_procs(plugins, timeout=2 * REAP_SECONDS)
    assert not alive
    running.communicate()
