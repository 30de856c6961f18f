"""A custom integration from its YAML file: deployed, probed, handed off, explained and destroyed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from sandbox import Sandbox
from tests.e2e.aws_recorder import record
from tests.e2e.principals import Role, eventually, who
from tests.e2e.program import CHECKOUT, SECONDS, Program

pytestmark = pytest.mark.e2e

PRINCIPAL = "arn:aws:iam::765656841499:role/ConductorOneService"
"""A role of another account in place of CloudQuery's, because the sandbox can impersonate it."""
ARGUMENTS = {"principal_arn": PRINCIPAL, "external_id": "0f8fad5b-d9cb-469f-a165-70867728950e"}


@pytest.fixture(scope="module")
def program(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    folder = tmp_path_factory.mktemp("custom")
    example = CHECKOUT / "examples/custom/cloudquery.yaml"
    (folder / "cloudquery.yaml").write_text(example.read_text())
    program = with_identities(Program(sandbox, folder, "custom", {"eks-access:integrations": integrations(folder)}))
    program.up()
    yield program
    program.destroy()


def with_identities(program: Program) -> Program:
    """The program, whose probe impersonates the integration."""
    program.set_identities({"cloudquery": {"profile": "conductorone"}})
    return program


def run_eks_access(program: Program, *command: str) -> str:
    """The output of an eks-access command for the program's stack."""
    done = program.sandbox.run(
        ["eks-access", *command, "--stack", program.stack], cwd=program.folder, timeout=SECONDS, env=program.env
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def integrations(folder: Path) -> dict[str, dict[str, object]]:
    """Profile `least` in every cluster; profile `vendor`, which needs access entries, in those that support them."""
    declared: dict[str, object] = {
        "vendor": "custom",
        "definition": str(folder / "cloudquery.yaml"),
        "arguments": ARGUMENTS,
    }
    return {"cloudquery": declared, "cloudquery-page": {**declared, "profile": "vendor", "clusters": ["api", "both"]}}


def test_every_expectation_of_the_file_holds_in_both_profiles(program: Program) -> None:
    probed = program.probe()
    assert probed.mismatches() == []
    assert probed.exit_code == 0
    for name in ("cloudquery", "cloudquery-page"):
        mine = [check for check in probed.report["checks"] if check["integration"] == name]
        assert {check["plane"] for check in mine} == {"trust", "aws", "kubernetes"}
        assert {check["expected"] for check in mine} == {"allowed", "denied"}


def test_a_second_up_changes_nothing(program: Program) -> None:
    assert "unchanged" in program.up("--expect-no-changes")


def test_handoff_and_explain_treat_it_like_a_built_in_integration(program: Program) -> None:
    handed = json.loads(run_eks_access(program, "handoff", "cloudquery", "--format", "json"))["integrations"][
        "cloudquery"
    ]
    values = {field["label"]: field["value"] for field in handed["fields"]}
    assert values["Role ARN"].endswith(":role/eks-access-cloudquery")
    assert values["External ID"] == ARGUMENTS["external_id"]
    explained = run_eks_access(program, "explain", "cloudquery")
    assert f"only {PRINCIPAL}, with the External ID" in explained
    assert "AmazonEKSAdminViewPolicy everywhere: ! can read everything, Secrets included" in explained


def test_an_error_in_the_file_fails_the_preview_with_its_line(program: Program) -> None:
    path = program.folder / "cloudquery.yaml"
    valid = path.read_text()
    path.write_text(valid.replace("    groups: ['{name}:readers']", "    group: ['{name}:readers']"))
    try:
        done = program.preview(check=False)
    finally:
        path.write_text(valid)
    assert done.returncode != 0
    line = valid[: valid.index("    groups:")].count("\n") + 1
    assert f"cloudquery.yaml:{line}: profiles.least.group is not a known property" in done.stdout + done.stderr


def test_a_destructive_call_on_a_real_cluster_is_evaluated_and_never_made(
    sandbox: Sandbox, program: Program, tmp_path: Path
) -> None:
    """In a definition that grants what it expects to be denied, so that the call would succeed."""
    definition = yaml.safe_load((CHECKOUT / "examples/custom/cloudquery.yaml").read_text())
    destroy = {"sid": "Wide", "actions": ["eks:DeleteCluster"], "resources": ["{cluster_arns}"], "why": "too much"}
    definition["profiles"]["least"]["statements"].append(destroy)
    for action, parameters in (("eks:DeleteCluster", {}), ("eks:UpdateClusterVersion", {"version": "1.99"})):
        call = {"action": action, "allowed": False, "why": "must not destroy", "each": "cluster"}
        definition["expectations"]["aws"].append(call | {"parameters": {"name": "{cluster_name}", **parameters}})
    (tmp_path / "cloudquery.yaml").write_text(yaml.safe_dump(definition, sort_keys=False))
    mine = {**integrations(tmp_path)["cloudquery"], "clusters": ["api"]}
    wide = with_identities(Program(sandbox, tmp_path, "wide", {"eks-access:integrations": {"wide": mine}}))
    wide.up()
    try:
        with record(sandbox.endpoint) as aws:
            wide.env["AWS_ENDPOINT_URL"] = aws.endpoint
            probed = wide.probe("--deadline", "0")
            del wide.env["AWS_ENDPOINT_URL"]
    finally:
        wide.destroy()
    lines = {c["call"]: c for c in probed.report["checks"] if c["why"] == "must not destroy"}
    granted, denied = lines["call eks:DeleteCluster"], lines["call eks:UpdateClusterVersion"]
    assert (granted["verdict"], granted["result"], granted["exercised"]) == ("allowed", "mismatch", False)
    assert (denied["verdict"], denied["result"], denied["exercised"]) == ("denied", "as-expected", False)
    assert [c["call"] for c in probed.mismatches()] == ["call eks:DeleteCluster"]
    changes = [request for request in aws.requests if "/clusters/dev-api" in request and not request.startswith("GET")]
    assert changes == [], "the cluster was only read"
    assert sandbox.boto("eks").describe_cluster(name="dev-api")["cluster"]["status"] == "ACTIVE"


OWNED = {"RoleName": "owned-by-others", "Path": "/platform/"}
DENY_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}]}


