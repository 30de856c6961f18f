"""The graph of one cluster in the form that the page draws: workloads, what routes to them, and their pods.

The page draws workloads, and shows pods on demand. So the graph is folded here: a pod belongs to its outermost owner,
and a service serves the workloads that its pods belong to.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from ...collector.inventory import WHOLE, ClusterInventory, Container, Inventory, Listing, Node, Relation
from .script_data import Pool

INTERMEDIATE_KINDS = frozenset({"ReplicaSet", "Job"})
"""Owners of pods that usually have an owner themselves, such as a deployment."""


def build_topologies(inventory: Inventory) -> list[dict[str, Any]]:
    """The graph of each integration in each cluster, in the inventory's order."""
    return [
        {"integration": name, "cluster": key, **build_topology(cluster)}
        for name, integration in inventory.integrations.items()
        for key, cluster in integration.clusters.items()
    ]


def build_topology(cluster: ClusterInventory) -> dict[str, Any]:
    """The data that `topology.js` reads. A `namespace`, `workload` and the like in it is an index of another list."""
    owners = dict(cluster.edges.of(Relation.OWNED_BY))
    machine_of = dict(cluster.edges.of(Relation.RUNS_ON))
    namespaces, machines, texts = Pool[str](), Pool[str](), Pool[str]()
    containers: Pool[tuple[Any, ...]] = Pool()
    workloads: dict[int, int] = {}
    pods: list[list[Any]] = []
    workload_of: dict[int, int] = {}
    for index, node in enumerate(cluster.nodes):
        if node.kind == "Namespace":
            namespaces.add(node.name)
        elif node.kind == "Node" and node.listed:
            machines.add(node.name)
        elif _is_workload(index, node, owners):
            workloads.setdefault(index, len(workloads))
    for index, node in enumerate(cluster.nodes):
        if node.kind == "Pod":
            outermost = _outermost_owner(index, owners)
            workload_of[index] = workloads.setdefault(outermost, len(workloads))
            owner = cluster.nodes[owners[index]].name if index in owners and owners[index] != outermost else ""
            machine = machines.add(cluster.nodes[machine_of[index]].name) if index in machine_of else -1
            its = [containers.add(_container(container, texts)) for container in node.containers]
            pods.append([workload_of[index], node.name, texts.add(node.status), texts.add(owner), machine, its])
    services = _indexes(cluster.nodes, "Service")
    return {
        "name": cluster.name,
        "region": cluster.region,
        "version": cluster.version,
        "trouble": cluster.trouble,
        "gaps": [_gap(listing) for listing in cluster.listings if listing.state not in WHOLE],
        "workloads": [
            [namespaces.add(node.namespace), node.kind, node.name, node.status]
            for node in (cluster.nodes[index] for index in workloads)
        ],
        "services": [
            [namespaces.add(node.namespace), node.name, node.detail]
            for node in (cluster.nodes[index] for index in services)
        ],
        "ingresses": [
            [namespaces.add(node.namespace), node.name, node.detail] for node in cluster.nodes if node.kind == "Ingress"
        ],
        "routes": _edges(cluster, Relation.ROUTES_TO, _indexes(cluster.nodes, "Ingress"), services),
        "serves": _count_served_pods(cluster, services, workload_of),
        "pods": pods,
        "containers": containers.values,
        "texts": texts.values,
        "machines": machines.values,
        "namespaces": namespaces.values,
    }


def _is_workload(index: int, node: Node, owners: Mapping[int, int]) -> bool:
    """Whether the node is shown as a workload, with or without pods."""
    if node.kind in ("Deployment", "StatefulSet", "DaemonSet", "CronJob"):
        return True
    # A replica set or job with an owner is a part of that; one without is a workload.
    return node.kind in INTERMEDIATE_KINDS and index not in owners


def _outermost_owner(index: int, owners: Mapping[int, int]) -> int:
    visited = {index}
    while index in owners and owners[index] not in visited:
        index = owners[index]
        visited.add(index)
    return index


def _indexes(nodes: Iterable[Node], kind: str) -> dict[int, int]:
    """The indexes of the nodes of a kind among all nodes, each with its index among the kind."""
    return {index: number for number, index in enumerate(i for i, node in enumerate(nodes) if node.kind == kind)}


def _edges(
    cluster: ClusterInventory, relation: Relation, sources: Mapping[int, int], targets: Mapping[int, int]
) -> list[list[int]]:
    return [
        [sources[source], targets[target]]
        for source, target in cluster.edges.of(relation)
        if source in sources and target in targets
    ]


def _count_served_pods(
    cluster: ClusterInventory, services: Mapping[int, int], workload_of: Mapping[int, int]
) -> list[list[int]]:
    """Service, workload, and the number of its pods behind the service."""
    pods = Counter(
        (services[service], workload_of[pod])
        for service, pod in cluster.edges.of(Relation.SERVED_BY)
        if service in services and pod in workload_of
    )
    return [[service, workload, count] for (service, workload), count in pods.items()]


def _container(container: Container, texts: Pool[str]) -> tuple[Any, ...]:
    state = f"{container.state}: {container.reason}" if container.reason else container.state
    return (
        texts.add(container.name),
        texts.add(container.image),
        texts.add(state),
        int(container.ready),
        container.restarts,
        texts.add(container.role),
    )


def _gap(listing: Listing) -> list[Any]:
    """An incomplete list: kind, namespace, state, number of objects, and reason."""
    return [listing.kind, listing.namespace or "", listing.state.value, listing.count, listing.reason]
