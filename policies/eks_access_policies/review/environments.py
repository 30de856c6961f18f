"""Which environments of a project a change affects, by the files that it touches. Pure.

A change of `Pulumi.<environment>.yaml` affects that environment alone. A change of any other file affects all of them,
since the program may use it; only prose and tests are known not to be used.
"""

import re
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath

_STACK_FILE = re.compile(r"Pulumi\.(?P<name>[\w.-]+)\.ya?ml", re.ASCII)
_PROSE = re.compile(r".*\.(md|txt|rst)|LICENSE|CODEOWNERS", re.IGNORECASE)
_UNUSED_FOLDERS = ("docs", "tests", "benchmarks")


def find_environments(files: Iterable[str]) -> list[str]:
    """The environments of a project, by the names of the files in its folder."""
    return sorted({match["name"] for file in files if (match := _STACK_FILE.fullmatch(file))})


def find_affected_environments(known: Collection[str], files: Iterable[str], project: str = ".") -> list[str]:
    """Those of the known environments that a change of these files affects.

    `files` and `project`, the project's folder, are relative to the repository's root.
    """
    affected: set[str] = set()
    for file in files:
        path = PurePosixPath(file)
        match = _STACK_FILE.fullmatch(path.name)
        if match and path.parent == PurePosixPath(project):
            affected.add(match["name"])
        elif not _PROSE.fullmatch(path.name) and path.parts[0] not in _UNUSED_FOLDERS:
            return sorted(known)
    return sorted(affected & set(known))