@pytest.fixture
def owned(sandbox: Sandbox) -> Iterator[str]:
    """A role that another team owns, and that no principal may assume yet."""
    iam = sandbox.boto("iam")
    arn: str = iam.create_role(**OWNED, AssumeRolePolicyDocument=json.dumps(DENY_ALL))["Role"]["Arn"]
    yield arn
    for policy in iam.list_role_policies(RoleName=OWNED["RoleName"])["PolicyNames"]:
        iam.delete_role_policy(RoleName=OWNED["RoleName"], PolicyName=policy)
    iam.delete_role(RoleName=OWNED["RoleName"])


def test_an_existing_role_is_used_unchanged_and_kept_on_destroy(sandbox: Sandbox, tmp_path: Path, owned: str) -> None:
    iam, eks = sandbox.boto("iam"), sandbox.boto("eks")
    (tmp_path / "cloudquery.yaml").write_text((CHECKOUT / "examples/custom/cloudquery.yaml").read_text())
    mine = {**integrations(tmp_path)["cloudquery"], "clusters": ["api", "configmap"], "existing_role_arn": owned}
    program = with_identities(Program(sandbox, tmp_path, "existing", {"eks-access:integrations": {"owned": mine}}))
    program.up()
    try:
        assert owned in eks.list_access_entries(clusterName="dev-api")["accessEntries"], "with its path"
        assert iam.get_role(RoleName=OWNED["RoleName"])["Role"]["AssumeRolePolicyDocument"] == DENY_ALL
        assert iam.list_role_policies(RoleName=OWNED["RoleName"])["PolicyNames"] == []
        assert program.probe("--deadline", "1").exit_code == 1, "its owner has not changed the trust policy yet"

        trust, policy = (step[step.index("{") :] for step in owner_instructions(program))
        iam.update_assume_role_policy(RoleName=OWNED["RoleName"], PolicyDocument=trust)
        iam.put_role_policy(RoleName=OWNED["RoleName"], PolicyName="pasted", PolicyDocument=policy)
        probed = program.probe()
        assert probed.mismatches() == [], "the hand-off's instructions are sufficient"
        assert "unchanged" in program.up("--expect-no-changes")
    finally:
        program.destroy()
    assert owned not in eks.list_access_entries(clusterName="dev-api")["accessEntries"]
    left = iam.get_role(RoleName=OWNED["RoleName"])["Role"]
    assert left["AssumeRolePolicyDocument"] == json.loads(trust), "the role belongs to its owner, and is kept"


