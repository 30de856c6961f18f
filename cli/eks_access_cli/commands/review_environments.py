"""`eks-access review-environments`."""

import json
from pathlib import Path

import click

from ..options import cwd_option
from ..output import print_document
from . import Command


@click.command("review-environments", cls=Command)
@click.option("--since", required=True, metavar="REVISION", help="The git revision to compare with.")
@click.option(
    "--among", metavar="JSON", help="The environments, as a JSON list.  [default: by the names of Pulumi.*.yaml]"
)
@click.option("--plan", "as_plan", is_flag=True, help="Print the plan of the review, as a JSON object.")
@click.option(
    "--control",
    "controls",
    multiple=True,
    metavar="PATH",
    help="With --plan: a file or folder, from the repository's root, that reviews are made with, such as the pack's"
    " configuration; {environment} in it is any name; repeatable.",
)
@cwd_option
def command(*, since: str, among: str | None, as_plan: bool, controls: tuple[str, ...], cwd: Path) -> None:
    """Print, as a JSON list, the environments that a change affects.

    A change of Pulumi.<environment>.yaml affects that environment; one of prose or tests that the configuration does
    not name affects none; and one of anything else affects all.

    \b
    Examples:
      eks-access review-environments --since main
      eks-access review-environments --since main --plan --control policies

    \b
    Exit codes:
      0  the list was printed; it may be empty
      2  bad usage, or git has no such revision
    """
    from ..flows.review_environments import plan_since

    if controls and not as_plan:
        raise click.UsageError("--control goes with --plan")
    plan = plan_since(since, cwd, None if among is None or not among.strip() else _parse_names(among), controls)
    print_document(json.dumps(plan.to_json() if as_plan else plan.environments))


def _parse_names(among: str) -> list[str]:
    from eks_access_policies.review.pull_request.environments import is_environment_name

    try:
        names = json.loads(among)
    except (ValueError, RecursionError):
        names = None
    if not isinstance(names, list) or not all(map(is_environment_name, names)):
        raise click.UsageError('--among: is not a JSON list of stack names without their organization: ["dev", "prod"]')
    return names
