"""`eks-access handoff`."""

from pathlib import Path

import click

from ..options import find_integration, manifest_options, read_manifest
from . import Command


@click.command("handoff", cls=Command)
@click.argument("integration", required=False)
@manifest_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="Print it for a terminal, for a ticket, or for programs.",
)
@click.option("--show-secrets", is_flag=True, help="Show secret values, which are hidden by default.")
def command(
    *, integration: str | None, stack: str | None, manifest: str | None, cwd: Path, form: str, show_secrets: bool
) -> None:
    """Print what to enter in each vendor's own form, and the manual steps that are left.

    The values are printed under the form's own labels, in its order. Without INTEGRATION all integrations are printed.

    \b
    Examples:
      eks-access handoff --stack prod
      eks-access handoff cado --stack prod --format markdown
      eks-access handoff conductorone --stack prod --show-secrets

    Secrets of the stack are hidden. In a file that was written with `--show-secrets` only values that are secret by
    their nature (keys and codes) can be recognized, and are hidden.

    \b
    Exit codes:
      0  it was printed
      2  bad usage, or the manifest cannot be read or has no such integration
    """
    read = read_manifest(stack, manifest, cwd, secrets=show_secrets)
    chosen = read.integrations if integration is None else {integration: find_integration(read, integration)}

    from ..flows.handoff import print_handoff

    print_handoff(chosen, form, show_secrets=show_secrets)
