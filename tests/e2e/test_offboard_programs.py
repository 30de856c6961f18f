"""Off-boarding where the integration is declared in code, where something depends on it, and where its role stays."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from tests.e2e.principals import REGION
from tests.e2e.program import CHECKOUT, SECONDS, Program

pytestmark = pytest.mark.e2e

CLUSTER = "dev-both"
PLATFORM = "arn:aws:iam::444455556666:role/CadoPlatform"


def offboard(program: Program, name: str, *options: str) -> "tuple[int, str, dict[str, Any]]":
    """The exit code, what was printed, and the report."""
    command = ["eks-access", "offboard", name, "--stack", program.stack, "--confirm", name, *options]
    done = program.sandbox.run(command, cwd=program.folder, timeout=SECONDS, env=program.env)
    file = program.folder / f"offboard-{name}.json"
    assert file.exists(), done.stdout + done.stderr
    return done.returncode, done.stdout + done.stderr, json.loads(file.read_text())


def states(report: dict[str, Any]) -> dict[str, str]:
    return {line["key"]: line["state"] for line in report["proof"]}


@pytest.fixture
def own_program(sandbox: Sandbox, tmp_path: Path) -> Iterator[Program]:
    program = Program(sandbox, tmp_path, "own", {}, main=CHECKOUT / "tests/e2e/offboard_program")
    yield program
    program.destroy()


def configure(program: Program, **flags: bool) -> None:
    program.configure({f"eks-access:{name}": str(value).lower() for name, value in flags.items()})


def test_what_depends_on_it_stops_the_removal_as_the_engine_would_and_then_it_is_taken_out_of_the_code(
    own_program: Program,
) -> None:
    configure(own_program, integration=True, dependent=True)
    own_program.up()
    before = own_program.pulumi("stack", "export", "--stack", "own").stdout

    code, printed, report = offboard(own_program, "own-cado")
    assert code == 1
    assert "aws:iam/rolePolicy:RolePolicy::beside on " in printed
    assert {line["state"] for line in report["before"]} == {"open"}
    assert own_program.pulumi("stack", "export", "--stack", "own").stdout == before
    targets = [f"--target={each['urn']}" for each in report["plan"]["resources"]]
    engine = own_program.pulumi("destroy", "--yes", "--skip-preview", *targets, "--stack", "own", check=False)
    assert engine.returncode != 0, "the engine refuses the same"
    assert "beside" in engine.stdout + engine.stderr
    assert json.loads(own_program.pulumi("stack", "export", "--stack", "own").stdout)["deployment"]["resources"]

    configure(own_program, integration=True, dependent=False)
    own_program.up()
    code, printed, _ = offboard(own_program, "own-cado")
    assert code == 1
    assert "the stack's program still makes own-cado: remove its component" in printed

    configure(own_program, integration=False)
    code, printed, report = offboard(own_program, "own-cado")
    assert code == 0, printed
    assert report["status"] == "proven"
    assert set(states(report).values()) == {"closed"}
    assert own_program.manifest()["integrations"] == {}
    own_program.preview("--expect-no-changes")


@pytest.fixture
def existing_role(sandbox: Sandbox) -> Iterator[str]:
    """A role of its owner's that trusts Cado's platform."""
    iam, name = sandbox.boto("iam"), "OwnersCadoResponse"
    statement = {"Effect": "Allow", "Principal": {"AWS": PLATFORM}, "Action": "sts:AssumeRole"}
    trust = {"Version": "2012-10-17", "Statement": [statement]}
    rights = {"Effect": "Allow", "Action": ["eks:ListClusters", "eks:DescribeCluster"], "Resource": "*"}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    policy = {"Version": "2012-10-17", "Statement": [rights]}
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(policy))
    yield role["Arn"]
    for policy_name in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy_name)
    iam.delete_role(RoleName=name)


def test_an_existing_role_stays_with_its_owner_and_no_cluster_accepts_it_any_more(
    sandbox: Sandbox, existing_role: str, tmp_path: Path
) -> None:
    cado = {
        "vendor": "cado",
        "clusters": ["both"],
        "platform_role_arns": [PLATFORM],
        "namespaces": ["payments"],
        "existing_role_arn": existing_role,
    }
    config = {
        "eks-access:clusters": {"both": {"name": CLUSTER, "region": REGION}},
        "eks-access:integrations": {"owners-cado": cado},
    }
    program = Program(sandbox, tmp_path, "existing", config)
    program.up()
    code, printed, report = offboard(program, "owners-cado")
    found = states(report)
    assert code == 0, printed
    assert (found["assume"], found["session"], found["role"]) == ("stays", "stays", "stays")
    assert found["cluster:both"] == found["entry:both"] == found["bindings:both"] == "closed"
    assert "AWSRevokeOlderSessions" in printed
    iam = sandbox.boto("iam")
    assert iam.get_role(RoleName="OwnersCadoResponse")["Role"]["Arn"] == existing_role
    assert iam.list_role_policies(RoleName="OwnersCadoResponse")["PolicyNames"] == ["own"], "its owner's alone"
    program.destroy()


def test_a_mapping_by_hand_of_the_same_role_is_a_way_in_that_is_found(
    sandbox: Sandbox, existing_role: str, tmp_path: Path
) -> None:
    """The stack's entry goes, and aws-auth, which it shadowed, lets the role in again."""
    aws_auth = "/api/v1/namespaces/kube-system/configmaps/aws-auth"
    api = sandbox.clusters[CLUSTER].admin
    config = {
        "eks-access:clusters": {"both": {"name": CLUSTER, "region": REGION}},
        "eks-access:integrations": {
            "owners-cado": {
                "vendor": "cado",
                "clusters": ["both"],
                "platform_role_arns": [PLATFORM],
                "existing_role_arn": existing_role,
            }
        },
    }
    program = Program(sandbox, tmp_path, "mapped", config)
    program.up()
    before = api.json("GET", aws_auth)
    line = f"- {{rolearn: '{existing_role}', username: by-hand, groups: []}}\n"
    data = {**before["data"], "mapRoles": before["data"].get("mapRoles", "").rstrip("\n") + f"\n{line}"}
    api.json("PUT", aws_auth, body={**before, "data": {**data, "mapRoles": data["mapRoles"].lstrip("\n")}})
    try:
        code, printed, report = offboard(program, "owners-cado", "--deadline", "15")
        assert code == 1, printed
        assert states(report)["cluster:both"] == "open"
        assert states(report)["mapping:both"] == "open"
        assert report["status"] == "removed"
    finally:
        patch = [{"op": "replace", "path": "/data", "value": before["data"]}]
        api.json("PATCH", aws_auth, body=patch, content_type="application/json-patch+json")
    code, printed, report = offboard(program, "owners-cado")
    assert code == 0, "the same command again, once it is taken out"
    assert states(report)["cluster:both"] == "closed"
    program.destroy()
