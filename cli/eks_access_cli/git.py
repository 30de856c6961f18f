"""Runs git: other revisions of a project, and what a change touches."""

import logging
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eks_access.errors import EksAccessError

_SECONDS = 300

_log = logging.getLogger(__name__)


class GitError(EksAccessError):
    """git is missing, took too long or failed."""


@contextmanager
def check_out(revision: str, project: Path) -> Iterator[Path]:
    """The project's folder as it was in another revision, in a worktree of its own that is removed again.

    The project's own working tree stays as it is.

    Raises:
        GitError: there is no such commit or no project in it, or the folder is in no git repository.
    """
    top = _top(project)
    commit = _find_commit(revision, project)
    inside = project.resolve().relative_to(top)
    with tempfile.TemporaryDirectory(prefix="eks-access-review-") as folder:
        worktree = Path(folder) / "base"
        run_git(["worktree", "add", "--detach", str(worktree), commit], project)
        try:
            checkout = worktree / inside
            if not checkout.is_dir():
                raise GitError(f"there is no folder {inside} in {revision}: the project did not exist yet")
            yield checkout
        finally:
            run_git(["worktree", "remove", "--force", str(worktree)], project)


def find_changed_files(since: str, project: Path) -> list[str]:
    """The files that the branch touches since it left the revision, as a pull request shows them, from the root.

    Raises:
        GitError: there is no such commit, or the folder is in no git repository.
    """
    commit = _find_commit(since, project)
    names = run_git(["diff", "--name-only", "-z", f"{commit}...HEAD"], project).split("\0")
    return [name for name in names if name]


def find_project(project: Path) -> str:
    """The project's folder, from the repository's root.

    Raises:
        GitError: it is in no git repository.
    """
    return project.resolve().relative_to(_top(project)).as_posix()


def run_git(arguments: list[str], folder: Path) -> str:
    """What git prints.

    Raises:
        GitError: git or the folder is missing, or git took too long or failed.
    """
    _log.debug("git %s in %s", " ".join(arguments), folder)
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError as cause:
        missing = "the command `git` is not on the PATH" if folder.is_dir() else f"--cwd: there is no folder {folder}"
        raise GitError(missing) from cause
    except subprocess.TimeoutExpired as cause:
        raise GitError(f"`git {arguments[0]}` took over {_SECONDS} seconds") from cause
    if done.returncode != 0:
        raise GitError(f"git {arguments[0]}: {' '.join(done.stderr.split())}")
    return done.stdout


def _top(folder: Path) -> Path:
    return Path(run_git(["rev-parse", "--show-toplevel"], folder).strip()).resolve()


def _find_commit(revision: str, folder: Path) -> str:
    return run_git(["rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}"], folder).strip()
