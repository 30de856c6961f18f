"""Runs a workflow's jobs one after another on this machine: scripts by bash, and the few actions that hand files on.

What GitHub's runner does is done likewise as far as a script can notice: the shell's options, the files of outputs,
paths and summary, a new workspace and temporary folder for each job, and commands in what a script prints.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from tests.support.workflow_expressions import STATUS_FUNCTIONS, evaluate, interpolate, to_text


@dataclass
class JobRun:
    """What became of a job; of one with a matrix, of all its runs together."""

    result: str
    outputs: Mapping[str, Any] = field(default_factory=dict)
    log: str = ""


@dataclass
class WorkflowRun:
    """A run of a reusable workflow for a pull request. `github` and `inputs` are the contexts of these names."""

    workflow: Path
    repository: Path
    folder: Path
    github: Mapping[str, Any]
    inputs: Mapping[str, Any]
    env: Mapping[str, str]
    secrets: Mapping[str, str] = field(default_factory=dict)
    lost: Sequence[str] = ()
    """Patterns of the names of artifacts that get lost."""
    artifacts: Path = Path()
    jobs: dict[str, JobRun] = field(default_factory=dict)
    uploaded: list[str] = field(default_factory=list)
    """The SARIF files that were uploaded."""
    summary: str = ""

    def __post_init__(self) -> None:
        # `on` is a truth value in YAML 1.1.
        self._definition = yaml.load(self.workflow.read_text(), Loader=yaml.BaseLoader)
        declared = self._definition["on"]["workflow_call"]["inputs"]
        assert set(self.inputs) <= set(declared)
        defaults = {name: each.get("default", "") for name, each in declared.items()}
        booleans = {name for name, each in declared.items() if each["type"] == "boolean"}
        self.inputs = {
            name: to_text(value) == "true" if name in booleans else value
            for name, value in {**defaults, **self.inputs}.items()
        }
        self.artifacts = self.folder / "artifacts"
        self.artifacts.mkdir(parents=True, exist_ok=True)

    def run(self) -> dict[str, JobRun]:
        for name, job in self._definition["jobs"].items():
            needed = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
            needs = {each: vars(self.jobs[each]) for each in needed}
            self.jobs[name] = self._run_job(name, job, needs)
        return self.jobs

    def _run_job(self, name: str, job: Any, needs: Mapping[str, Any]) -> JobRun:
        contexts = {"github": self.github, "inputs": self.inputs, "secrets": self.secrets, "needs": needs}
        failed = any(each["result"] != "success" for each in needs.values())
        if not _is_met(job.get("if", ""), contexts, failed=failed):
            return JobRun("skipped")
        legs = [self._run_leg(name, job, contexts, values) for values in self._expand_matrix(job, contexts)]
        results = [leg.result for leg in legs]
        return JobRun(
            "failure" if "failure" in results else "success", legs[-1].outputs, "\n".join(leg.log for leg in legs)
        )

    def _expand_matrix(self, job: Any, contexts: Mapping[str, Any]) -> list[dict[str, Any]]:
        matrix = job.get("strategy", {}).get("matrix")
        if matrix is None:
            return [{}]
        ((key, expression),) = matrix.items()
        values = interpolate(expression, contexts, {})
        assert values, "GitHub refuses an empty matrix"
        return values if key == "include" else [{key: value} for value in values]

    def _run_leg(self, name: str, job: Any, contexts: Mapping[str, Any], matrix: Mapping[str, Any]) -> JobRun:
        folder = self.folder / "-".join((name, *map(str, matrix.values())))
        leg = _Leg(self, name, folder, {**contexts, "matrix": matrix, "runner": {"temp": str(folder / "temp")}})
        leg.contexts["github"] = {**self.github, "workspace": str(leg.workspace)}
        leg.env |= {key: to_text(interpolate(each, leg.contexts, {})) for key, each in job.get("env", {}).items()}
        for step in job["steps"]:
            leg.run_step(step)
        outputs = {key: interpolate(value, leg.contexts, {}) for key, value in job.get("outputs", {}).items()}
        return JobRun("failure" if leg.failed else "success", outputs, leg.log)


class _Leg:
    """One run of a job."""

    def __init__(self, run: WorkflowRun, job: str, folder: Path, contexts: dict[str, Any]) -> None:
        self.workflow_run, self.contexts, self.failed, self.log = run, {**contexts, "steps": {}}, False, ""
        self.workspace, self.temp = folder / "workspace", folder / "temp"
        for each in (self.workspace, self.temp):
            shutil.rmtree(each, ignore_errors=True)
            each.mkdir(parents=True)
        self.env = {**run.env, "GITHUB_JOB": job, "RUNNER_TEMP": str(self.temp)}

    def run_step(self, step: Any) -> None:
        if not _is_met(step.get("if", ""), self.contexts, failed=self.failed):
            outcome, outputs = "skipped", dict[str, str]()
        elif "run" in step:
            outcome, outputs = self._run_script(step)
        else:
            action = _ACTIONS[step["uses"].partition("@")[0]]
            given = {key: interpolate(value, self.contexts, {}) for key, value in step.get("with", {}).items()}
            outcome, outputs = "success" if action(self, given) else "failure", {}
        self.failed |= outcome == "failure" and step.get("continue-on-error") != "true"
        if "id" in step:
            self.contexts["steps"][step["id"]] = {"outcome": outcome, "outputs": outputs}

    def _run_script(self, step: Any) -> tuple[str, dict[str, str]]:
        files = {name: self.temp / f".{name}" for name in ("GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")}
        for file in files.values():
            file.write_text("")
        env = {key: to_text(interpolate(value, self.contexts, {})) for key, value in step.get("env", {}).items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.workspace,
            env={**self.env, **env, **{name: str(file) for name, file in files.items()}},
            capture_output=True,
            text=True,
            check=False,
        )
        self.log += f"== {step.get('name', '')}: {done.returncode}\n{done.stdout}{done.stderr}"
        self.workflow_run.summary += files["GITHUB_STEP_SUMMARY"].read_text()
        for added in files["GITHUB_PATH"].read_text().split():
            self.env["PATH"] = f"{added}{os.pathsep}{self.env['PATH']}"
        written = dict(line.partition("=")[::2] for line in files["GITHUB_OUTPUT"].read_text().splitlines())
        return ("success" if done.returncode == 0 else "failure"), _obey_commands(done.stdout) | written

    def check_out(self, given: Mapping[str, str]) -> bool:
        path = self.workspace / given.get("path", ".")
        subprocess.run(["git", "clone", "-q", str(self.workflow_run.repository), str(path)], check=True)
        subprocess.run(["git", "-C", str(path), "checkout", "-q", given["ref"]], check=True)
        return True

    def upload(self, given: Mapping[str, str]) -> bool:
        artifact = self.workflow_run.artifacts / given["name"]
        if any(fnmatchcase(given["name"], pattern) for pattern in self.workflow_run.lost):
            return True
        assert re.fullmatch(r'[^"/:<>|*?\r\n\\]+', given["name"]), "GitHub refuses such a name"
        if artifact.exists():
            assert given.get("overwrite") == "true", "GitHub refuses a name that exists"
            shutil.rmtree(artifact)
        if Path(given["path"]).is_dir():
            shutil.copytree(given["path"], artifact)
        return True

    def download(self, given: Mapping[str, str]) -> bool:
        pattern = given.get("pattern") or given["name"]
        found = [each for each in self.workflow_run.artifacts.iterdir() if fnmatchcase(each.name, pattern)]
        for artifact in found:
            shutil.copytree(artifact, given["path"], dirs_exist_ok=True)
        return bool(found) or "pattern" in given

    def upload_sarif(self, given: Mapping[str, str]) -> bool:
        assert Path(given["sarif_file"]).is_file(), "GitHub's action fails without a file"
        assert (Path(given["checkout_path"]) / ".git").is_dir()
        self.workflow_run.uploaded.append(Path(given["sarif_file"]).name)
        return True

    def do_nothing(self, given: Mapping[str, str]) -> bool:
        return True


_ACTIONS: Mapping[str, Callable[[_Leg, Mapping[str, str]], bool]] = {
    "actions/checkout": _Leg.check_out,
    "actions/upload-artifact": _Leg.upload,
    "actions/download-artifact": _Leg.download,
    "github/codeql-action/upload-sarif": _Leg.upload_sarif,
    "actions/setup-python": _Leg.do_nothing,
    "actions/cache": _Leg.do_nothing,
    "aws-actions/configure-aws-credentials": _Leg.do_nothing,
}


def _is_met(condition: str, contexts: Mapping[str, Any], *, failed: bool) -> bool:
    """Whether a job or a step runs. Without a status function it needs that nothing failed before it."""
    condition = re.sub(r"^\s*\$\{\{(.*)\}\}\s*$", r"\1", condition, flags=re.DOTALL)
    functions = {
        "always": lambda: True,
        "cancelled": lambda: False,
        "failure": lambda: failed,
        "success": lambda: not failed,
    }
    has_status = re.search(rf"\b({'|'.join(STATUS_FUNCTIONS)})\(", condition)
    if failed and not has_status:
        return False
    return bool(evaluate(condition, contexts, functions)) if condition.strip() else True


def _obey_commands(printed: str) -> dict[str, str]:
    """The outputs that a script sets by printing commands, unless it has stopped them."""
    outputs, stopped_until = {}, ""
    for line in map(str.strip, printed.splitlines()):
        if stopped_until:
            stopped_until = "" if line == f"::{stopped_until}::" else stopped_until
        elif match := re.match(r"::stop-commands::(.+)", line):
            stopped_until = match[1]
        elif match := re.match(r"::set-output name=(\w+)::(.*)", line):
            outputs[match[1]] = match[2]
    return outputs
