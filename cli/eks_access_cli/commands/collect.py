"""`eks-access collect`."""

import sys
from typing import Any

import click

from ..options import acting_options, manifest_options
from . import Command

PAGE_SIZE = 500
"""`eks_access_probe.collector.fetch.PAGE`, which takes too long to import for a line of `--help`."""


@click.command("collect", cls=Command)
@manifest_options
@acting_options
@click.option("--json", "json_file", metavar="FILE", help="Write objects and relations as JSON; - for standard output.")
@click.option(
    "--deadline",
    type=click.FloatRange(1, 3600),
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="Start no call after this time, and report what is missing then.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 128),
    default=16,
    show_default=True,
    metavar="N",
    help="Make this many calls at the same time.",
)
@click.option(
    "--page-size",
    type=click.IntRange(1, 10_000),
    default=PAGE_SIZE,
    show_default=True,
    metavar="N",
    help="List this many objects at a time: fewer for an API server that is short of memory.",
)
def command(**options: Any) -> None:
    """Collect, acting as each integration, what it can see in each cluster: objects, status and relations.

    Metadata and status only: environment values, arguments, annotations and the content of ConfigMaps are not kept,
    and Secrets are not listed. Nothing is changed. A list that is denied is reported as denied, and one that could not
    be read completely as incomplete.

    \b
    Examples:
      eks-access collect --stack dev
      eks-access collect --stack prod --integration opentrace --cluster eu-1 --json inventory.json
      eks-access collect --manifest access.json --json - > inventory.json

    With --json - the table goes to standard error. `eks-access probe --collect` puts the same into its report.

    \b
    Exit codes:
      0  everything that the integrations may see was read
      2  bad usage or input; no call was made
      3  something was not read completely: a list, a cluster, or an integration that could not be acted as
    """
    from ..flows.collect import CollectOptions, run_collect

    sys.exit(run_collect(CollectOptions(**options)))
