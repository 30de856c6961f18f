"""Stand-ins for the official Pulumi plug-ins `aws` and `kubernetes`, for machines that cannot download them.

They are test equipment, never part of the package: small resource plug-ins that serve the types the project
uses and behave as the official ones do, as far as a program can tell. `install` puts them, or the official ones
where those are present, into a Pulumi home folder.
"""

import json
import shlex
import sys
from pathlib import Path
from typing import Literal

from .declared import package_folder

Package = Literal["aws", "kubernetes"]
PACKAGES: tuple[Package, ...] = ("aws", "kubernetes")


def sdk_version(package: Package) -> str:
    """The version of the official plug-in that the installed Python SDK requires of the engine."""
    description = json.loads((package_folder(f"pulumi_{package}") / "pulumi-plugin.json").read_text())
    return str(description["version"])


def install(pulumi_home: Path, *, official: Path | None = None) -> list[str]:
    """Give a Pulumi home its `aws` and `kubernetes` plug-ins; safe to repeat.

    An official plug-in of the same version in the user's own Pulumi home (`official`, by default
    `~/.pulumi/plugins`) is linked; otherwise a stand-in is written that runs with the present interpreter.

    Returns:
        One line for each plug-in: official or stand-in.
    """
    official = official or Path.home() / ".pulumi" / "plugins"
    return [_install(package, pulumi_home / "plugins", official) for package in PACKAGES]


def _install(package: Package, plugins: Path, official: Path) -> str:
    version = sdk_version(package)
    folder, program = f"resource-{package}-v{version}", f"pulumi-resource-{package}"
    target = plugins / folder
    target.mkdir(parents=True, exist_ok=True)
    entry = target / program
    entry.unlink(missing_ok=True)
    present = official / folder / program
    if present.is_file() and present.resolve() != entry.resolve():
        entry.symlink_to(present.resolve())
        return f"{package} {version}: official plug-in from {official / folder}"
    entry.write_text(_wrapper(package))
    entry.chmod(0o755)
    return f"{package} {version}: stand-in"


def _wrapper(package: Package) -> str:
    root = Path(__file__).resolve().parents[2]
    path = ":".join(str(folder) for folder in (root, root / "components"))
    # `-P` keeps the program's folder, where the engine starts plug-ins, out of the module search path.
    return (
        "#!/bin/sh\n"
        f"PYTHONPATH={shlex.quote(path)}${{PYTHONPATH:+:$PYTHONPATH}}\n"
        "export PYTHONPATH\n"
        f'exec {shlex.quote(sys.executable)} -P -m sandbox.plugins.{package} "$@"\n'
    )
