"""What each integration sees in each cluster, in the report: kinds with their counts, and the names that last.

Names of what comes and goes by itself (pods, replica sets, jobs, nodes, …) would differ in every run, so only their
numbers are kept. The whole of it, with the topology, is the collector's inventory.
"""

from collections.abc import Iterator

from pydantic import Field

from ..collector.inventory import ClusterInventory, Inventory, State
from .part import Part

LASTING = frozenset({"Namespace", "Deployment", "StatefulSet", "DaemonSet", "CronJob", "Service", "Ingress"})


class SeenKind(Part):
    """One kind of object in one cluster."""

    kind: str
    state: State = Field(description="How much of it was read: `incomplete` is never the whole.")
    count: int
    reason: str = Field(description="What was answered where it was not read whole.")
    names: list[str] | None = Field(description="namespace/name, sorted; null for what comes and goes by itself.")


class SeenReport(Part):
    """What one integration sees in one cluster."""

    integration: str
    cluster: str
    trouble: str = Field(description="Why nothing could be asked; empty where it could.")
    kinds: list[SeenKind]


def seen(inventory: Inventory) -> list[SeenReport]:
    return [
        SeenReport(integration=name, cluster=key, trouble=cluster.trouble, kinds=list(_kinds(cluster)))
        for name, integration in inventory.integrations.items()
        for key, cluster in integration.clusters.items()
    ]


_WORST_FIRST = (State.INCOMPLETE, State.RESTARTED, State.COMPLETE, State.REFUSED, State.ABSENT)


def _kinds(cluster: ClusterInventory) -> Iterator[SeenKind]:
    """Each kind once, though it may have been listed namespace by namespace."""
    names: dict[str, list[str]] = {}
    for node in cluster.nodes:
        if node.listed and node.kind in LASTING:
            names.setdefault(node.kind, []).append(f"{node.namespace}/{node.name}" if node.namespace else node.name)
    for kind in dict.fromkeys(listing.kind for listing in cluster.listings):
        of_kind = [listing for listing in cluster.listings if listing.kind == kind]
        state = next(state for state in _WORST_FIRST if any(listing.state is state for listing in of_kind))
        yield SeenKind(
            kind=kind,
            state=state,
            count=sum(listing.count for listing in of_kind),
            reason=next((listing.reason for listing in of_kind if listing.state is state), ""),
            names=sorted(names.get(kind, ())) if kind in LASTING else None,
        )
