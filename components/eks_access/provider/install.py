"""Installs the Pulumi plugin into the engine's plugin folder, for programs that only install the wheel."""

import os
import shlex
import shutil
import sys
from pathlib import Path

from .. import __version__

NAME = "pulumi-resource-eks-access"
ROOT = Path(__file__).resolve().parents[2]
"""The folder that `eks_access` is imported from."""


def default_pulumi_home() -> Path:
    """The engine's own folder. https://www.pulumi.com/docs/iac/cli/environment-variables/"""
    return Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")


def install_plugin(pulumi_home: Path) -> Path:
    """Writes a script that runs the plugin with the current Python interpreter; returns the script's path.

    An installation of the same version is replaced.

    Raises:
        OSError: the folder cannot be written.
    """
    folder = pulumi_home.absolute() / "plugins" / f"resource-eks-access-v{__version__}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    script = folder / NAME
    # With its folder on the path, for where the package is not installed but found by PYTHONPATH.
    script.write_text(
        "#!/bin/sh\n"
        f'PYTHONPATH={shlex.quote(str(ROOT))}"${{PYTHONPATH:+:$PYTHONPATH}}"\n'
        "export PYTHONPATH\n"
        f'exec {shlex.quote(sys.executable)} -m eks_access.provider "$@"\n'
    )
    script.chmod(0o755)
    return script
