"""Which environments of a project a change affects, by the files that it touches. Pure.

A change of `Pulumi.<environment>.yaml` affects that environment alone. A change of any other file affects all of them,
since the program may use it: dependencies, definitions, shared code, and files of a kind that is not known. Only prose
and tests are known not to be used, unless the project is in their folder or its configuration names them.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from posixpath import normpath

import yaml

PROJECT_FILES = ("Pulumi.yaml", "Pulumi.yml")
_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}"
"""A stack's name, without its organization. It is a folder's name and an argument of commands as well.
https://www.pulumi.com/docs/iac/concepts/stacks/#create-stack"""
_STACK_FILE = re.compile(rf"Pulumi\.(?P<name>{_NAME})\.ya?ml")
_PROSE = re.compile(r".+\.(md|rst|adoc)|(LICENSE|LICENCE|NOTICE|CODEOWNERS|AUTHORS)(\.txt)?", re.IGNORECASE)
_DEPENDENCIES = re.compile(
    r"(requirements|constraints).*\.(txt|in)|.*\.lock|.*-lock\.(json|yaml)|pyproject\.toml|setup\.(py|cfg)|Pipfile"
    r"|package\.json|go\.(mod|sum)|pom\.xml|.*\.gradle(\.kts)?|.*\.[cf]sproj",
    re.IGNORECASE,
)
_UNUSED_FOLDERS = ("docs", "tests")
_ROOT = PurePosixPath(".")


@dataclass(frozen=True)
class Project:
    """A Pulumi project in a repository. `folder` is relative to the repository's root."""

    folder: str = "."
    configurations: tuple[str, ...] = ()
    """The texts of its `Pulumi.yaml` and of all `Pulumi.<environment>.yaml`."""

    def find_stack(self, file: str) -> str | None:
        """The environment whose configuration a file is, if it is one."""
        path = PurePosixPath(file)
        match = _STACK_FILE.fullmatch(path.name)
        return match["name"] if match and path.parent == PurePosixPath(self.folder) else None

    def may_use(self, file: str) -> bool:
        """Whether the program may read a file: all but prose and tests that have nothing to do with the project."""
        path = PurePosixPath(file)
        if not _PROSE.fullmatch(path.name) and (path.parts[0] not in _UNUSED_FOLDERS or self._shares_top(path)):
            return True
        return self._named is None or any(each in self._named for each in (path, *path.parents))

    def _shares_top(self, path: PurePosixPath) -> bool:
        return path.parts[0] in PurePosixPath(self.folder).parts[:1]

    @cached_property
    def _named(self) -> frozenset[PurePosixPath] | None:
        """The files and folders that the configurations name; None if one of them is not YAML, and may name any."""
        try:
            return frozenset(
                path
                for text in self.configurations
                for value in _scalars(text)
                for root in (".", self.folder)
                if (path := _parse_path(value, root)) != _ROOT
            )
        except (yaml.YAMLError, RecursionError):
            return None


def is_environment_name(name: object) -> bool:
    """Whether this can be the name of a stack, and so be part of a path and of a command."""
    return isinstance(name, str) and re.fullmatch(_NAME, name) is not None


def is_dependency_file(file: str) -> bool:
    """Whether a file says what a program is installed with, by the names that package managers use."""
    path = PurePosixPath(file)
    return bool(_DEPENDENCIES.fullmatch(path.name)) or "requirements" in path.parts[:-1]


def find_environments(files: Iterable[str]) -> list[str]:
    """The environments of a project, by the names of the files in its folder."""
    return sorted({match["name"] for file in files if (match := _STACK_FILE.fullmatch(file))})


def find_affected_environments(
    known: Collection[str], files: Iterable[str], project: Project | None = None
) -> list[str]:
    """Those of the known environments that a change of these files affects, which are relative to the root."""
    project = project or Project()
    affected: set[str] = set()
    for file in files:
        if stack := project.find_stack(file):
            affected.add(stack)
        elif project.may_use(file):
            return sorted(known)
    return sorted(affected & set(known))


def _scalars(text: str) -> Iterator[str]:
    """All scalars of a YAML text, each once: aliases may repeat one without end."""
    pending: list[yaml.Node | None] = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
    seen: set[int] = set()
    while pending:
        node = pending.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            yield node.value
        elif isinstance(node, yaml.SequenceNode):
            pending.extend(node.value)
        elif isinstance(node, yaml.MappingNode):
            pending.extend(part for pair in node.value for part in pair)


def _parse_path(value: str, root: str) -> PurePosixPath:
    """The path that a value may be, from the repository's root; of a pattern, the folder above its first wildcard."""
    text = value.removeprefix("file://").split("\n", 1)[0]
    fixed = re.match(r"[^*?\[{$]*", text)
    if fixed and fixed[0] != text:
        text = fixed[0].rpartition("/")[0]
    return PurePosixPath(normpath(f"{root}/{text.strip()}"))
