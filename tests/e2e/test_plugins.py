"""The sandbox's stand-ins for the provider plug-ins under the real engine, on AWS and in Kubernetes."""

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest
import yaml

from eks_access.kubernetes.client import ApiError, KubernetesApi
from sandbox import Sandbox
from sandbox.plugins.aws import DIFF, TOP_LEVEL
from tests.e2e.plugin_stack import Stack

pytestmark = pytest.mark.e2e

REPLACEMENTS = ("replace", "delete-replaced", "create-replacement")
RBAC = "/apis/rbac.authorization.k8s.io/v1"


NewStack = Callable[..., Stack]


@pytest.fixture
def aws(sandbox: Sandbox, tmp_path: Path) -> NewStack:
    return lambda **case: Stack(sandbox, tmp_path, "aws", **case)


@pytest.fixture
def kubernetes(sandbox: Sandbox, tmp_path: Path) -> NewStack:
    kubeconfig = sandbox.clusters["dev-api"].kubeconfig.read_text()
    return lambda **case: Stack(sandbox, tmp_path, "kubernetes", **{"kubeconfig": kubeconfig, **case})


@pytest.fixture
def api(sandbox: Sandbox) -> KubernetesApi:
    return sandbox.clusters["dev-api"].admin


def edit(api: KubernetesApi, path: str, patch: object, manager: str = "kubectl-edit") -> None:
    """Change an object by hand."""
    query = {"fieldManager": manager}
    api.json("PATCH", path, query=query, body=patch, content_type="application/json-patch+json")


def exists(api: KubernetesApi, path: str) -> bool:
    return api.request("GET", path).status == 200


WIDEN = [{"op": "add", "path": "/rules/0/resources/-", "value": "secrets"}]


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
    stack.up(role_id="second")
    stack.assert_nothing_to_do("--refresh", role_id="second")


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
    assert "description: [secret] => [secret]" in shown
    assert "secret-description" not in shown


def test_secret_inputs_of_aws_resources_are_encrypted_in_the_state(aws: NewStack) -> None:
    stack = aws(secret="a-secret-description")
    output = stack.up()
    assert "a-secret-description" not in output + stack.state()
    assert "a-secret-description" in stack("stack", "export", "--show-secrets", "--stack=test"), (
        "it is in the state, encrypted"
    )


def test_kubernetes_objects_are_created_once_and_destroyed_completely(kubernetes: NewStack, api: KubernetesApi) -> None:
    stack = kubernetes()
    output = stack.up()
    assert "Deployment initialization complete" in output, "progress is reported to the engine"
    app = stack.resource("app")["outputs"]
    assert app["status"]["readyReplicas"] == 2, "the Deployment is ready when the update ends"
    name = stack.resource("automatic")["outputs"]["metadata"]["name"]
    assert name.startswith("automatic-")
    stack.assert_nothing_to_do("--refresh")
    assert stack.resource("automatic")["outputs"]["metadata"]["name"] == name
    stack.destroy()
    for path in (f"/api/v1/namespaces/{stack.name}", f"{RBAC}/clusterroles/{stack.name}"):
        assert not exists(api, path), f"{path} is left behind"


def test_no_kubernetes_secret_is_in_the_state_in_the_clear(kubernetes: NewStack) -> None:
    stack = kubernetes()
    output = stack.up() + stack.up("--refresh") + stack.state()
    for secret in ("a-marked-secret", "an-unmarked-secret", "an-environment-secret", "YS1tYXJrZWQtc2VjcmV0"):
        assert secret not in output
    assert "a-marked-secret" in stack("stack", "export", "--show-secrets", "--stack=test"), (
        "it is in the state, encrypted"
    )


def test_a_widened_role_and_a_deleted_binding_are_found_and_repaired(kubernetes: NewStack, api: KubernetesApi) -> None:
    stack = kubernetes()
    stack.up()
    role, binding = f"{RBAC}/clusterroles/{stack.name}", f"{RBAC}/clusterrolebindings/{stack.name}"
    edit(api, role, WIDEN)
    api.json("DELETE", binding)
    found = stack.steps("--refresh")
    assert found["binding"]["op"] == "create"
    assert list(found["role"]["detailedDiff"]) == ["rules[0].resources[1]"]
    stack.up("--refresh")
    assert api.json("GET", role)["rules"][0]["resources"] == ["pods"]
    assert exists(api, binding)
    stack.assert_nothing_to_do("--refresh")


def test_a_field_that_another_manager_owns_is_a_conflict(kubernetes: NewStack, api: KubernetesApi) -> None:
    stack = kubernetes()
    stack.up()
    role = f"{RBAC}/clusterroles/{stack.name}"
    edit(api, role, WIDEN, manager="someones-controller")
    output = stack.up("--refresh", check=False)
    assert 'conflict with "someones-controller" using rbac.authorization.k8s.io/v1: .rules' in output
    assert api.json("GET", role)["rules"][0]["resources"] == ["pods", "secrets"], "the field was not overwritten"


