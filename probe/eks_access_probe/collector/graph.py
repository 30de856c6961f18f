"""The graph of one cluster as one integration sees it: from what was listed, and what that names."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from .inventory import Edges, Node, Relation
from .kinds import CLUSTER_SCOPED
from .seen import Labels, Owner, Seen

Name = tuple[str, str, str]
"""Kind, namespace and name."""


class _Graph:
    def __init__(self, every: Sequence[Seen]) -> None:
        self.nodes = [seen.node for seen in every]
        self.edges = Edges()
        self._by_name: dict[Name, int] = {
            (node.kind, node.namespace, node.name): place for place, node in enumerate(self.nodes)
        }
        owners = {seen.owner.uid for seen in every if seen.owner is not None}  # few, and hardly ever pods
        self._by_uid = {seen.uid: place for place, seen in enumerate(every) if seen.uid in owners}

    def owner(self, owner: Owner, namespace: str) -> int:
        """Where the owner is. A listed object of its name with another uid is another one, made since."""
        place = self._by_uid.get(owner.uid)
        if place is None:
            place = self._by_uid[owner.uid] = self._unlisted(owner.kind, _where(owner.kind, namespace), owner.name)
        return place

    def named(self, kind: str, namespace: str, name: str) -> int:
        """Where the object of this name is; it becomes a node of its own where it was not listed."""
        where = _where(kind, namespace)
        key = (kind, where, name)
        place = self._by_name.get(key)
        if place is None:
            place = self._by_name[key] = self._unlisted(kind, where, name)
        return place

    def _unlisted(self, kind: str, where: str, name: str) -> int:
        self.nodes.append(Node(kind=kind, namespace=where, name=name, listed=False))
        return len(self.nodes) - 1


def _where(kind: str, namespace: str) -> str:
    return "" if kind in CLUSTER_SCOPED else namespace


def build(lists: Iterable[list[Seen]], *, endpoints_are_known: bool) -> tuple[list[Node], Edges]:
    """Nodes and edges. `endpoints_are_known`: the endpoint slices were read, so selectors need not be matched."""
    every = [seen for each in lists for seen in each]
    graph = _Graph(every)
    for place, seen in enumerate(every):
        namespace, owner = seen.node.namespace, seen.owner
        if owner is not None:
            graph.edges.add(Relation.OWNED_BY, place, graph.owner(owner, namespace))
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
