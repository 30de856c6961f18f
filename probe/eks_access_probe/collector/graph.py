"""The graph of one cluster as one integration sees it: from what was listed, and what that names."""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping

from .inventory import Edges, Node, Relation
from .kinds import CLUSTER_SCOPED
from .seen import Labels, Owner, Seen

Name = tuple[str, str, str]
"""Kind, namespace and name."""


class _Graph:
    def __init__(self, owners: Container[str]) -> None:
        """`owners` are the uids that will be asked for: few, and pods are hardly ever among them."""
        self.nodes: list[Node] = []
        self.edges = Edges()
        self._owners = owners
        self._by_uid: dict[str, int] = {}
        self._by_name: dict[Name, int] = {}

    def listed(self, seen: Seen) -> int:
        place = len(self.nodes)
        node = seen.node
        self.nodes.append(node)
        self._by_name[node.kind, node.namespace, node.name] = place
        if seen.uid in self._owners:
            self._by_uid[seen.uid] = place
        return place

    def owner(self, owner: Owner, namespace: str) -> int:
        """Where the owner is. A listed object of its name with another uid is another one, made since."""
        if owner.uid not in self._by_uid:
            self._by_uid[owner.uid] = self._unlisted(owner.kind, _where(owner.kind, namespace), owner.name)
        return self._by_uid[owner.uid]

    def named(self, kind: str, namespace: str, name: str) -> int:
        """Where the object of this name is; it becomes a node of its own where it was not listed."""
        where = _where(kind, namespace)
        key = (kind, where, name)
        if key not in self._by_name:
            self._by_name[key] = self._unlisted(kind, where, name)
        return self._by_name[key]

    def _unlisted(self, kind: str, where: str, name: str) -> int:
        self.nodes.append(Node(kind=kind, namespace=where, name=name, listed=False))
        return len(self.nodes) - 1


def _where(kind: str, namespace: str) -> str:
    return "" if kind in CLUSTER_SCOPED else namespace


def build(lists: Iterable[list[Seen]], *, endpoints_are_known: bool) -> tuple[list[Node], Edges]:
    """Nodes and edges. `endpoints_are_known`: the endpoint slices were read, so selectors need not be matched."""
    every = [seen for each in lists for seen in each]
    graph = _Graph({seen.owner.uid for seen in every if seen.owner is not None})
    for seen in every:
        graph.listed(seen)
    for place, seen in enumerate(every):
        namespace = seen.node.namespace
        if seen.owner is not None:
            graph.edges.add(Relation.OWNED_BY, place, graph.owner(seen.owner, namespace))
        elif namespace:
            graph.edges.add(Relation.IN, place, graph.named("Namespace", "", namespace))
        for pointer in seen.points_to:
            graph.edges.add(pointer.relation, place, graph.named(pointer.kind, namespace, pointer.name))
    for service, pods in (_by_endpoints(every) if endpoints_are_known else _by_selector(every)).items():
        source = graph.named(*service)
        for pod in pods:
            graph.edges.add(Relation.SERVED_BY, source, graph.named(*pod))
    return graph.nodes, graph.edges


def _by_endpoints(every: Iterable[Seen]) -> Mapping[Name, dict[Name, None]]:
    """The pods behind each service: it may have several slices, with the same pods for several ports."""
    behind: dict[Name, dict[Name, None]] = defaultdict(dict)
    for seen in every:
        if seen.serves is not None:
            service, pods = seen.serves
            namespace = seen.node.namespace
            behind["Service", namespace, service].update({("Pod", namespace, pod): None for pod in pods})
    return behind


def _by_selector(every: list[Seen]) -> Mapping[Name, dict[Name, None]]:
    """The pods that each service's selector picks, looked up by its rarest label."""
    labelled: dict[tuple[str, tuple[str, str]], list[Seen]] = defaultdict(list)
    for seen in every:
        for label in seen.labels:
            labelled[seen.node.namespace, label].append(seen)
    behind: dict[Name, dict[Name, None]] = {}
    for service in every:
        if service.selector:
            namespace = service.node.namespace
            candidates = min((labelled.get((namespace, label), []) for label in service.selector), key=len)
            picked = [pod.node for pod in candidates if _has(pod.labels, service.selector)]
            behind["Service", namespace, service.node.name] = {("Pod", namespace, pod.name): None for pod in picked}
    return behind


def _has(labels: Labels, selector: Labels) -> bool:
    return set(selector) <= set(labels)
