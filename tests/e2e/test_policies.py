"""The pack under the real engine: every rule's bad and good resources as one program each, in preview and in update."""

import dataclasses
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import yaml

from eks_access_policies.evaluate.evaluator import RULES
from sandbox import Sandbox
from tests.e2e.program import Program as DevProgram
from tests.support.policies.cases import CASES, DANGER_CASES, together
from tests.support.policies.resources import ACCOUNT, CLUSTER, ResourceSpec, role

pytestmark = pytest.mark.e2e

CHECKOUT = Path(__file__).parents[2]
PACK = CHECKOUT / "policies"
SECONDS = 300


class Program:
    """The program of a list of resources, in a stack of its own, evaluated by the pack."""

    def __init__(
        self, sandbox: Sandbox, folder: Path, resources: Iterable[ResourceSpec], pack: str = str(PACK)
    ) -> None:
        folder.mkdir()
        self._sandbox, self._folder, self._pack = sandbox, folder, pack
        # The same role may serve several cases.
        unique = {each.name: dataclasses.asdict(each) for each in resources}
        kubeconfig = sandbox.clusters[CLUSTER].kubeconfig.read_text()
        listed = folder / "cases.json"
        listed.write_text(
            json.dumps({"account": ACCOUNT, "kubeconfig": kubeconfig, "resources": list(unique.values())})
        )
        self._env = {"CASES": str(listed)}
        project = {
            "name": f"policies-{folder.name}",
            "runtime": {"name": "python", "options": {"virtualenv": str(Path(sys.executable).parents[1])}},
            "main": str(Path(__file__).parent / "policy_program"),
            "plugins": {"providers": [{"name": "eks-access", "path": str(CHECKOUT / "components")}]},
        }
        (folder / "Pulumi.yaml").write_text(yaml.safe_dump(project))
        self("stack", "init", "test")

    def __call__(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = ["pulumi", *arguments, "--non-interactive", "--color=never"]
        return self._sandbox.run(command, cwd=self._folder, timeout=SECONDS, env=self._env)

    def preview(self) -> "subprocess.CompletedProcess[str]":
        return self("preview", "--stack=test", f"--policy-pack={self._pack}")

    def up(self, *, advisory: bool = False) -> "subprocess.CompletedProcess[str]":
        config = self._folder / "config.json"
        config.write_text(json.dumps({"all": "advisory"} if advisory else {}))
        return self(
            "up",
            "--yes",
            "--skip-preview",
            "--stack=test",
            f"--policy-pack={self._pack}",
            f"--policy-pack-config={config}",
        )

    def destroy(self) -> "subprocess.CompletedProcess[str]":
        return self("destroy", "--yes", "--skip-preview", "--stack=test")


@pytest.fixture(autouse=True, scope="module")
def trusted(sandbox: Sandbox) -> Iterator[None]:
    """The roles that the cases' trust policies name: IAM takes no principal that does not exist."""
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    roles = {"platform": sandbox.boto("iam", ACCOUNT), "x": sandbox.boto("iam", "999988887777")}
    for name, iam in roles.items():
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)
    yield
    for name, iam in roles.items():
        iam.delete_role(RoleName=name)


_VIOLATION = re.compile(
    r"- \[(?P<level>mandatory|advisory)\](?: \[severity: \w+\])?  "
    r"(?P<rule>[a-z0-9-]+)  \((?P<type>\S+): (?P<name>[^)]+)\)"
)
_OTHERS = tuple(case for case in CASES if case not in DANGER_CASES)
_BAD, _GOOD = together()
MANDATORY_IN_DEV = {
    ("rbac-aws-auth-write", "conductorone-provision"),
    ("rbac-rbac-write", "conductorone-provision"),
}
"""Explained in docs/policies/known-findings.md."""


def violations(done: "subprocess.CompletedProcess[str]") -> set[tuple[str, str, str]]:
    """Level, rule and the resource's name of each."""
    found = {(match["level"], match["rule"], match["name"]) for match in _VIOLATION.finditer(done.stdout)}
    assert {rule for _, rule, _ in found} <= {rule.id for rule in RULES}, done.stdout
    return found


