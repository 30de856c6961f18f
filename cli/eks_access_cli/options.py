"""Options that several commands share, and what they select."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

from eks_access.errors import EksAccessError

if TYPE_CHECKING:
    from eks_access.manifest.models import IntegrationAccess, Manifest

Function = TypeVar("Function", bound=Callable[..., Any])

IDENTITIES_VARIABLE = "EKS_ACCESS_IDENTITIES"
"""`eks_access_probe.identity.identities.IDENTITIES_VARIABLE`, which takes too long to import for a line of `--help`."""
LOG_VARIABLE = "EKS_ACCESS_LOG"


class UnknownIntegrationError(EksAccessError):
    """The access manifest has no integration of this name."""


class EncodingError(EksAccessError):
    """A file is not text in UTF-8."""


def read_text(option: str, file: TextIO) -> str:
    """Reads the file that an option names.

    Raises:
        EncodingError: it is not text in UTF-8.
    """
    try:
        return file.read()
    except UnicodeDecodeError:
        raise EncodingError(f"{option}: {file.name} is not UTF-8 text") from None


def cwd_option(function: Function) -> Function:
    """Adds --cwd, or -C."""
    return click.option(
        "-C",
        "--cwd",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        default=Path(),
        metavar="FOLDER",
        help="The Pulumi project's folder, for --stack.  [default: the current one]",
    )(function)


def manifest_options(function: Function) -> Function:
    """Adds --stack, --manifest and --cwd."""
    for option in (
        cwd_option,
        click.option("--manifest", metavar="FILE", help="Read the access manifest from a file; - for standard input."),
        click.option("--stack", metavar="NAME", help="Read the access manifest from this Pulumi stack's output."),
    ):
        function = option(function)
    return function


def acting_options(function: Function) -> Function:
    """Adds --identities, --integration and --cluster, for commands that act as integrations."""
    for option in (
        click.option("--cluster", "clusters", multiple=True, metavar="KEY", help="Only this cluster; repeatable."),
        click.option(
            "--integration", "integrations", multiple=True, metavar="NAME", help="Only this integration; repeatable."
        ),
        click.option(
            "--identities",
            "identities_file",
            type=click.Path(dir_okay=False, path_type=Path),
            metavar="FILE",
            help=f"Where to get credentials for each integration.  [default: ${IDENTITIES_VARIABLE}]",
        ),
    ):
        function = option(function)
    return function


def debug_option() -> click.Option:
    """--debug FILE, which every command has."""
    return click.Option(
        ["--debug", "log_file"],
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        envvar=LOG_VARIABLE,
        help=f"Write a log to FILE, without secrets, to attach to an issue.  [default: ${LOG_VARIABLE}]",
    )


def check_one_source(stack: str | None, manifest: str | None) -> None:
    """
    Raises:
        click.UsageError: not exactly one of --stack and --manifest was given.
    """
    if (stack is None) == (manifest is None):
        raise click.UsageError("give either --stack NAME or --manifest FILE")


def read_manifest(stack: str | None, manifest: str | None, cwd: Path, *, secrets: bool = False) -> "Manifest":
    """The access manifest that the options name. Without `secrets` it may have `HIDDEN` in their place.

    Raises:
        click.UsageError: not exactly one of --stack and --manifest was given.
        SourceError, PulumiProgramError: it cannot be read.
    """
    check_one_source(stack, manifest)
    if stack is not None:
        from .pulumi_program import PulumiStack

        return PulumiStack(stack, cwd).read_manifest(secrets=secrets)
    from eks_access.manifest.source import load_manifest

    return load_manifest(manifest or "", secrets=secrets)


def find_integration(manifest: "Manifest", name: str) -> "IntegrationAccess":
    """
    Raises:
        UnknownIntegrationError: there is none of this name; the message lists those that there are.
    """
    if name not in manifest.integrations:
        known = ", ".join(sorted(manifest.integrations)) or "none"
        raise UnknownIntegrationError(
            f"there is no integration {name!r} in environment {manifest.environment!r}; it has: {known}"
        )
    return manifest.integrations[name]