def owner_instructions(program: Program) -> list[str]:
    handed = json.loads(run_eks_access(program, "handoff", "owned", "--format", "json"))["integrations"]["owned"]
    steps: list[str] = handed["steps"][:2]
    return steps


CONFIG_MAP = "/api/v1/namespaces/kube-system/configmaps/aws-auth"


@pytest.fixture
def node_role(sandbox: Sandbox) -> Iterator[Role]:
    """A role that aws-auth maps for nodes, as EKS maps that of Fargate's pods."""
    role = Role.create(sandbox, "fargate-pods")
    admin = sandbox.clusters["dev-both"].admin
    before = admin.json("GET", CONFIG_MAP)
    entry = f"- rolearn: {role.arn}\n  username: system:node:{{{{SessionName}}}}\n  groups: [system:nodes]\n"
    data = {**before["data"], "mapRoles": before["data"]["mapRoles"] + entry}
    admin.json("PUT", CONFIG_MAP, body={**before, "data": data})
    yield role
    now = admin.json("GET", CONFIG_MAP)
    admin.json("PUT", CONFIG_MAP, body={**now, "data": before["data"]})
    role.delete()


def test_an_access_entry_would_take_a_node_out_of_its_cluster_and_is_refused(
    sandbox: Sandbox, tmp_path: Path, node_role: Role
) -> None:
    eks, entry = sandbox.boto("eks"), {"clusterName": "dev-both", "principalArn": node_role.arn}

    def username() -> str | None:
        user = who(node_role.in_cluster("dev-both", session="node-1"))
        return str(user["username"]) if user else None

    eventually(lambda: username() == "system:node:node-1", "aws-auth maps the node")
    eks.create_access_entry(**entry, type="STANDARD", username="vendor:{{SessionName}}")
    eventually(lambda: username() == "vendor:node-1", "the entry overrides aws-auth: the node is none any more")
    eks.delete_access_entry(**entry)
    eventually(lambda: username() == "system:node:node-1", "aws-auth counts again")

    (tmp_path / "cloudquery.yaml").write_text((CHECKOUT / "examples/custom/cloudquery.yaml").read_text())
    mine = {**integrations(tmp_path)["cloudquery"], "clusters": ["both"], "existing_role_arn": node_role.arn}
    program = Program(sandbox, tmp_path, "nodes", {"eks-access:integrations": {"nodes": mine}})
    for command in ("preview", "up"):
        options = ("--yes", "--skip-preview") if command == "up" else ()
        done = program.pulumi(command, *options, "--stack", program.stack, check=False)
        assert done.returncode != 0, command
        output = " ".join((done.stdout + done.stderr).split())
        assert "is mapped for nodes in aws-auth of cluster 'both'" in output, output
    assert node_role.arn not in eks.list_access_entries(clusterName="dev-both")["accessEntries"]
    assert username() == "system:node:node-1"
    program.destroy()


COLLECTOR = {"namespace": "collector", "service_account": "collector"}
CORE = "/api/v1/namespaces"


@pytest.fixture
def collector(sandbox: Sandbox, tmp_path: Path) -> Iterator[Program]:
    """The example that runs in the cluster, with a pod of its own and one of another service account."""
    admin = sandbox.clusters["dev-api"].admin
    admin.json("POST", CORE, body={"metadata": {"name": "collector"}})
    for name in ("collector", "neighbour"):
        admin.json("POST", f"{CORE}/collector/serviceaccounts", body={"metadata": {"name": name}})
        container = {"name": "main", "image": "collector:1"}
        pod = {"metadata": {"name": f"{name}-0"}, "spec": {"serviceAccountName": name, "containers": [container]}}
        admin.json("POST", f"{CORE}/collector/pods", body=pod)
    definition = str(CHECKOUT / "examples/custom/collector.yaml")
    mine = {"vendor": "custom", "definition": definition, "clusters": ["api"], "arguments": COLLECTOR}
    program = Program(sandbox, tmp_path, "collector", {"eks-access:integrations": {"collector": mine}})

    def pods_token(name: str, audience: str = "pods.eks.amazonaws.com") -> dict[str, list[str]]:
        """A command for a token as the kubelet requests it: bound to the pod."""
        kubectl = ["kubectl", "--kubeconfig", str(sandbox.state.kubeconfig("dev-api"))]
        bound = ["--bound-object-kind", "Pod", "--bound-object-name", f"{name}-0", "--audience", audience]
        return {"command": [*kubectl, "--namespace", "collector", "create", "token", name, *bound]}

    pod = {"profile": "node", "cluster": "api", "token": pods_token("collector")}
    identity = {"pod_identity": {**pod, "wrong_subject": pods_token("neighbour")}}
    program.set_identities({"collector": identity})
    program.up()
    yield program
    program.destroy()
    admin.json("DELETE", f"{CORE}/collector")


