"""`eks-access plugin`."""

from pathlib import Path

import click

from ..output import OutputError, print_message
from . import CommandGroup


@click.group("plugin", cls=CommandGroup)
def command() -> None:
    """Install the Pulumi plugin of this package."""


@command.command("install")
@click.option(
    "--pulumi-home",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="The engine's own folder.  [default: $PULUMI_HOME, or ~/.pulumi]",
)
def install_command(pulumi_home: Path | None) -> None:
    """Install the plugin for this Python environment.

    The Pulumi engine then finds it in programs that only install this package. Run it again after the environment has
    moved.

    \b
    Examples:
      eks-access plugin install
      eks-access plugin install --pulumi-home /opt/pulumi

    \b
    Exit codes:
      0  it was installed
      2  bad usage, or the folder cannot be written
    """
    from eks_access.provider.install import default_pulumi_home, install_plugin

    home = pulumi_home or default_pulumi_home()
    try:
        print_message(f"installed {install_plugin(home)}")
    except OSError as error:
        raise OutputError("--pulumi-home", home, error) from error
