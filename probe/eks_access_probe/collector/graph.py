"""Builds the graph of one cluster as one integration sees it: the listed objects, and those they refer to."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from .inventory import Edges, Node, Relation
from .kinds import CLUSTER_SCOPED
from .objects import CollectedObject, Labels, Owner

Name = tuple[str, str, str]
"""Kind, namespace and name."""


class _Graph:
    def __init__(self, objects: Sequence[CollectedObject]) -> None:
        self.nodes = [each.node for each in objects]
        self.edges = Edges()
        self._by_name: dict[Name, int] = {
            (node.kind, node.namespace, node.name): index for index, node in enumerate(self.nodes)
        }
        owners = {each.owner.uid for each in objects if each.owner is not None}  # few, and hardly ever pods
        self._by_uid = {each.uid: index for index, each in enumerate(objects) if each.uid in owners}

    def find_or_add_owner(self, owner: Owner, namespace: str) -> int:
        """The owner's index. A listed object with its name and another uid is a later one, not the owner."""
        index = self._by_uid.get(owner.uid)
        if index is None:
            index = self._by_uid[owner.uid] = self._add_unlisted(owner.kind, _scope(owner.kind, namespace), owner.name)
        return index

    def find_or_add(self, kind: str, namespace: str, name: str) -> int:
        """The index of the object with this name, which is added as a node if it was not listed."""
        scope = _scope(kind, namespace)
        key = (kind, scope, name)
        index = self._by_name.get(key)
        if index is None:
            index = self._by_name[key] = self._add_unlisted(kind, scope, name)
        return index

    def _add_unlisted(self, kind: str, namespace: str, name: str) -> int:
        self.nodes.append(Node(kind=kind, namespace=namespace, name=name, listed=False))
        return len(self.nodes) - 1


def _scope(kind: str, namespace: str) -> str:
    return "" if kind in CLUSTER_SCOPED else namespace


def build_graph(lists: Iterable[list[CollectedObject]], *, has_endpoint_slices: bool) -> tuple[list[Node], Edges]:
    """The nodes and edges of a cluster.

    `has_endpoint_slices`: whether the endpoint slices were read. If not, services are matched to pods by selector.
    """
    objects = [each for listed in lists for each in listed]
    graph = _Graph(objects)
    for index, each in enumerate(objects):
        namespace, owner = each.node.namespace, each.owner
        if owner is not None:
            graph.edges.add(Relation.OWNED_BY, index, graph.find_or_add_owner(owner, namespace))
        elif namespace:
            graph.edges.add(Relation.IN, index, graph.find_or_add("Namespace", "", namespace))
        for reference in each.references:
            graph.edges.add(reference.relation, index, graph.find_or_add(reference.kind, namespace, reference.name))
    pods_by_service = _match_by_endpoints(objects) if has_endpoint_slices else _match_by_selector(objects)
    for service, pods in pods_by_service.items():
        source = graph.find_or_add(*service)
        for pod in pods:
            graph.edges.add(Relation.SERVED_BY, source, graph.find_or_add(*pod))
    return graph.nodes, graph.edges


def _match_by_endpoints(objects: Iterable[CollectedObject]) -> Mapping[Name, dict[Name, None]]:
    """The pods behind each service. A service may have several slices, with the same pods for different ports."""
    matches: dict[Name, dict[Name, None]] = defaultdict(dict)
    for each in objects:
        if each.serves is not None:
            service, pods = each.serves
            namespace = each.node.namespace
            matches["Service", namespace, service].update({("Pod", namespace, pod): None for pod in pods})
    return matches


def _match_by_selector(objects: list[CollectedObject]) -> Mapping[Name, dict[Name, None]]:
    """The pods that each service's selector matches, looked up by the label that the fewest pods have."""
    by_label: dict[tuple[str, tuple[str, str]], list[CollectedObject]] = defaultdict(list)
    for each in objects:
        for label in each.labels:
            by_label[each.node.namespace, label].append(each)
    matches: dict[Name, dict[Name, None]] = {}
    for service in objects:
        if service.selector:
            namespace = service.node.namespace
            candidates = min((by_label.get((namespace, label), []) for label in service.selector), key=len)
            pods = [pod.node.name for pod in candidates if _matches(service.selector, pod.labels)]
            matches["Service", namespace, service.node.name] = {("Pod", namespace, pod): None for pod in pods}
    return matches


def _matches(selector: Labels, labels: Labels) -> bool:
    return set(selector) <= set(labels)
