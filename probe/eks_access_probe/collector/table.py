"""The inventory for people: how much of each kind every integration sees, with a column for each cluster."""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from eks_access.manifest.models import IntegrationAccess

from ..report.rows import MOST_COLUMNS
from .inventory import ClusterInventory, IntegrationInventory, Inventory, Listing, State

WHERE_NOT_WHOLE = "yellow"


def write(inventory: Inventory, integrations: Mapping[str, IntegrationAccess], console: Console) -> None:
    """Print every integration, what could not be read whole, and a line that sums it up."""
    for name, found in inventory.integrations.items():
        access = integrations[name]
        console.print(f"[bold]{escape(name)}[/]  {escape(access.title)}, {escape(access.role.arn)}", soft_wrap=True)
        if found.clusters:
            console.print(Padding(_counts(found), (0, 0, 1, 2), expand=False))
    for where, why in _troubles(inventory):
        console.print(Text(f"? {where}: {why}", WHERE_NOT_WHOLE), soft_wrap=True)
    console.print(_summary(inventory))


def _counts(found: IntegrationInventory) -> Table:
    clusters = found.clusters
    summed = len(clusters) > MOST_COLUMNS
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("", no_wrap=True)
    for column in ["all clusters"] if summed else clusters:
        table.add_column(Text(column), justify="right")
    kinds = dict.fromkeys(listing.kind for cluster in clusters.values() for listing in cluster.listings)
    for kind in kinds:
        lists = [[each for each in cluster.listings if each.kind == kind] for cluster in clusters.values()]
        cells = (
            [_sum(lists)]
            if summed
            else [_cell(same, cluster) for same, cluster in zip(lists, clusters.values(), strict=True)]
        )
        table.add_row(Text(kind), *cells)
    for listing in found.listings:
        table.add_row(Text(listing.kind), _cell([listing]))
    return table


def _cell(same: Sequence[Listing], cluster: ClusterInventory | None = None) -> Text:
    """The lists of one kind in one cluster: everywhere, or in some namespaces."""
    if not same:
        return Text("unasked" if cluster is not None and cluster.trouble else "", WHERE_NOT_WHOLE)
    count = sum(listing.count for listing in same)
    states = {listing.state for listing in same}
    if State.INCOMPLETE in states:
        return Text(f"{count:,} of more", WHERE_NOT_WHOLE)
    if states == {State.REFUSED}:
        return Text("refused", "dim")
    if states == {State.ABSENT}:
        return Text("not served", "dim")
    namespaces = sum(listing.namespace is not None for listing in same)
    return Text(f"{count:,} in {_number(namespaces, 'namespace')}" if namespaces else f"{count:,}")


def _sum(lists: Sequence[Sequence[Listing]]) -> Text:
    """The lists of one kind in many clusters."""
    every = [listing for same in lists for listing in same]
    refused = sum(bool(same) and all(each.state is State.REFUSED for each in same) for same in lists)
    cell = _cell([listing for listing in every if listing.state is not State.REFUSED] or every)
    return cell if refused in (0, len(lists)) else cell.append(f" (refused in {refused})", "dim")


def _troubles(inventory: Inventory) -> Iterator[tuple[str, str]]:
    """What was not read whole, and what was read twice."""
    for name, found in inventory.integrations.items():
        if found.trouble:
            yield name, f"could not be acted as, so nothing was asked: {found.trouble}"
        for listing in found.listings:
            yield from _trouble(f"{name}: {listing.kind}", listing)
        for key, cluster in found.clusters.items():
            if cluster.trouble:
                yield f"{name} in cluster {key}", f"could not be asked: {cluster.trouble}"
            for listing in cluster.listings:
                place = f" in namespace {listing.namespace}" if listing.namespace else ""
                yield from _trouble(f"{name} in cluster {key}: {listing.resource or listing.kind}{place}", listing)


def _trouble(where: str, listing: Listing) -> Iterator[tuple[str, str]]:
    if listing.state is State.INCOMPLETE:
        yield where, f"not read whole ({listing.count:,} found): {listing.reason}"
    elif listing.state is State.RESTARTED:
        yield where, listing.reason


def _summary(inventory: Inventory) -> Text:
    every = [cluster for found in inventory.integrations.values() for cluster in found.clusters.values()]
    objects = sum(sum(cluster.counts.values()) for cluster in every)
    relations = sum(len(cluster.edges) for cluster in every)
    clusters = len({(cluster.name, cluster.region) for cluster in every})
    scope = f"{_number(len(inventory.integrations), 'integration')} on {_number(clusters, 'cluster')}"
    seen = f"{objects:,} objects and {relations:,} relations, {scope}, in {inventory.seconds:.1f} s"
    if inventory.is_whole:
        return Text(f"✓ Everything that may be seen was read: {seen}.", "green")
    return Text(f"? Not everything could be read: {seen}.", WHERE_NOT_WHOLE)


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
