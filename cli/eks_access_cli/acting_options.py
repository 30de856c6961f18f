"""The options of the commands that act as integrations."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from eks_access_probe.identity import identities

Command = TypeVar("Command", bound=Callable[..., Any])


def acting_options(command: Command) -> Command:
    """Adds --identities, --integration and --cluster."""
    for option in (
        click.option("--cluster", "clusters", multiple=True, metavar="KEY", help="Only this cluster; repeatable."),
        click.option("--integration", "only", multiple=True, metavar="NAME", help="Only this integration; repeatable."),
        click.option(
            "--identities",
            "identities_file",
            type=click.Path(dir_okay=False, path_type=Path),
            help=f"How to become each integration. [default: ${identities.IDENTITIES_VARIABLE}]",
        ),
    ):
        command = option(command)
    return command