def rules(done: "subprocess.CompletedProcess[str]") -> set[str]:
    return {rule for _, rule, _ in violations(done)}


def test_a_preview_reports_a_violation_of_every_rule(sandbox: Sandbox, tmp_path: Path) -> None:
    resources = [*_BAD, *(each for case in _OTHERS for each in case.bad)]
    done = Program(sandbox, tmp_path / "bad-preview", resources).preview()
    missing = {case.rule for case in CASES} - rules(done)
    assert not missing, f"{sorted(missing)} reported no violation:\n{done.stdout}\n{done.stderr}"
    assert done.returncode != 0
    assert (
        "→ access entry in cluster dev-both → group bad-all:group → ClusterRoleBinding bad-all-binding" in done.stdout
    )


def test_an_update_reports_violations_at_the_configured_level(sandbox: Sandbox, tmp_path: Path) -> None:
    deployed = [case for case in _OTHERS if not case.refused]
    program = Program(sandbox, tmp_path / "bad", [*_BAD, *(each for case in deployed for each in case.bad)])
    try:
        done = program.up(advisory=True)
        assert done.returncode == 0, done.stdout + done.stderr
        missing = {case.rule for case in (*deployed, *DANGER_CASES)} - rules(done)
        assert not missing, f"{sorted(missing)} reported no violation:\n{done.stdout}"
        assert {level for level, _, _ in violations(done)} == {"advisory"}, "the configuration sets the levels"
    finally:
        program.destroy()


def test_compliant_resources_pass_in_preview_and_update(sandbox: Sandbox, tmp_path: Path) -> None:
    program = Program(sandbox, tmp_path / "good", [*_GOOD, *(each for case in _OTHERS for each in case.good)])
    own = {(case.rule, each.name) for case in _OTHERS for each in case.good}
    for operation in (program.preview, program.up):
        done = operation()
        found = {(rule, name) for _, rule, name in violations(done)}
        assert not found & own, f"{found & own} are compliant:\n{done.stdout}"
        assert done.returncode == 0, f"no mandatory rule is violated:\n{done.stdout}\n{done.stderr}"
    program.destroy()


def test_an_update_creates_no_resource_that_violates_a_mandatory_rule(sandbox: Sandbox, tmp_path: Path) -> None:
    """With the pack of the installed package, as another project runs it."""
    pack = sandbox.run(["eks-access", "policies", "--pack"]).stdout.strip()
    everyone = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [everyone]})
    program = Program(sandbox, tmp_path / "blocked", [role("for-everyone", assumeRolePolicy=document)], pack)
    done = program.up()
    assert done.returncode != 0, done.stdout + done.stderr
    assert ("mandatory", "iam-trust-anyone", "for-everyone") in violations(done)
    roles = {found["RoleName"] for found in sandbox.boto("iam").list_roles()["Roles"]}
    assert "for-everyone" not in roles, "the rule is evaluated before the role is created"
    planned = tmp_path / "preview.json"
    planned.write_text(program("preview", "--json", "--show-sames", "--stack=test").stdout)
    evaluated = sandbox.run(["eks-access", "policies", str(planned), "--rule", "iam-trust-anyone"])
    assert evaluated.returncode == 1, (
        f"a preview is evaluated without the engine as well:\n{evaluated.stdout}\n{evaluated.stderr}"
    )


def test_a_deployed_stack_is_evaluated_without_its_program(deployed: DevProgram) -> None:
    done = deployed.sandbox.run(
        ["eks-access", "policies", "--stack", deployed.stack, "--json"], cwd=deployed.folder, timeout=SECONDS
    )
    report = json.loads(done.stdout)
    found = {(each["rule"], each["integration"]) for each in report["findings"] if each["level"] == "mandatory"}
    assert found == MANDATORY_IN_DEV, "a stack deployed in profile least violates no other mandatory rule"
    assert done.returncode == 1, "a mandatory rule is violated"
    accepting = ["eks-access", "policies", "--stack", deployed.stack, "--config", str(PACK / "dev.json")]
    accepted = deployed.sandbox.run(accepting, cwd=deployed.folder, timeout=SECONDS)
    assert accepted.returncode == 0, f"the violations are accepted by the stack's own configuration:\n{accepted.stdout}"
