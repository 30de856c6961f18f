"""Programs for one plug-in each, run by the real engine in stacks of their own."""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from sandbox import Sandbox

PROGRAMS = Path(__file__).parent / "plugin_programs"
SECONDS = 180


class Stack:
    """One program in a stack of its own, run again and again with another case."""

    def __init__(self, sandbox: Sandbox, folder: Path, program: str, **case: Any) -> None:
        self.name = f"plugins-{folder.name.replace('_', '-')}"[:40].strip("-")
        self.case = {"name": self.name, **case}
        self.env: dict[str, str] = {}
        """Added to the environment of every command."""
        self._sandbox, self._folder = sandbox, folder
        shutil.copy(PROGRAMS / f"{program}.py", folder / "__main__.py")
        runtime = {"name": "python", "options": {"virtualenv": str(Path(sys.executable).parents[1])}}
        (folder / "Pulumi.yaml").write_text(yaml.safe_dump({"name": self.name, "runtime": runtime}))
        self("stack", "init", "test")

    def environment(self, case: Mapping[str, Any]) -> dict[str, str]:
        return {**self.env, "CASE": json.dumps({**self.case, **case})}

    def __call__(self, *command: str, check: bool = True, **case: Any) -> str:
        arguments = ["pulumi", *command, "--non-interactive", "--color=never"]
        done = self._sandbox.run(arguments, cwd=self._folder, timeout=SECONDS, env=self.environment(case))
        text = done.stdout + done.stderr
        assert (done.returncode == 0) is check, f"{' '.join(command)} ended with {done.returncode}:\n{text}"
        return text

    def up(self, *more: str, check: bool = True, **case: Any) -> str:
        return self("up", "--yes", "--skip-preview", "--stack=test", *more, check=check, **case)

    def start_up(self, **case: Any) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            ["pulumi", "up", "--yes", "--skip-preview", "--stack=test", "--non-interactive", "--color=never"],
            cwd=self._folder,
            env={**self._sandbox.env, **self.environment(case)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        )

    def steps(self, *more: str, **case: Any) -> dict[str, dict[str, Any]]:
        """The planned steps of a preview by resource name, without those that change nothing."""
        arguments = ["pulumi", "preview", "--json", "--stack=test", *more]
        done = self._sandbox.run(arguments, cwd=self._folder, timeout=SECONDS, env=self.environment(case))
        assert done.returncode == 0, done.stdout + done.stderr
        steps = json.loads(done.stdout)["steps"]
        return {s["urn"].rpartition("::")[2]: s for s in steps if s["op"] not in ("same", "refresh", "read")}

    def assert_nothing_to_do(self, *more: str, **case: Any) -> None:
        self("preview", "--expect-no-changes", "--stack=test", *more, **case)

    def state(self) -> str:
        """The state file on the disk: faster to read than by `pulumi stack export`, and complete."""
        backend = Path(self._sandbox.env["PULUMI_BACKEND_URL"].removeprefix("file://"))
        return (backend / ".pulumi" / "stacks" / self.name / "test.json").read_text()

    def resource(self, name: str) -> dict[str, Any]:
        resources = json.loads(self.state())["checkpoint"]["latest"]["resources"]
        found = [r for r in resources if r["urn"].endswith(f"::{name}")]
        assert len(found) == 1, f"{name} is in the state {len(found)} times"
        return dict(found[0])

    def outputs(self) -> dict[str, Any]:
        return dict(self.resource(f"{self.name}-test")["outputs"])

    def destroy(self) -> str:
        return self("destroy", "--yes", "--skip-preview", "--stack=test")
