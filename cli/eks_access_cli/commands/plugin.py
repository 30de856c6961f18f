"""`eks-access plugin install`: puts the plugin where the engine finds it, for programs that only install the wheel."""

import os
import shlex
import shutil
import sys
from pathlib import Path

import click

from eks_access import __version__

NAME = "pulumi-resource-eks-access"


@click.group()
def plugin() -> None:
    """The Pulumi plugin of this package."""


@plugin.command()
@click.option("--pulumi-home", type=click.Path(path_type=Path), help="Default: PULUMI_HOME, or ~/.pulumi.")
def install(pulumi_home: Path | None) -> None:
    """Install the plugin for this Python environment; run it again after the environment has moved."""
    click.echo(f"installed {written(pulumi_home or default_home())}")


def default_home() -> Path:
    return Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")


def written(pulumi_home: Path) -> Path:
    """Write the plugin's folder: a script that runs this very Python. Gives the script's path."""
    folder = pulumi_home.absolute() / "plugins" / f"resource-eks-access-v{__version__}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    script = folder / NAME
    # The package's root, for where it is not installed but found by PYTHONPATH.
    root = Path(__file__).resolve().parents[2]
    script.write_text(
        "#!/bin/sh\n"
        f'PYTHONPATH={shlex.quote(str(root))}"${{PYTHONPATH:+:$PYTHONPATH}}"\n'
        "export PYTHONPATH\n"
        f'exec {shlex.quote(sys.executable)} -m eks_access.provider "$@"\n'
    )
    script.chmod(0o755)
    return script
