"""`eks-access collect`."""

import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import click
from rich.console import Console

from eks_access.endpoint import LoopbackError, loopback_endpoint
from eks_access.manifest.models import IntegrationAccess, Manifest
from eks_access_probe.collector import table
from eks_access_probe.collector.collector import collect as gather
from eks_access_probe.collector.fetch import PAGE_SIZE
from eks_access_probe.collector.inventory import Inventory
from eks_access_probe.identity import identities
from eks_access_probe.identity.aws_clients import Aws
from eks_access_probe.identity.identities import Identities, IdentitiesError
from eks_access_probe.run.plan import PlanError, selected

from ..acting_options import acting_options
from ..collect_progress import progress
from ..console import console
from ..options import BadInputError, manifest_options, read_manifest

CONCURRENCY = 16
DEADLINE = 300.0
WHOLE, NOT_WHOLE = 0, 3
INTERRUPTED = 130


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@manifest_options
@acting_options
@click.option(
    "--json", "json_file", metavar="FILE", help="Write objects and relations as JSON; - for the standard output."
)
@click.option(
    "--deadline",
    type=click.FloatRange(1, 3600),
    default=DEADLINE,
    show_default=True,
    metavar="SECONDS",
    help="After this time nothing is asked for again; what is missing then is told.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 128),
    default=CONCURRENCY,
    show_default=True,
    metavar="N",
    help="How many calls are under way at the same time.",
)
@click.option(
    "--page-size",
    type=click.IntRange(1, 10_000),
    default=PAGE_SIZE,
    show_default=True,
    metavar="N",
    help="How many objects are asked for at a time: fewer for an API server that is short of memory.",
)
def collect(
    *,
    stack: str | None,
    manifest: str | None,
    cwd: Path,
    identities_file: Path | None,
    only: tuple[str, ...],
    clusters: tuple[str, ...],
    json_file: str | None,
    deadline: float,
    concurrency: int,
    page_size: int,
) -> None:
    """Gather, as each integration, what it sees in each cluster: objects, their status and how they belong together.

    Metadata and status only: environment values, arguments, annotations and the content of ConfigMaps are not kept,
    and Secrets are not asked for. It changes nothing. A refused list is told as refused; one that could not be read
    to its end is told as such, and never as complete.

    \b
    Examples:
      eks-access collect --stack dev
      eks-access collect --stack prod --integration opentrace --cluster eu-1 --json inventory.json
      eks-access collect --manifest access.json --json - > inventory.json

    With --json - the table goes to the standard error. `eks-access probe --collect` puts the same into its report.

    \b
    Exit codes:
      0  everything that the integrations may see was read
      2  bad usage or input; nothing was asked
      3  something was not read whole: a list, a cluster, or an integration that could not be acted as
    """
    read = read_manifest(stack, manifest, cwd, secrets=True)
    try:
        known = identities.read(identities.find(identities_file, os.environ))
        aws = Aws(loopback_endpoint(os.environ) if read.endpoint == "loopback" else None)
        chosen = selected(read, only, clusters)
    except (IdentitiesError, LoopbackError, PlanError) as error:
        raise BadInputError(str(error)) from error
    with ExitStack() as files:
        out = _opened(json_file, files) if json_file else None
        try:
            found = shown(read, chosen, known, aws, concurrency=concurrency, deadline=deadline, page_size=page_size)
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            sys.exit(INTERRUPTED)
        table.print_inventory(found, chosen, console(stderr=json_file == "-"))
        if out is not None:
            out.writelines(found.json_chunks())
            out.write(b"\n")
    sys.exit(WHOLE if found.is_whole else NOT_WHOLE)


def shown(
    manifest: Manifest,
    chosen: Mapping[str, IntegrationAccess],
    known: Identities,
    aws: Aws,
    *,
    concurrency: int = CONCURRENCY,
    deadline: float = DEADLINE,
    page_size: int = PAGE_SIZE,
) -> Inventory:
    """What the chosen integrations see, with progress on the standard error."""
    total = sum(len(access.clusters) for access in chosen.values())
    with progress(total, Console(stderr=True)) as listener:
        return gather(
            manifest,
            chosen,
            known,
            aws,
            listener=listener,
            concurrency=concurrency,
            deadline=deadline,
            page_size=page_size,
        )


def _opened(path: str, files: ExitStack) -> BinaryIO:
    """The file to write to, opened before anything is asked, so that a wrong path costs no run."""
    if path == "-":
        return sys.stdout.buffer
    try:
        return files.enter_context(Path(path).open("wb"))
    except OSError as error:
        raise BadInputError(f"--json: cannot write {path}: {error.strerror}") from error
