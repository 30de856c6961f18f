"""Work that was killed in the middle can be taken up again: nothing is lost, nothing is there twice."""

import json
import subprocess
from pathlib import Path

import pytest

from sandbox import Sandbox
from tests.e2e.program import Program

pytestmark = pytest.mark.e2e


def config(name: str) -> dict[str, object]:
    cado = {
        "vendor": "cado",
        "platform_role_arns": ["arn:aws:iam::444455556666:role/CadoPlatform"],
        "namespaces": ["web"],
    }
    return {"eks-access:integrations": {name: cado}}


def kill_when(program: Program, begun: str, *command: str) -> None:
    """Run the engine and kill it, without a chance to clean up, when it says that `begun` has begun."""
    arguments = ["pulumi", *command, "--yes", "--skip-preview", "--non-interactive", "--suppress-outputs"]
    with subprocess.Popen(
        [*arguments, "--stack", program.stack],
        cwd=program.folder,
        env=program.sandbox.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as engine:
        assert engine.stdout is not None
        seen = any(begun in line for line in engine.stdout)
        engine.kill()
    assert seen, f"the engine was to be killed while {begun}"


def entries(sandbox: Sandbox) -> list[str]:
    eks = sandbox.boto("eks")
    return [
        entry
        for cluster in ("dev-api", "dev-both")
        for entry in eks.list_access_entries(clusterName=cluster)["accessEntries"]
    ]


def resume(program: Program, *options: str) -> "subprocess.CompletedProcess[str]":
    return program.sandbox.run(
        ["eks-access", "resume", "--stack", program.stack, *options], cwd=program.folder, timeout=120
    )


@pytest.mark.parametrize(
    ("name", "begun"),
    [
        ("killed-role", "aws:iam:Role killed-role creating"),
        ("killed-entry", "aws:eks:AccessEntry killed-entry-api creating"),
    ],
)
def test_a_killed_up_is_taken_up_and_converges(sandbox: Sandbox, tmp_path: Path, name: str, begun: str) -> None:
    program = Program(sandbox, tmp_path, name, config(name))
    kill_when(program, begun, "up")

    locked = resume(program)
    assert locked.returncode == 1
    assert "--unlock" in locked.stderr, "another run could be under way, so it is asked for"
    resumed = resume(program, "--unlock")
    assert resumed.returncode == 0, resumed.stderr

    program.up()
    program.preview("--refresh", "--expect-no-changes")
    urns = [
        each["urn"]
        for each in json.loads(program.pulumi("stack", "export", "--stack", name).stdout)["deployment"]["resources"]
    ]
    assert len(set(urns)) == len(urns), "nothing is in the state twice"
    role = f"arn:aws:iam::111122223333:role/CadoResponse-{name}"
    for cluster in ("dev-api", "dev-both"):
        assert sandbox.boto("eks").list_access_entries(clusterName=cluster)["accessEntries"].count(role) == 1
    program.destroy()
    for cluster in ("dev-api", "dev-both"):
        assert role not in sandbox.boto("eks").list_access_entries(clusterName=cluster)["accessEntries"], (
            "nothing is left"
        )


def test_a_killed_destroy_is_taken_up_and_leaves_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    program = Program(sandbox, tmp_path, "killed-destroy", config("killed-destroy"))
    program.up()
    kill_when(program, "deleting", "destroy")
    assert resume(program, "--unlock").returncode == 0
    program.destroy()
    roles = [role["RoleName"] for role in sandbox.boto("iam").list_roles()["Roles"]]
    assert "CadoResponse-killed-destroy" not in roles


def test_a_stack_that_was_not_interrupted_is_left_as_it_is(deployed: Program) -> None:
    resumed = resume(deployed)
    assert resumed.returncode == 0
    assert "nothing was left half made" in resumed.stdout
