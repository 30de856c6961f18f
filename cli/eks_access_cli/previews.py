"""Previews of a stack as it is in the working tree and as it was in another commit, by the `pulumi` command.

The other commit is checked out in a git worktree of its own, which is removed again, so that the working tree stays as
it is. What git does not keep but the program needs, the virtual environment that Pulumi.yaml names, is linked there.
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from eks_access.errors import EksAccessError
from eks_access.redaction import redacted

_GIT_SECONDS = 300
_PULUMI_SECONDS = 1800


class PreviewError(EksAccessError):
    """A preview could not be had; the message says why."""


def preview(stack: str, project: Path, python_path: Sequence[str] = ()) -> dict[str, Any]:
    """What `pulumi preview --json` prints for the program in this folder.

    Raises:
        PreviewError: pulumi is missing, or refuses.
    """
    command = ["pulumi", "preview", "--json", "--show-sames", "--stack", stack, "--non-interactive"]
    done = _run(command, project, _PULUMI_SECONDS, _environment(project, python_path))
    try:
        found = json.loads(done.stdout[done.stdout.index("{") :])
    except ValueError:
        found = None
    if done.returncode != 0 or not isinstance(found, dict):
        raise PreviewError(f"the preview of stack {stack!r} in {project} failed: {_why(found, done)}")
    return found


def state(stack: str, project: Path) -> Any:
    """What `pulumi stack export` prints.

    Raises:
        PreviewError: pulumi is missing, or refuses.
    """
    done = _run(["pulumi", "stack", "export", "--stack", stack, "--non-interactive"], project, _PULUMI_SECONDS)
    try:
        return json.loads(done.stdout)
    except ValueError as cause:
        raise PreviewError(f"the state of stack {stack!r} could not be exported: {_why(None, done)}") from cause


@contextmanager
def at(revision: str, project: Path) -> Iterator[Path]:
    """The project's folder as it was in another commit.

    Raises:
        PreviewError: there is no such commit, or the folder is in no git repository.
    """
    top = Path(_git(["rev-parse", "--show-toplevel"], project).strip())
    commit = _git(["rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}"], project).strip()
    inside = project.resolve().relative_to(top.resolve())
    with tempfile.TemporaryDirectory(prefix="eks-access-review-") as folder:
        checkout = Path(folder) / "base"
        _git(["worktree", "add", "--detach", str(checkout), commit], project)
        try:
            there = checkout / inside
            if not there.is_dir():
                raise PreviewError(f"there is no folder {inside} in {revision}: the project was not there yet")
            _link_virtualenv(project, there)
            yield there
        finally:
            _git(["worktree", "remove", "--force", str(checkout)], project)


def _link_virtualenv(project: Path, there: Path) -> None:
    try:
        described = yaml.safe_load((project / "Pulumi.yaml").read_text())
        name = described["runtime"]["options"]["virtualenv"]
    except (OSError, yaml.YAMLError, KeyError, TypeError):
        return
    own, linked = project / str(name), there / str(name)
    if own.exists() and not linked.exists() and not Path(str(name)).is_absolute():
        linked.parent.mkdir(parents=True, exist_ok=True)
        linked.symlink_to(own.resolve(), target_is_directory=True)


def _environment(project: Path, python_path: Sequence[str]) -> Mapping[str, str]:
    """With the project's own modules before whatever is installed, so that each commit runs its own code."""
    if not python_path:
        return os.environ
    paths = [str((project / each).resolve()) for each in python_path]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def _why(found: Mapping[str, Any] | None, done: "subprocess.CompletedProcess[str]") -> str:
    """The engine's own errors, which stand in the JSON, or what it wrote otherwise."""
    told = [
        str(each.get("message", ""))
        for each in (found or {}).get("diagnostics") or ()
        if isinstance(each, Mapping) and each.get("severity") == "error"
    ]
    return redacted(" ".join(" ".join(told or [done.stderr or done.stdout]).split()))[:2000]


def _git(arguments: list[str], cwd: Path) -> str:
    done = _run(["git", *arguments], cwd, _GIT_SECONDS)
    if done.returncode != 0:
        raise PreviewError(f"git {arguments[0]}: {' '.join(done.stderr.split())}")
    return done.stdout


def _run(
    command: list[str], cwd: Path, seconds: int, env: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except FileNotFoundError as cause:
        what = f"there is no folder {cwd}" if not cwd.is_dir() else f"the command {command[0]!r} is not on the PATH"
        raise PreviewError(what) from cause
    except subprocess.TimeoutExpired as cause:
        raise PreviewError(f"`{' '.join(command[:2])}` took over {seconds} seconds") from cause