def test_the_probe_impersonates_a_collector_with_a_token_of_its_pod(sandbox: Sandbox, collector: Program) -> None:
    probed = collector.probe()
    assert probed.mismatches() == [], probed.table
    assert probed.exit_code == 0
    asked = {(check["detail"], check["expected"]) for check in probed.report["checks"] if check["plane"] == "trust"}
    assert {("stranger", "denied"), ("subject-wrong", "denied")} <= asked
    assert {check["plane"] for check in probed.report["checks"]} == {"trust", "aws", "kubernetes"}

    eks = sandbox.boto("eks")
    (association,) = eks.list_pod_identity_associations(clusterName="dev-api", namespace="collector")["associations"]
    eks.delete_pod_identity_association(clusterName="dev-api", associationId=association["associationId"])
    assert collector.probe("--deadline", "1").exit_code == 1, "without the association it has no access"
    collector.up("--refresh")
    assert collector.probe().exit_code == 0, "and with the recreated association it has"


PEOPLE: dict[str, object] = {"users": ["jane@acme.example", "sam@acme.example"], "groups": ["developers"]}
EXAMPLES: dict[str, dict[str, object]] = {
    # The sandbox acts as ConductorOne's and Cado's accounts: here in place of the vendors' own.
    "datadog": {"account": "765656841499", "external_id": "0a1b2c3d4e5f"},
    "cast-ai": {
        "principal_arn": "arn:aws:iam::444455556666:role/CadoPlatform",
        "external_id": "0f8fad5b-d9cb",
        "vpc_arn": "arn:aws:ec2:us-east-1:111122223333:vpc/vpc-0123456789abcdef0",
        "node_role_arn": "arn:aws:iam::111122223333:role/eks-node-general",
    },
    "strongdm": PEOPLE,
    "teleport": {"principal_arn": PRINCIPAL, "external_id": "teleport-prod", **PEOPLE},
}


@pytest.fixture(scope="module")
def examples(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The examples of four vendors, each in both profiles, and who acts as them."""
    folder = tmp_path_factory.mktemp("examples")
    declared = {
        name if profile == "least" else f"{name}-page": {
            "vendor": "custom",
            "definition": str(CHECKOUT / f"examples/custom/{name}.yaml"),
            "arguments": arguments,
            "clusters": ["api"],
            "profile": profile,
        }
        for name, arguments in EXAMPLES.items()
        for profile in ("least", "vendor")
    }
    declared["strongdm"]["clusters"] = ["api", "configmap"]
    program = Program(sandbox, folder, "examples", {"eks-access:integrations": declared})
    by_vendor = {
        "datadog": {"profile": "conductorone"},
        "cast-ai": {"profile": "cado"},
        # EC2 alone can assume the role: its rights are evaluated by the clusters' operator.
        "strongdm": {"operator": {"profile": "deployer"}},
        "teleport": {"profile": "conductorone"},
    }
    program.set_identities(by_vendor)
    program.up()
    yield program
    program.destroy()


def test_every_expectation_of_the_vendors_examples_holds_in_both_profiles(examples: Program) -> None:
    probed = examples.probe()
    assert probed.mismatches() == [], probed.table
    assert probed.exit_code == 0
    assert {check["integration"].removesuffix("-page") for check in probed.report["checks"]} == set(EXAMPLES)
    assert "unchanged" in examples.up("--expect-no-changes")


def test_an_account_that_is_trusted_as_a_whole_needs_the_external_id(examples: Program) -> None:
    probed = examples.probe("--integration", "datadog")
    tampered = {check["detail"]: check["result"] for check in probed.report["checks"] if check["plane"] == "trust"}
    assert {"external-id-missing", "external-id-wrong", "stranger"} <= set(tampered)
    assert set(tampered.values()) == {"as-expected"}
