"""Collects what each integration can see, with progress on standard error."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from eks_access.manifest.models import IntegrationAccess, Manifest
from eks_access_probe.collector import table
from eks_access_probe.collector.collect import collect
from eks_access_probe.collector.fetch import PAGE
from eks_access_probe.collector.inventory import Inventory
from eks_access_probe.identity.aws_clients import Aws
from eks_access_probe.identity.identities import Identities
from eks_access_probe.run.plan import select_integrations

from .. import exit_codes
from ..console import create_console
from ..options import read_manifest
from ..output import open_binary
from ..progress import show_collect_progress
from .acting import create_aws, load_identities

DEADLINE = 300.0
"""Seconds."""


@dataclass(frozen=True, kw_only=True)
class CollectOptions:
    """The options of `eks-access collect`."""

    stack: str | None
    manifest: str | None
    cwd: Path
    identities_file: Path | None
    integrations: tuple[str, ...]
    clusters: tuple[str, ...]
    json_file: str | None
    deadline: float
    concurrency: int
    page_size: int


def run_collect(options: CollectOptions) -> int:
    """Collects, prints and writes; returns the exit code."""
    manifest = read_manifest(options.stack, options.manifest, options.cwd, secrets=True)
    identities = load_identities(options.identities_file)
    aws = create_aws(manifest)
    selection = select_integrations(manifest, options.integrations, options.clusters)
    with ExitStack() as files:
        out = open_binary("--json", options.json_file, files) if options.json_file else None
        inventory = collect_inventory(
            manifest,
            selection,
            identities,
            aws,
            concurrency=options.concurrency,
            deadline=options.deadline,
            page_size=options.page_size,
        )
        table.write(inventory, selection, create_console(stderr=options.json_file == "-"))
        if out is not None:
            out.writelines(inventory.json())
            out.write(b"\n")
    return exit_codes.OK if inventory.is_whole else exit_codes.INCONCLUSIVE


def collect_inventory(
    manifest: Manifest,
    selection: Mapping[str, IntegrationAccess],
    identities: Identities,
    aws: Aws,
    *,
    concurrency: int,
    deadline: float = DEADLINE,
    page_size: int = PAGE,
) -> Inventory:
    """What the selected integrations can see, with progress on standard error."""
    total = sum(len(access.clusters) for access in selection.values())
    with show_collect_progress(total) as listener:
        return collect(
            manifest,
            selection,
            identities,
            aws,
            listener=listener,
            concurrency=concurrency,
            deadline=deadline,
            page_size=page_size,
        )
