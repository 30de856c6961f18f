"""A copy of a stack in a temporary folder and backend: what the engine would do is computed on it, and nothing is kept.

The copy has the project's and the stack's name, so that all names of resources are the same, the configuration with its
encryption, and the state. The program runs where it is, and not from a copy.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from eks_access.stack.environment_file import Project

from .pulumi_program import PulumiProgramError, PulumiStack

_SECRETS = "encryptionsalt", "secretsprovider"
"""The keys of a stack's file by one of which its secrets are decrypted without Pulumi Cloud."""
SERVICE_SECRETS = "the secrets of the stack are Pulumi Cloud's, and a copy of the stack outside of it cannot read them"


class ScratchStackError(PulumiProgramError):
    """The stack cannot be copied."""


@contextmanager
def copy_stack(project: Project, stack: str, configuration: str, variables: Mapping[str, str]) -> Iterator[PulumiStack]:
    """The copy, with this text as the stack's file; it is gone at the end.

    Raises:
        ScratchStackError: it cannot be copied.
        PulumiProgramError: the engine refused.
    """
    settings = yaml.safe_load(configuration)
    state = PulumiStack(stack, project.folder).find_state()
    if not any(settings.get(key) for key in _SECRETS) and (state is not None or _has_secrets(settings)):
        raise ScratchStackError(SERVICE_SECRETS)
    name = stack.rsplit("/", 1)[-1]
    with tempfile.TemporaryDirectory(prefix="eks-access-adopt-") as created:
        folder = Path(created)
        (folder / "project").mkdir(mode=0o700)
        (folder / "backend").mkdir(mode=0o700)
        (folder / "project" / "Pulumi.yaml").write_text(yaml.safe_dump(_relocate(project)), encoding="utf-8")
        stack_file = resolve_definitions(configuration, project)
        (folder / "project" / f"Pulumi.{name}.yaml").write_text(stack_file, encoding="utf-8")
        backend = {"PULUMI_BACKEND_URL": f"file://{folder / 'backend'}", **_choose_passphrase(settings)}
        copy = PulumiStack(name, folder / "project", {**variables, **backend})
        copy.create()
        if state is not None:
            copy.import_state(state)
        yield copy


def _relocate(project: Project) -> dict[str, Any]:
    """The project's file for another folder: its paths are those of the project."""
    content: dict[str, Any] = json.loads(json.dumps(project.content, default=str))
    root = project.folder.resolve()
    content.pop("stackConfigDir", None)
    content.pop("backend", None)
    content["main"] = str(root / str(content.get("main") or ""))
    runtime = content.get("runtime")
    options = runtime.get("options") if isinstance(runtime, dict) else None
    if isinstance(options, dict) and options.get("virtualenv"):
        options["virtualenv"] = str(root / str(options["virtualenv"]))
    plugins = content.get("plugins")
    for kind in plugins.values() if isinstance(plugins, dict) else ():
        for each in kind if isinstance(kind, list) else ():
            if isinstance(each, dict) and each.get("path"):
                each["path"] = str(root / str(each["path"]))
    return content


def resolve_definitions(configuration: str, project: Project) -> str:
    """A stack's file with definitions named in full: their paths are relative to the project's folder."""
    content = yaml.safe_load(configuration)
    declared = (content.get("config") or {}).get(f"{project.name}:integrations")
    for each in declared.values() if isinstance(declared, dict) else ():
        if isinstance(each, dict) and isinstance(path := each.get("definition"), str):
            each["definition"] = str(project.folder.resolve() / path)
    text: str = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    return text


def _choose_passphrase(settings: Mapping[str, Any]) -> dict[str, str]:
    """Without secrets of its own the copy needs a passphrase, and any will do."""
    return {} if any(settings.get(key) for key in _SECRETS) else {"PULUMI_CONFIG_PASSPHRASE": "scratch"}


def _has_secrets(tree: Any) -> bool:
    if isinstance(tree, Mapping):
        return set(tree) == {"secure"} or any(map(_has_secrets, tree.values()))
    return isinstance(tree, list) and any(map(_has_secrets, tree))
