"""EKS Connector under the real engine: the life cycle of registrations, and a whole connected cluster."""

import base64
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from eks_access.connector.objects import NAMESPACE
from eks_access.kubernetes.client import KubernetesApi
from sandbox import Sandbox
from tests.e2e.program import Program

pytestmark = pytest.mark.e2e

CHECKOUT = Path(__file__).parents[2]
ROLE = "connector-test-agent"
SECONDS = 300
RBAC = "/apis/rbac.authorization.k8s.io/v1"


class Stack:
    """The program of this test in a folder and a stack of its own."""

    def __init__(self, sandbox: Sandbox, folder: Path, role: str) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.config: dict[str, Any] = {"role": role, "endpoint": sandbox.endpoint, "names": '["conn-one"]'}
        options = {"virtualenv": str(Path(sys.executable).parents[1])}
        project = {
            "name": "connector",
            "main": str(CHECKOUT / "tests/e2e/connector_program"),
            "runtime": {"name": "python", "options": options},
            "plugins": {"providers": [{"name": "eks-access", "path": str(CHECKOUT / "components")}]},
        }
        (folder / "Pulumi.yaml").write_text(yaml.safe_dump(project))
        self.pulumi("stack", "init", folder.name)

    def pulumi(self, *arguments: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        path = self.folder / f"Pulumi.{self.folder.name}.yaml"
        noted = yaml.safe_load(path.read_text()) if path.exists() else {}
        config = {f"connector:{key}": value for key, value in self.config.items()}
        path.write_text(yaml.safe_dump({**noted, "config": config}))
        done = self.sandbox.run(
            ["pulumi", "--non-interactive", "--color=never", *arguments],
            cwd=self.folder,
            timeout=SECONDS,
            env={"PYTHONPATH": str(CHECKOUT / "components")},
        )
        assert done.returncode == 0 or not check, f"pulumi {' '.join(arguments)}:\n{done.stdout}\n{done.stderr}"
        return done

    def up(self, *options: str, check: bool = True) -> str:
        done = self.pulumi("up", "--yes", "--skip-preview", *options, check=check)
        assert (done.returncode == 0) is check, done.stdout
        return done.stdout + done.stderr

    def preview(self, *options: str, check: bool = True) -> str:
        done = self.pulumi("preview", "--diff", *options, check=check)
        assert (done.returncode == 0) is check, done.stdout
        return done.stdout + done.stderr

    def destroy(self) -> None:
        self.pulumi("destroy", "--yes", "--skip-preview")

    def outputs(self, *options: str) -> dict[str, Any]:
        """The outputs of the first registration in the state."""
        exported = json.loads(self.pulumi("stack", "export", *options).stdout)
        kind = "eks-access:index:ConnectorRegistration"
        outputs: dict[str, Any] = next(r for r in exported["deployment"]["resources"] if r["type"] == kind)["outputs"]
        return outputs

    def code(self) -> str:
        return str(json.loads(self.outputs("--show-secrets")["activationCode"]["plaintext"]))


@pytest.fixture
def stack(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    iam, eks = sandbox.boto("iam"), sandbox.boto("eks")
    statement = {"Effect": "Allow", "Principal": {"Service": "ssm.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    role = iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    created = Stack(sandbox, tmp_path_factory.mktemp("connector"), role)
    yield created
    created.destroy()
    assert not [name for name in registered(eks) if name.startswith("conn-")], "destroying deregisters"
    iam.delete_role(RoleName=ROLE)


def registered(eks: Any) -> list[str]:
    names: list[str] = eks.list_clusters(include=["all"])["clusters"]
    return names


def test_a_registration_keeps_its_activation_code_through_refresh_connection_and_tag_changes(
    sandbox: Sandbox, stack: Stack
) -> None:
    eks = sandbox.boto("eks")
    stack.preview()
    assert "conn-one" not in registered(eks), "a preview registers nothing"
    stack.up()
    assert "conn-one" in registered(eks)
    assert "conn-one" not in eks.list_clusters()["clusters"], "it is not an EKS cluster"
    code, activation = stack.code(), stack.outputs()["activationId"]
    assert code not in stack.pulumi("stack", "export").stdout, "encrypted in the state"
    assert "unchanged" in stack.up("--expect-no-changes")

    sandbox.eks_connector(activate={"activationId": activation, "activationCode": code})
    stack.up("--refresh", "--expect-no-changes")
    assert stack.outputs()["status"] == "ACTIVE"
    assert stack.code() == code, "EKS returns it only at the registration"

    stack.config["tags"] = '{"team": "platform"}'
    stack.up()
    assert eks.describe_cluster(name="conn-one")["cluster"]["tags"] == {"team": "platform"}
    eks.untag_resource(resourceArn=stack.outputs()["arn"], tagKeys=["team"])
    assert "tags" in stack.preview("--refresh"), "drift is shown"
    stack.up("--refresh")
    assert eks.describe_cluster(name="conn-one")["cluster"]["tags"] == {"team": "platform"}, "and repaired"
    assert (stack.code(), stack.outputs()["activationId"]) == (code, activation)


def test_an_activation_that_expired_unused_is_replaced_without_a_refresh(sandbox: Sandbox, stack: Stack) -> None:
    sandbox.eks_connector(activationSeconds=0.5)
    try:
        stack.up()
    finally:
        sandbox.eks_connector(activationSeconds=3 * 24 * 3600)
    before, code = stack.outputs(), stack.code()
    wait_until_past(before["activationExpiry"])
    assert "replace" in stack.up()
    after = stack.outputs()
    assert after["activationId"] != before["activationId"]
    assert stack.code() != code
    sandbox.eks_connector(activate={"activationId": after["activationId"], "activationCode": stack.code()})
    stack.up("--expect-no-changes")


def wait_until_past(moment: str) -> None:
    deadline = time.monotonic() + 30
    while datetime.now(UTC) <= datetime.fromisoformat(moment):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_role_propagation_is_retried_and_a_registration_deleted_outside_is_recreated(
    sandbox: Sandbox, stack: Stack
) -> None:
    sandbox.eks_connector(propagationDelays=2)
    assert "does not see the connector's roles yet" in stack.up()
    assert sandbox.eks_connector()["propagationDelays"] == 0, "it was retried after both delays"
    before = stack.code()
    sandbox.boto("eks").deregister_cluster(name="conn-one")
    stack.up("--refresh")
    assert stack.code() != before
    sandbox.boto("eks").deregister_cluster(name="conn-one")
    # The fixture destroys the stack: a registration that is gone already is no error.


def test_an_active_registration_is_imported_without_an_activation_code(sandbox: Sandbox, stack: Stack) -> None:
    eks = sandbox.boto("eks")
    config = {"roleArn": stack.config["role"], "provider": "OTHER"}
    answer = eks.register_cluster(name="conn-one", connectorConfig=config)["cluster"]["connectorConfig"]
    sandbox.eks_connector(activate={name: answer[name] for name in ("activationId", "activationCode")})
    assert "Import it with the id 'us-east-1/conn-one'" in stack.preview(check=False), (
        "the error shows how to import it"
    )
    stack.config["import"] = "us-east-1/conn-one"
    assert "1 imported" in stack.up()
    del stack.config["import"]
    stack.up("--expect-no-changes")
    outputs = stack.outputs()
    assert outputs["activationId"] == answer["activationId"]
    assert not outputs.get("activationCode")


def test_the_eleventh_connected_cluster_of_a_region_is_rejected_before_aws_is_called(
    sandbox: Sandbox, stack: Stack
) -> None:
    existing = len(registered(sandbox.boto("eks"))) - len(sandbox.boto("eks").list_clusters()["clusters"])
    names = [f"conn-{index}" for index in range(10 - existing)]
    stack.config["names"] = json.dumps(names)
    stack.up()
    stack.config["names"] = json.dumps([*names, "conn-last"])
    output = stack.preview(check=False)
    assert "is the number of connected clusters that region us-east-1 may have, and it has 10" in output
    assert "ResourceLimitExceeded" not in output, "AWS was not called"
    assert "Traceback" not in output


@pytest.fixture
def cluster(sandbox: Sandbox) -> KubernetesApi:
    return sandbox.clusters["dev-both"].admin


VIEWER = "arn:aws:iam::111122223333:role/Viewer"


def configuration(**changes: Any) -> dict[str, Any]:
    onprem = {
        "name": "conn-whole",
        "provider": "RANCHER",
        "kubeconfig_file": "$EKS_ACCESS_SANDBOX/clusters/dev-both/kubeconfig.yaml",
    }
    declared = {"vendor": "eks-connector", "clusters": {"onprem": onprem}, **changes}
    return {"eks-access:integrations": {"conn-whole": declared}}


def connect(sandbox: Sandbox, cluster: KubernetesApi) -> None:
    """Connect as the agent does, with only what its pod is given."""
    secret = cluster.json("GET", f"/api/v1/namespaces/{NAMESPACE}/secrets/eks-connector-activation-config")
    pod = cluster.json("GET", f"/api/v1/namespaces/{NAMESPACE}/pods/eks-connector-0")
    (init,) = pod["spec"]["initContainers"]
    (activation,) = (each["value"] for each in init["env"] if each["name"] == "EKS_ACTIVATION_ID")
    code = base64.b64decode(secret["data"]["code"]).decode()
    assert code not in json.dumps(pod), "the code is in the Secret only"
    sandbox.eks_connector(activate={"activationId": activation, "activationCode": code})


def impersonation(cluster: KubernetesApi) -> dict[str, Any] | None:
    found = cluster.request("GET", f"{RBAC}/clusterroles/eks-connector-service")
    return None if found.status == 404 else json.loads(found.body)


def test_a_connected_cluster_recovers_from_an_expired_activation_and_is_deregistered_completely(
    sandbox: Sandbox, cluster: KubernetesApi, tmp_path: Path
) -> None:
    eks = sandbox.boto("eks")
    program = Program(sandbox, tmp_path, "connected", configuration())
    program.up()
    assert impersonation(cluster) is None, "without viewers no user may be impersonated"
    sandbox.eks_connector(expire="conn-whole")
    with pytest.raises(ValueError, match="InvalidActivation"):
        connect(sandbox, cluster)
    program.up("--refresh")
    connect(sandbox, cluster)  # with a new activation, which reached the pods
    assert eks.describe_cluster(name="conn-whole")["cluster"]["status"] == "ACTIVE"

    program.configure(configuration(viewers={"one": {"arn": VIEWER}}))
    program.up()
    (rule,) = (impersonation(cluster) or {})["rules"]
    assert (rule["verbs"], rule["resourceNames"]) == (["impersonate"], [VIEWER])
    program.preview("--refresh", "--expect-no-changes")

    program.configure(configuration())
    program.up()
    assert impersonation(cluster) is None, "removing the last viewer removes the right"

    program.destroy()
    assert "conn-whole" not in registered(eks)
    assert cluster.request("GET", f"/api/v1/namespaces/{NAMESPACE}").status == 404
    assert impersonation(cluster) is None
    roles = [role["RoleName"] for role in sandbox.boto("iam").list_roles()["Roles"]]
    assert "eks-access-conn-whole" not in roles
    assert any("eks-connector" in role.lower() for role in roles), (
        "the service-linked role belongs to the account, and is kept"
    )


def test_a_connected_cluster_that_is_gone_is_given_up_only_where_the_user_says_so(
    sandbox: Sandbox, cluster: KubernetesApi, tmp_path: Path
) -> None:
    """Its registration in AWS is deleted; what is in the cluster is removed from the state, the workloads included."""
    kubeconfig = tmp_path / "kubeconfig.yaml"
    kubeconfig.write_text(sandbox.state.kubeconfig("dev-both").read_text())
    declared = configuration(viewers={"one": {"arn": VIEWER}})
    declared["eks-access:integrations"]["conn-whole"]["clusters"]["onprem"]["kubeconfig_file"] = str(kubeconfig)
    program = Program(sandbox, tmp_path, "gone", declared)
    program.up()
    server = yaml.safe_load(kubeconfig.read_text())["clusters"][0]["cluster"]["server"]
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        gone = f"https://127.0.0.1:{closed.getsockname()[1]}"
    exported = program.pulumi("stack", "export", "--show-secrets", "--stack", "gone").stdout
    (tmp_path / "state.json").write_text(exported.replace(server, gone))
    program.pulumi("stack", "import", "--file", str(tmp_path / "state.json"), "--stack", "gone")
    kubeconfig.write_text(kubeconfig.read_text().replace(server, gone))
    try:
        refused = program.pulumi("destroy", "--yes", "--skip-preview", "--stack", "gone", check=False)
        assert refused.returncode != 0, "an outage is not taken for a cluster that is gone"
        # The workloads come first: they are the official plugin's, which names the variable in words of its own.
        assert "PULUMI_K8S_DELETE_UNREACHABLE" in refused.stdout + refused.stderr
        program.env["PULUMI_K8S_DELETE_UNREACHABLE"] = "true"
        assert "removed from the state" in program.destroy()
        assert json.loads(program.pulumi("stack", "export", "--stack", "gone").stdout)["deployment"].get(
            "resources", []
        ) in ([], None), "nothing is left in the state"
        assert "conn-whole" not in registered(sandbox.boto("eks"))
        assert cluster.request("GET", f"/api/v1/namespaces/{NAMESPACE}").status == 200, "not touched"
    finally:
        cluster.request("DELETE", f"/api/v1/namespaces/{NAMESPACE}")
        for kind in ("clusterroles", "clusterrolebindings"):
            for found in cluster.json("GET", f"{RBAC}/{kind}")["items"]:
                if found["metadata"]["name"].startswith(("eks-connector", "conn-whole")):
                    cluster.request("DELETE", f"{RBAC}/{kind}/{found['metadata']['name']}")
