"""The plugins of a Pulumi home: installed, and ended where their engine did not."""

import os
import shlex
import shutil
import sys
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from ..processes import ProcessRecord, kill
from ..programs.cache import link
from ..programs.catalogue import KUBERNETES_PLUGIN_VERSION
from . import sdk_version

ENGINE = "pulumi"


def install(pulumi_home: Path, kubernetes: Path, *, official: Path | None = None) -> list[str]:
    """Give a Pulumi home its plugins; safe to repeat.

    Args:
        kubernetes: the folder of the official plugin for Kubernetes.
        official: the user's own plugins, by default `~/.pulumi/plugins`: one for AWS of the right version is taken.

    Returns:
        One line for each plugin: what it is, and from where.
    """
    official = official or Path.home() / ".pulumi" / "plugins"
    return [_install_aws(pulumi_home, official), _install_kubernetes(pulumi_home, kubernetes)]


def orphans(pulumi_home: Path) -> list[ProcessRecord]:
    """The running plugins of this Pulumi home whose engine is gone: one that is killed does not end them, and the
    official ones do not notice.
    """
    plugins = pulumi_home.resolve() / "plugins"
    found = []
    for process in psutil.process_iter(["cmdline", "create_time", "name"]):
        command = process.info["cmdline"]
        # The engine starts a plugin by its path. What that links to may be anywhere.
        if command and Path(command[0]).is_relative_to(plugins) and not _has_engine(process):
            found.append(ProcessRecord(process.info["name"], process.pid, process.info["create_time"]))
    return found


def reap(pulumi_home: Path) -> list[str]:
    """End them; the names of those that there were."""
    return kill(orphans(pulumi_home))


def _install_kubernetes(pulumi_home: Path, source: Path) -> str:
    target = _empty(pulumi_home / "plugins" / f"resource-kubernetes-v{KUBERNETES_PLUGIN_VERSION}")
    for file in source.iterdir():
        link(file, target / file.name)
    return f"kubernetes {KUBERNETES_PLUGIN_VERSION}: official plugin from {source}"


def _install_aws(pulumi_home: Path, official: Path) -> str:
    version = sdk_version("aws")
    present = official / f"resource-aws-v{version}" / "pulumi-resource-aws"
    entry = _empty(pulumi_home / "plugins" / f"resource-aws-v{version}") / present.name
    if present.is_file():
        entry.symlink_to(present.resolve())
        return f"aws {version}: official plugin from {present.parent}"
    entry.write_text(_wrapper())
    entry.chmod(0o755)
    return f"aws {version}: stand-in"


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _wrapper() -> str:
    root = Path(__file__).resolve().parents[2]
    path = os.pathsep.join(str(folder) for folder in (root, root / "components"))
    # `-P` keeps the program's folder, where the engine starts plugins, out of the module search path.
    return (
        "#!/bin/sh\n"
        f"PYTHONPATH={shlex.quote(path)}${{PYTHONPATH:+:$PYTHONPATH}}\n"
        "export PYTHONPATH\n"
        f'exec {shlex.quote(sys.executable)} -P -m sandbox.plugins.aws "$@"\n'
    )


def _has_engine(process: psutil.Process) -> bool:
    """Whether its parent is an engine. A process whose parent has ended gets another one."""
    try:
        parent = process.parent()
        return parent is not None and parent.name() == ENGINE
    except psutil.NoSuchProcess:
        return False
