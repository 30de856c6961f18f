"""Runs git: other revisions of a project, and what a change touches."""

import logging
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eks_access.errors import EksAccessError
from eks_access.redaction import redacted

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

    A renamed file is two: the deleted one, and the new one. Submodules count, whatever `.gitmodules` says of them.

    Raises:
        GitError: there is no such commit, or the folder is in no git repository.
    """
    commit = _find_commit(since, project)
    options = ["--name-only", "--no-renames", "--ignore-submodules=none", "-z"]
    return _split_names(run_git(["diff", *options, f"{commit}...HEAD"], project))


def find_differing_files(revision: str, project: Path) -> list[str]:
    """The files in which the working tree differs from a revision, without those that git ignores, from the root.

    Raises:
        GitError: there is no such commit, or the folder is in no git repository.
    """
    commit = _find_commit(revision, project)
    tracked = run_git(["diff", "--name-only", "--no-renames", "-z", commit], project)
    added = run_git(["ls-files", "--others", "--exclude-standard", "--full-name", "-z", ":/"], project)
    return _split_names(tracked + added)


def list_files(revision: str, folder: str, project: Path) -> list[str]:
    """Names of the files in a folder, from the repository's root, in a revision; none if it has no such folder.

    Raises:
        GitError: there is no such commit, or the project is in no git repository.
    """
    commit = _find_commit(revision, project)
    inside = [] if folder == "." else ["--", f"{folder}/"]
    names = _split_names(run_git(["ls-tree", "--full-tree", "--name-only", "-z", commit, *inside], project))
    return [name.rpartition("/")[2] for name in names]


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
            encoding="utf-8",
            errors="surrogateescape",  # git's names are bytes
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError as cause:
        missing = "the command `git` is not on the PATH" if folder.is_dir() else f"--cwd: there is no folder {folder}"
        raise GitError(missing) from cause
    except subprocess.TimeoutExpired as cause:
        raise GitError(f"`git {arguments[0]}` took over {_SECONDS} seconds") from cause
    if done.returncode != 0:
        raise GitError(f"git {arguments[0]}: {redacted(' '.join(done.stderr.split()))}")
    return done.stdout


def _split_names(output: str) -> list[str]:
    return [name for name in output.split("\0") if name]


def _top(folder: Path) -> Path:
    return Path(run_git(["rev-parse", "--show-toplevel"], folder).strip()).resolve()


def _find_commit(revision: str, folder: Path) -> str:
    return run_git(["rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}"], folder).strip()
