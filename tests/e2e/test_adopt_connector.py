"""AWS's page of EKS Connector followed by hand, and then taken over: the cluster stays registered and connected."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from eks_access.connector.objects import NAMESPACE
from sandbox import Sandbox
from tests.e2e.adoption import compare_with_plan, read_steps, run_ups
from tests.e2e.connector_page import CORE, GRANTS, STATEFUL_SET, VIEWER, Connected, follow_connector
from tests.e2e.program import SECONDS, Program

pytestmark = pytest.mark.e2e

CLUSTER, NAME, INTEGRATION = "dev-both", "byhand", "connected"
KUBECONFIG_FILE = f"$EKS_ACCESS_SANDBOX/clusters/{CLUSTER}/kubeconfig.yaml"
CLUSTERS = f"{{onprem: {{name: {NAME}, provider: RANCHER, kubeconfig_file: {KUBECONFIG_FILE}}}}}"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox.start(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


def adopt(program: Program, made: Connected, *options: str, clusters: str = CLUSTERS) -> Any:
    command = ["eks-access", "adopt", "--stack", program.stack, "--role", made.role_arn, INTEGRATION]
    given = ["--set", f"clusters={clusters}"] if clusters else []
    return program.sandbox.run([*command, *given, *options], cwd=program.folder, timeout=SECONDS)


def test_a_cluster_connected_by_hand_is_taken_over_and_stays_registered_and_connected(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    made = follow_connector(sandbox, CLUSTER, NAME)
    before = made.identify()
    program = Program(sandbox, tmp_path, "connected", {"eks-access:integrations": {}})
    try:
        refuse_what_cannot_be_taken_over(program, made)
        planned = adopt(program, made, "--write")
        assert planned.returncode == 0, planned.stdout + planned.stderr
        assert made.identify() == before, "planning changes nothing"
        declared = yaml.safe_load((tmp_path / "Pulumi.connected.yaml").read_text())["config"]
        assert declared["eks-access:integrations"][INTEGRATION]["viewers"] == {"platform": {"arn": VIEWER}}
        plan = (tmp_path / f"adopt-{INTEGRATION}/plan.md").read_text()
        assert made.code not in plan + planned.stdout + planned.stderr, "the activation code is shown nowhere"
        run_import(program)
        assert made.identify() == before, "an import writes the state alone"
        steps = read_steps(program)
        assert not {"replace", "create-replacement", "delete-replaced"} & set(steps.values()), steps
        compare_with_plan(plan, steps)
        again = adopt(program, made, clusters="")
        assert again.returncode == 0, again.stdout + again.stderr
        assert "There is nothing to import." in again.stdout
        act_by_impersonation(program)
        run_ups(program, plan)
        assert made.identify() == before, "nothing is recreated, and the activation is the same"
        assert_is_as_declared(made)
        program.up("--expect-no-changes")
        program.up("--refresh", "--expect-no-changes")
        probed = program.probe()
        assert probed.mismatches() == [], probed.table
    finally:
        program.destroy()
    assert_nothing_left(made)


def refuse_what_cannot_be_taken_over(program: Program, made: Connected) -> None:
    missing = adopt(program, made, clusters="")
    assert missing.returncode == 1, missing.stdout + missing.stderr
    assert "clusters: how to reach" in missing.stderr
    assert NAME in missing.stderr, "the registered clusters are named"
    other = adopt(program, made, clusters=CLUSTERS.replace("RANCHER", "GKE"))
    assert other.returncode != 0
    assert "registered with the provider RANCHER, which cannot be changed" in other.stdout + other.stderr
    unreachable = program.folder / "unreachable.yaml"
    text = made.sandbox.state.kubeconfig(CLUSTER).read_text()
    server = yaml.safe_load(text)["clusters"][0]["cluster"]["server"]
    unreachable.write_text(text.replace(server, "https://127.0.0.1:9"))
    failed = adopt(program, made, clusters=CLUSTERS.replace(KUBECONFIG_FILE, str(unreachable)))
    assert failed.returncode == 3, failed.stdout + failed.stderr
    assert "Could not be determined" in failed.stdout


def run_import(program: Program) -> None:
    folder = program.folder / f"adopt-{INTEGRATION}"
    options = ("--yes", "--protect=false", "--generate-code=false", "--stack", program.stack)
    env = {"KUBECONFIG": str(folder / "kubeconfig.yaml")}
    program.pulumi("import", "--file", str(folder / "import.json"), *options, env=env)


def assert_is_as_declared(made: Connected) -> None:
    assert made.can_impersonate()
    assert made.can_list_pods()
    bindings = [each["metadata"]["name"] for each in made.api.json("GET", f"{GRANTS}/clusterrolebindings")["items"]]
    assert "eks-connector-console-dashboard-full-access-clusterrole-binding" not in bindings
    roles = f"{GRANTS}/namespaces/{NAMESPACE}/roles"
    assert made.api.request("GET", f"{roles}/eks-connector-secret-access").status == 404
    template = made.api.json("GET", STATEFUL_SET)["spec"]["template"]["spec"]
    assert made.activation_id in json.dumps(template["initContainers"])


def act_by_impersonation(program: Program) -> None:
    """Let the probe act as the connector, which impersonates its viewers."""
    kubeconfigs = {"onprem": str(program.sandbox.state.kubeconfig(CLUSTER))}
    program.set_identities({INTEGRATION: {"operator": {"profile": "deployer", "kubeconfigs": kubeconfigs}}})


def assert_nothing_left(made: Connected) -> None:
    assert NAME not in made.sandbox.boto("eks").list_clusters(include=["all"])["clusters"]
    assert made.api.request("GET", CORE).status == 404
    for kind in ("clusterroles", "clusterrolebindings"):
        names = [each["metadata"]["name"] for each in made.api.json("GET", f"{GRANTS}/{kind}")["items"]]
        assert not [name for name in names if name.startswith(("eks-connector", INTEGRATION))]
    roles = [role["RoleName"] for role in made.sandbox.boto("iam").list_roles()["Roles"]]
    assert made.role_arn.rpartition("/")[2] not in roles
