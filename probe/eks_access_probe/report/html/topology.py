"""One cluster's graph for the page: workloads with what routes to them, and their pods as rows of numbers.

The page draws workloads and shows pods on demand, so the graph is folded here: a pod belongs to the outermost of its
owners, and a service serves the workloads that its pods belong to.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from ...collector.inventory import WHOLE, ClusterInventory, Container, Inventory, Listing, Node, Relation
from .compact import Pool

INSIDE = frozenset({"ReplicaSet", "Job"})
"""What stands between pods and the workload that people know."""


def graphs(inventory: Inventory) -> list[dict[str, Any]]:
    """The graph of each integration in each cluster, in the inventory's order."""
    return [
        {"integration": name, "cluster": key, **graph(cluster)}
        for name, integration in inventory.integrations.items()
        for key, cluster in integration.clusters.items()
    ]


def graph(cluster: ClusterInventory) -> dict[str, Any]:
    """The value that `topology.js` reads; `namespace`, `workload` and the like in it are places in the other lists."""
    owner = dict(cluster.edges.of(Relation.OWNED_BY))
    machine = dict(cluster.edges.of(Relation.RUNS_ON))
    namespaces, machines, texts = Pool[str](), Pool[str](), Pool[str]()
    containers: Pool[tuple[Any, ...]] = Pool()
    workloads: dict[int, int] = {}
    pods: list[list[Any]] = []
    belongs: dict[int, int] = {}
    for place, node in enumerate(cluster.nodes):
        if node.kind == "Namespace":
            namespaces(node.name)
        elif node.kind == "Node" and node.listed:
            machines(node.name)
        elif _is_workload(place, node, owner):
            workloads.setdefault(place, len(workloads))
    for place, node in enumerate(cluster.nodes):
        if node.kind == "Pod":
            top = _outermost(place, owner)
            belongs[place] = workloads.setdefault(top, len(workloads))
            between = cluster.nodes[owner[place]].name if place in owner and owner[place] != top else ""
            host = machines(cluster.nodes[machine[place]].name) if place in machine else -1
            told = [containers(_container(container, texts)) for container in node.containers]
            pods.append([belongs[place], node.name, texts(node.status), texts(between), host, told])
    services = _places(cluster.nodes, "Service")
    return {
        "name": cluster.name,
        "region": cluster.region,
        "version": cluster.version,
        "trouble": cluster.trouble,
        "gaps": [_gap(listing) for listing in cluster.listings if listing.state not in WHOLE],
        "workloads": [
            [namespaces(node.namespace), node.kind, node.name, node.status]
            for node in (cluster.nodes[place] for place in workloads)
        ],
        "services": [
            [namespaces(node.namespace), node.name, node.detail]
            for node in (cluster.nodes[place] for place in services)
        ],
        "ingresses": [
            [namespaces(node.namespace), node.name, node.detail] for node in cluster.nodes if node.kind == "Ingress"
        ],
        "routes": _edges(cluster, Relation.ROUTES_TO, _places(cluster.nodes, "Ingress"), services),
        "serves": _served(cluster, services, belongs),
        "pods": pods,
        "containers": containers.values,
        "texts": texts.values,
        "machines": machines.values,
        "namespaces": namespaces.values,
    }


def _is_workload(place: int, node: Node, owner: Mapping[int, int]) -> bool:
    """Whether people know it as one thing that runs, with pods or without."""
    if node.kind in ("Deployment", "StatefulSet", "DaemonSet", "CronJob"):
        return True
    # Replica sets and jobs of a workload are a part of it; those that nobody owns are one.
    return node.kind in INSIDE and place not in owner


def _outermost(place: int, owner: Mapping[int, int]) -> int:
    seen = {place}
    while place in owner and owner[place] not in seen:
        place = owner[place]
        seen.add(place)
    return place


def _places(nodes: Iterable[Node], kind: str) -> dict[int, int]:
    """Where the nodes of a kind are among all, with their places among their own."""
    return {place: number for number, place in enumerate(p for p, node in enumerate(nodes) if node.kind == kind)}


def _edges(
    cluster: ClusterInventory, relation: Relation, sources: Mapping[int, int], targets: Mapping[int, int]
) -> list[list[int]]:
    return [
        [sources[source], targets[target]]
        for source, target in cluster.edges.of(relation)
        if source in sources and target in targets
    ]


def _served(cluster: ClusterInventory, services: Mapping[int, int], belongs: Mapping[int, int]) -> list[list[int]]:
    """Service, workload, and how many of its pods are behind the service."""
    pods = Counter(
        (services[service], belongs[pod])
        for service, pod in cluster.edges.of(Relation.SERVED_BY)
        if service in services and pod in belongs
    )
    return [[service, workload, count] for (service, workload), count in pods.items()]


def _container(container: Container, texts: Pool[str]) -> tuple[Any, ...]:
    state = f"{container.state}: {container.reason}" if container.reason else container.state
    return (
        texts(container.name),
        texts(container.image),
        texts(state),
        int(container.ready),
        container.restarts,
        texts(container.role),
    )


def _gap(listing: Listing) -> list[Any]:
    """A list that is not whole: what, where, how much of it, and why."""
    return [listing.kind, listing.namespace or "", listing.state.value, listing.count, listing.reason]
