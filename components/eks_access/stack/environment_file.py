"""Reads an environment from its file without the engine: for programs that run before a deployment, or without one."""

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pulumi
import yaml

from ..errors import EksAccessError, InvalidInputError
from ..model.placeholders import placeholder
from ..shell_command import format_command
from .configuration import SECTIONS, Environment, ReadSecret, parse_environment

PROJECT_FILES = ("Pulumi.yaml", "Pulumi.yml")


class ProjectFileError(EksAccessError):
    """A project's or an environment's file is missing or cannot be read."""


class NoEnvironmentError(EksAccessError):
    """The stack's file does not declare an environment that can be read: its program may, when it runs."""


@dataclass(frozen=True)
class Project:
    """A Pulumi project, as far as its files are of interest without the engine."""

    folder: Path
    name: str
    content: Mapping[str, Any]

    def stack_file(self, stack: str) -> Path:
        """The configuration file of a stack, which may be named with its organization and project.

        https://www.pulumi.com/docs/iac/concepts/projects/project-file/ (`stackConfigDir`)
        """
        folder = self.folder / str(self.content.get("stackConfigDir") or "")
        name = f"Pulumi.{stack.rsplit('/', 1)[-1]}"
        other = folder / f"{name}.yml"
        return other if other.exists() else folder / f"{name}.yaml"

    @property
    def virtual_environment(self) -> Path | None:
        """The virtual environment that the program runs in; None where it is the `python` on the PATH."""
        runtime = self.content.get("runtime")
        options = runtime.get("options") if isinstance(runtime, Mapping) else None
        named = options.get("virtualenv") if isinstance(options, Mapping) else None
        return self.folder / str(named) if named else None

    @property
    def plugin_folder(self) -> Path | None:
        """The folder that the project takes this package's plugin from; None where it is an installed one."""
        plugins = self.content.get("plugins")
        providers = plugins.get("providers") if isinstance(plugins, Mapping) else None
        for each in providers if isinstance(providers, list) else ():
            if isinstance(each, Mapping) and each.get("name") == "eks-access" and each.get("path"):
                return self.folder / str(each["path"])
        return None


def read_project(folder: Path) -> Project:
    """The project in a folder.

    Raises:
        ProjectFileError: the folder has no project file, or it is not one.
    """
    path = next((folder / name for name in PROJECT_FILES if (folder / name).exists()), None)
    if path is None:
        raise ProjectFileError(
            f"{folder.resolve()} has no {PROJECT_FILES[0]}: name the project's folder with --cwd, or make one there"
            " with `eks-access init`"
        )
    content = _read_mapping(path)
    name = content.get("name")
    if not isinstance(name, str) or not name:
        raise ProjectFileError(f"{path}: has no `name`, which every Pulumi project has")
    return Project(folder, name, content)


def read_environment(project: Project, stack: str) -> Environment:
    """The environment that a stack's file declares; a secret is a placeholder, which needs no passphrase.

    Raises:
        ProjectFileError: there is no such file, or it is not YAML.
        NoEnvironmentError: it has no section of this package.
        InvalidInputError: it is not valid.
    """
    path = project.stack_file(stack)
    if not path.exists():
        raise ProjectFileError(f"{path}: there is no such environment; `eks-access init` writes one")
    config = _read_mapping(path).get("config")
    own = config if isinstance(config, Mapping) else {}
    if project.content.get("config") and not all(f"{project.name}:{section}" in own for section in SECTIONS):
        raise NoEnvironmentError(f"{path} has not every section, and those in Pulumi.yaml are not read here")
    return parse_file_configuration(own, project.name)


def parse_file_configuration(config: Mapping[str, Any], project: str, *, secrets_are_set: bool = True) -> Environment:
    """The environment in the section `config` of a stack's file.

    Args:
        config: the section.
        project: the project's name, which prefixes its keys.
        secrets_are_set: must every secret that the environment refers to be there?

    Raises:
        NoEnvironmentError, InvalidInputError: as for `read_environment`.
    """
    prefix = f"{project}:"
    own = {str(key).removeprefix(prefix): value for key, value in config.items() if str(key).startswith(prefix)}
    if not own.keys() & set(SECTIONS):
        raise NoEnvironmentError(
            f"the configuration has none of the sections {', '.join(prefix + each for each in SECTIONS)}"
        )
    encrypted = [section for section in SECTIONS if _is_encrypted(own.get(section))]
    if encrypted:
        raise NoEnvironmentError(
            f"the section {prefix}{encrypted[0]} is encrypted as a whole, and is not decrypted here"
        )
    hidden = {key: _hide(value, key) if key in SECTIONS else value for key, value in own.items()}
    return parse_environment(hidden, cast("ReadSecret", _secret_reader(own, is_complete=secrets_are_set)))


def _is_encrypted(value: object) -> bool:
    """Whether a value is one that `pulumi config set --secret`, with or without `--path`, encrypted."""
    return isinstance(value, Mapping) and set(value) == {"secure"}


def _hide(tree: Any, path: str) -> Any:
    """The tree with placeholders for what is encrypted in it."""
    if _is_encrypted(tree):
        return placeholder(f"secret.{path}")
    if isinstance(tree, Mapping):
        return {key: _hide(value, f"{path}.{key}") for key, value in tree.items()}
    return [_hide(value, f"{path}[{index}]") for index, value in enumerate(tree)] if isinstance(tree, list) else tree


def _secret_reader(own: Mapping[str, Any], *, is_complete: bool) -> Callable[[str], pulumi.Input[str]]:
    def read(name: str) -> pulumi.Input[str]:
        if is_complete and name not in own:
            raise InvalidInputError(
                name,
                None,
                "is not set, and the environment refers to it",
                f"`{format_command('pulumi config set --secret', {}, [name])}` sets it.",
            )
        return placeholder(f"secret.{name}")

    return read


def read_text(path: Path) -> str:
    """The text of a file, with its line ends as they are.

    Raises:
        ProjectFileError: it cannot be read, or is not UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as cause:
        reason = cause.strerror if isinstance(cause, OSError) else "not UTF-8"
        raise ProjectFileError(f"{path}: cannot be read: {reason}") from cause


def replace_text(path: Path, text: str) -> None:
    """Replaces a file in one step, with the permissions that it has; a link stays one.

    Raises:
        ProjectFileError: it cannot be written, and is as it was.
    """
    file = path.resolve()
    try:
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=".eks-access-")
        try:
            with os.fdopen(handle, "wb") as new:
                new.write(text.encode())
            shutil.copymode(file, name)
            Path(name).replace(file)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as cause:
        raise ProjectFileError(f"{path}: cannot be written: {cause.strerror}") from cause


def _read_mapping(path: Path) -> Mapping[str, Any]:
    text = read_text(path)
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as cause:
        # The parser's own message would quote the file.
        mark = getattr(cause, "problem_mark", None)
        where = "" if mark is None else f" (line {mark.line + 1})"
        raise ProjectFileError(f"{path}: is not YAML{where}") from cause
    if not isinstance(content, Mapping):
        raise ProjectFileError(f"{path}: is not a mapping")
    return content
