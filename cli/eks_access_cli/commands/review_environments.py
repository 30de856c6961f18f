"""`eks-access review-environments`: which stacks a change is about, by the files that it touches.

A change of `Pulumi.<environment>.yaml` is about that environment alone. A change of anything else that the program may
use is about all of them: only prose and tests are known to be none of its parts.
"""

import json
import re
import subprocess
from collections.abc import Collection, Iterable
from pathlib import Path, PurePosixPath

import click

from ..options import BadInputError

_SETTINGS = re.compile(r"Pulumi\.(?P<name>[\w.-]+)\.ya?ml", re.ASCII)
_PROSE = re.compile(r".*\.(md|txt|rst)|LICENSE|CODEOWNERS", re.IGNORECASE)
_BESIDE = ("docs", "tests", "benchmarks")


def environments(files: Iterable[str]) -> list[str]:
    """The environments of a project, by the names of the files in its folder."""
    return sorted({match["name"] for file in files if (match := _SETTINGS.fullmatch(file))})


def changed(known: Collection[str], files: Iterable[str], project: str = ".") -> list[str]:
    """Those of the known environments that a change of these files, from the repository's root, is about."""
    found: set[str] = set()
    for file in files:
        path = PurePosixPath(file)
        match = _SETTINGS.fullmatch(path.name)
        if match and path.parent == PurePosixPath(project):
            found.add(match["name"])
        elif not _PROSE.fullmatch(path.name) and path.parts[0] not in _BESIDE:
            return sorted(known)
    return sorted(found & set(known))


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--since", required=True, metavar="REVISION", help="What the change is compared with.")
@click.option("--among", metavar="JSON", help="The environments, as a JSON list. [default: by Pulumi.*.yaml]")
@click.option(
    "--cwd",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    default=Path(),
    help="The Pulumi project's folder. [default: this one]",
)
def review_environments(*, since: str, among: str | None, cwd: Path) -> None:
    """Print, as a JSON list, the environments that a change is about."""
    known = json.loads(among) if among else environments(path.name for path in cwd.iterdir())
    top = Path(_git(["rev-parse", "--show-toplevel"], cwd).strip())
    commit = _git(["rev-parse", "--verify", "--end-of-options", f"{since}^{{commit}}"], cwd).strip()
    # Against where the branch began, as a pull request is shown.
    files = _git(["diff", "--name-only", "-z", f"{commit}...HEAD"], cwd).split("\0")
    project = cwd.resolve().relative_to(top.resolve()).as_posix()
    click.echo(json.dumps(changed(known, filter(None, files), project)))


def _git(arguments: list[str], cwd: Path) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=cwd, capture_output=True, text=True, check=False)
    except FileNotFoundError as cause:
        raise BadInputError("the command 'git' is not on the PATH") from cause
    if done.returncode != 0:
        raise BadInputError(f"git {arguments[0]}: {' '.join(done.stderr.split())}")
    return done.stdout
