"""The options of the commands that read an access manifest, and how they refuse."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from eks_access.errors import EksAccessError
from eks_access.manifest import source
from eks_access.manifest.models import IntegrationAccess, Manifest
from eks_access.manifest.source import SourceError

Command = TypeVar("Command", bound=Callable[..., Any])


class BadInputError(EksAccessError, click.ClickException):
    """What was given cannot be used."""

    exit_code = 2


def manifest_options(command: Command) -> Command:
    """Adds --stack, --manifest and --cwd."""
    for option in (
        click.option(
            "--cwd",
            type=click.Path(file_okay=False, path_type=Path),
            default=Path(),
            help="The Pulumi project's folder, for --stack. [default: this one]",
        ),
        click.option(
            "--manifest", metavar="FILE", help="Read the access manifest from a file; - for the standard input."
        ),
        click.option("--stack", metavar="NAME", help="Read the access manifest from this Pulumi stack's output."),
    ):
        command = option(command)
    return command


def read_manifest(stack: str | None, manifest: str | None, cwd: Path, *, secrets: bool = False) -> Manifest:
    """The manifest that the options name. Without `secrets` it may hold `HIDDEN` in their place.

    Raises:
        click.UsageError, BadInputError: not exactly one of them was given, or it cannot be read.
    """
    if (stack is None) == (manifest is None):
        raise click.UsageError("give either --stack NAME or --manifest FILE")
    try:
        if stack is not None:
            return source.of_stack(stack, cwd, secrets=secrets)
        return source.of_file(manifest or "", secrets=secrets)
    except SourceError as error:
        raise BadInputError(str(error)) from error


def one_integration(manifest: Manifest, name: str) -> IntegrationAccess:
    """
    Raises:
        BadInputError: there is none of this name; the message says which there are.
    """
    if name not in manifest.integrations:
        there = ", ".join(sorted(manifest.integrations)) or "none"
        raise BadInputError(
            f"there is no integration {name!r} in environment {manifest.environment!r}; it has: {there}"
        )
    return manifest.integrations[name]