def test_another_role_reference_replaces_a_binding_of_the_same_name(kubernetes: NewStack, api: KubernetesApi) -> None:
    stack = kubernetes()
    stack.up()
    path = f"{RBAC}/clusterrolebindings/{stack.name}"
    before = api.json("GET", path)["metadata"]["uid"]
    stack.up(role="view")
    after = api.json("GET", path)
    assert after["roleRef"]["name"] == "view"
    assert after["metadata"]["uid"] != before


def test_errors_of_the_api_server_are_shown_verbatim(kubernetes: NewStack, api: KubernetesApi) -> None:
    stack = kubernetes()
    words = "rules[0].verbs: Required value: verbs must contain at least one value"
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": []}]
    assert words in stack("preview", "--stack=test", check=False, rules=rules), (
        "the dry run reports it before anything is applied"
    )
    assert words in stack.up(check=False, rules=rules)
    assert not exists(api, f"{RBAC}/clusterroles/{stack.name}")
    stack.up()  # the valid counterpart


def test_a_property_that_the_sdk_does_not_declare_is_rejected(kubernetes: NewStack) -> None:
    stack = kubernetes()
    output = stack("preview", "--stack=test", check=False, undeclared=True)
    assert "'metadata.lables' is not a property of ObjectMeta; did you mean 'labels'?" in output
    stack("preview", "--stack=test")


def test_a_deployment_that_times_out_fails_with_the_pods_reason(kubernetes: NewStack) -> None:
    stack = kubernetes()
    stack.up()
    output = stack.up(check=False, stuck={"pulumi.com/timeoutSeconds": "3"})
    assert f"'{stack.name}/stuck' timed out waiting to be Ready" in output
    assert "[MinimumReplicasUnavailable] Deployment does not have minimum availability." in output
    assert "didn't match Pod's node affinity/selector" in output, "the scheduler's message"
    assert stack.resource("stuck")["id"] == f"{stack.name}/stuck", "it exists, so it is in the state"
    stack.up(stuck={"pulumi.com/skipAwait": "true"})  # the counterpart without a wait


def test_an_interrupted_wait_ends_soon_and_keeps_the_resource_in_the_state(kubernetes: NewStack) -> None:
    stack = kubernetes()
    stack.up()
    running = stack.start_up(stuck={})
    assert running.stdout is not None
    progress = next(line for line in running.stdout if "Waiting for app ReplicaSet" in line)
    assert "(0/2 Pods available)" in progress
    os.killpg(running.pid, signal.SIGINT)
    output, _ = running.communicate(timeout=60)
    assert running.returncode != 0
    assert "interrupted before the operation was complete" in output, output
    assert stack.resource("stuck")["id"] == f"{stack.name}/stuck"


def test_the_plug_in_exits_when_the_engine_is_killed(kubernetes: NewStack) -> None:
    stack = kubernetes()
    stack.up()
    running = stack.start_up(stuck={})
    assert running.stdout is not None
    assert any("Waiting for app ReplicaSet" in line for line in running.stdout)
    plugins = [p for p in psutil.Process(running.pid).children() if "sandbox.plugins" in " ".join(p.cmdline())]
    assert plugins, "the stand-in is the engine's child"
    running.kill()
    _, alive = psutil.wait_procs(plugins, timeout=30)
    assert not alive, "it detected the end of the engine"
    running.communicate()


def test_an_existing_object_is_imported_and_creating_it_again_is_rejected(
    kubernetes: NewStack, api: KubernetesApi
) -> None:
    stack = kubernetes()
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": stack.name}}
    made = api.json("POST", f"{RBAC}/clusterroles", body={**role, "rules": rules})
    assert f'clusterroles.rbac.authorization.k8s.io "{stack.name}" already exists' in stack.up(check=False)
    assert api.json("GET", f"{RBAC}/clusterroles/{stack.name}") == made, "it is unchanged"
    stack.up(**{"import": True})
    assert stack.resource("role")["outputs"]["metadata"]["uid"] == made["metadata"]["uid"]
    stack.assert_nothing_to_do("--refresh", **{"import": True})
    stack.destroy()
    with pytest.raises(ApiError, match="not found"):
        api.json("GET", f"{RBAC}/clusterroles/{stack.name}")


def test_the_exec_credential_command_of_a_kubeconfig_is_run(kubernetes: NewStack, sandbox: Sandbox) -> None:
    config = yaml.safe_load(sandbox.clusters["dev-api"].kubeconfig.read_text())
    token = config["users"][0]["user"].pop("token")
    answer = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": token},
    }
    command = {"apiVersion": answer["apiVersion"], "command": "echo", "args": [json.dumps(answer)]}
    config["users"][0]["user"]["exec"] = {**command, "interactiveMode": "Never"}
    stack = kubernetes(kubeconfig=yaml.safe_dump(config))
    stack("preview", "--stack=test")
    config["users"][0]["user"]["exec"]["command"] = "no-such-credential-command"
    output = stack("preview", "--stack=test", check=False, kubeconfig=yaml.safe_dump(config))
    assert "cannot run the credential command 'no-such-credential-command'" in output
