"""Prints the inventory: the number of objects of each kind, by integration and cluster."""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from eks_access.manifest.models import IntegrationAccess
from eks_access.text_layout import format_count

from .inventory import ClusterInventory, IntegrationInventory, Inventory, Listing, State

INCOMPLETE_STYLE = "yellow"
MAX_COLUMNS = 6
"""With more clusters than this, one column with a count replaces the columns of the clusters."""


def print_inventory(inventory: Inventory, integrations: Mapping[str, IntegrationAccess], console: Console) -> None:
    """Print every integration, what could not be read completely, and a summary."""
    for name, found in inventory.integrations.items():
        access = integrations[name]
        console.print(f"[bold]{escape(name)}[/]  {escape(access.title)}, {escape(access.role.arn)}", soft_wrap=True)
        if found.clusters:
            console.print(Padding(_counts(found), (0, 0, 1, 2), expand=False))
    for where, why in _problems(inventory):
        console.print(Text(f"? {where}: {why}", INCOMPLETE_STYLE), soft_wrap=True)
    console.print(_summary(inventory))


def _counts(found: IntegrationInventory) -> Table:
    clusters = found.clusters
    is_summed = len(clusters) > MAX_COLUMNS
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("", no_wrap=True)
    for column in ["all clusters"] if is_summed else clusters:
        table.add_column(Text(column), justify="right")
    kinds = dict.fromkeys(listing.kind for cluster in clusters.values() for listing in cluster.listings)
    for kind in kinds:
        lists = [[each for each in cluster.listings if each.kind == kind] for cluster in clusters.values()]
        cells = (
            [_summed_cell(lists)]
            if is_summed
            else [_cell(listings, cluster) for listings, cluster in zip(lists, clusters.values(), strict=True)]
        )
        table.add_row(Text(kind), *cells)
    for listing in found.listings:
        table.add_row(Text(listing.kind), _cell([listing]))
    return table


def _cell(listings: Sequence[Listing], cluster: ClusterInventory | None = None) -> Text:
    """The lists of one kind in one cluster: in all namespaces, or in some."""
    if not listings:
        return Text("not read" if cluster is not None and cluster.trouble else "", INCOMPLETE_STYLE)
    count = sum(listing.count for listing in listings)
    states = {listing.state for listing in listings}
    if State.INCOMPLETE in states:
        return Text(f"{count:,} or more", INCOMPLETE_STYLE)
    if states == {State.REFUSED}:
        return Text("refused", "dim")
    if states == {State.ABSENT}:
        return Text("not served", "dim")
    namespaces = sum(listing.namespace is not None for listing in listings)
    return Text(f"{count:,} in {format_count(namespaces, 'namespace')}" if namespaces else f"{count:,}")


def _summed_cell(lists: Sequence[Sequence[Listing]]) -> Text:
    """The lists of one kind in many clusters."""
    every = [listing for listings in lists for listing in listings]
    refused = sum(bool(listings) and all(each.state is State.REFUSED for each in listings) for listings in lists)
    cell = _cell([listing for listing in every if listing.state is not State.REFUSED] or every)
    return cell if refused in (0, len(lists)) else cell.append(f" (refused in {refused})", "dim")


def _problems(inventory: Inventory) -> Iterator[tuple[str, str]]:
    """What was not read completely, and what was read twice."""
    for name, found in inventory.integrations.items():
        if found.trouble:
            yield name, f"the role could not be assumed, so nothing was read: {found.trouble}"
        for listing in found.listings:
            yield from _list_problem(f"{name}: {listing.kind}", listing)
        for key, cluster in found.clusters.items():
            if cluster.trouble:
                yield f"{name} in cluster {key}", f"could not be read: {cluster.trouble}"
            for listing in cluster.listings:
                place = f" in namespace {listing.namespace}" if listing.namespace else ""
                yield from _list_problem(f"{name} in cluster {key}: {listing.resource or listing.kind}{place}", listing)


def _list_problem(where: str, listing: Listing) -> Iterator[tuple[str, str]]:
    if listing.state is State.INCOMPLETE:
        yield where, f"incomplete ({listing.count:,} read): {listing.reason}"
    elif listing.state is State.RESTARTED:
        yield where, listing.reason


def _summary(inventory: Inventory) -> Text:
    every = [cluster for found in inventory.integrations.values() for cluster in found.clusters.values()]
    objects = sum(sum(cluster.counts.values()) for cluster in every)
    relations = sum(len(cluster.edges) for cluster in every)
    clusters = len({(cluster.name, cluster.region) for cluster in every})
    scope = f"{format_count(len(inventory.integrations), 'integration')} on {format_count(clusters, 'cluster')}"
    totals = f"{objects:,} objects and {relations:,} relations, {scope}, in {inventory.seconds:.1f} s"
    if inventory.is_whole:
        return Text(f"✓ Everything that may be seen was read: {totals}.", "green")
    return Text(f"? Not everything could be read: {totals}.", INCOMPLETE_STYLE)
