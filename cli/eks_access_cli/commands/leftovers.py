"""`eks-access leftovers`."""

import sys
from pathlib import Path

import click

from ..options import find_integration, manifest_options, read_manifest
from . import Command


@click.command("leftovers", cls=Command)
@manifest_options
@click.option("--gone", multiple=True, metavar="INTEGRATION", help="Treat it as off-boarded; repeatable.")
@click.option("--profile", metavar="NAME", help="The AWS profile to read with.  [default: the environment's]")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def command(
    *,
    stack: str | None,
    manifest: str | None,
    cwd: Path,
    gone: tuple[str, ...],
    profile: str | None,
    as_json: bool,
) -> None:
    """List orphaned resources, in each cluster of a stack and in AWS: those that belong to no integration (any more).

    \b
    - objects and access entries that this package created, for an integration that the stack no longer has
    - what vendors created themselves: ConductorOne's bindings and empty access entries, for example
    - access entries and aws-auth mappings of roles and users that no longer exist

    It reads with the deployer's AWS credentials, changes nothing, and prints the command that removes each resource.
    Objects of other stacks are left out. What vendors created is listed also while they are deployed.

    \b
    Examples:
      eks-access leftovers --stack prod
      eks-access leftovers --manifest access.json --gone cado     of a stack that was destroyed, or before off-boarding

    Principals of other accounts cannot be looked up, and are not evaluated.

    \b
    Exit codes:
      0  nothing is left over
      1  something is
      2  bad usage or input; nothing was read
      3  nothing was found, but a cluster or region could not be read
    """
    read = read_manifest(stack, manifest, cwd)
    for name in gone:
        find_integration(read, name)

    from ..flows.leftovers import list_leftovers

    sys.exit(list_leftovers(read, frozenset(gone), profile, as_json=as_json))
