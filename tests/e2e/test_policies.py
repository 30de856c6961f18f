"""The pack under the real engine: every rule's bad and good resources as one program each, in preview and in update."""

import dataclasses
import json
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml

from eks_access_policies.judge import RULES
from sandbox import Sandbox
from tests.unit.policies.cases import CASES, Case
from tests.unit.policies.resources import ACCOUNT, CLUSTER, Made

pytestmark = pytest.mark.e2e

CHECKOUT = Path(__file__).parents[2]
PACK = CHECKOUT / "policies"
SECONDS = 300
MANDATORY_VIOLATION = 255
"""How the engine ends where a mandatory policy is violated."""


class Program:
    """The program of a list of resources, in a stack of its own, judged by the pack."""

    def __init__(self, sandbox: Sandbox, folder: Path, made: Iterable[Made]) -> None:
        folder.mkdir()
        self._sandbox, self._folder = sandbox, folder
        # The same role may serve several cases.
        unique = {each.name: dataclasses.asdict(each) for each in made}
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
        return self("preview", "--stack=test", f"--policy-pack={PACK}")

    def up(self, *, advisory: bool = False) -> "subprocess.CompletedProcess[str]":
        config = self._folder / "config.json"
        config.write_text(json.dumps({"all": "advisory"} if advisory else {}))
        return self(
            "up", "--yes", "--skip-preview", "--stack=test", f"--policy-pack={PACK}", f"--policy-pack-config={config}"
        )

    def destroy(self) -> "subprocess.CompletedProcess[str]":
        return self("destroy", "--yes", "--skip-preview", "--stack=test")


def violated(done: "subprocess.CompletedProcess[str]") -> set[str]:
    """The rules that were found broken."""
    named = set(re.findall(r"\[(?:mandatory|advisory)\]\s+(?:eks-access@\S+\s+)?([a-z-]+)", done.stdout + done.stderr))
    return named & {rule.id for rule in RULES}


def of(cases: Iterable[Case], which: str) -> list[Made]:
    return [made for case in cases for made in getattr(case, which)]


def test_what_breaks_a_rule_is_found_by_the_engine(sandbox: Sandbox, tmp_path: Path) -> None:
    program = Program(sandbox, tmp_path / "bad", of(CASES, "bad"))
    done = program.preview()
    print(done.stdout[-60000:], done.stderr[-3000:])
    assert violated(done) >= {case.rule for case in CASES}
    assert done.returncode == MANDATORY_VIOLATION
