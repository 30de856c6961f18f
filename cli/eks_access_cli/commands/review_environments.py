"""`eks-access review-environments`."""

import json
from pathlib import Path

import click

from ..options import cwd_option
from . import Command


@click.command("review-environments", cls=Command)
@click.option("--since", required=True, metavar="REVISION", help="The git revision to compare with.")
@click.option(
    "--among", metavar="JSON", help="The environments, as a JSON list.  [default: by the names of Pulumi.*.yaml]"
)
@cwd_option
def command(*, since: str, among: str | None, cwd: Path) -> None:
    """Print, as a JSON list, the environments that a change affects.

    A change of Pulumi.<environment>.yaml affects that environment; one of prose or tests affects none; and one of
    anything else affects all.

    \b
    Example:
      eks-access review-environments --since main

    \b
    Exit codes:
      0  the list was printed; it may be empty
      2  bad usage, or git has no such revision
    """
    from eks_access_policies.review.environments import find_affected_environments, find_environments

    from ..git import find_changed_files, find_project

    known = json.loads(among) if among else find_environments(path.name for path in cwd.iterdir())
    affected = find_affected_environments(known, find_changed_files(since, cwd), find_project(cwd))
    click.echo(json.dumps(affected))
