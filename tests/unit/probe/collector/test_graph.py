"""The graph: edges between listed objects, and nodes that are only referred to."""

from eks_access_probe.collector.graph import build_graph
from eks_access_probe.collector.inventory import Edges, Node, Relation
from eks_access_probe.collector.objects import CollectedObject, Owner, Reference


def collected(kind: str, name: str, namespace: str = "web", **more: object) -> CollectedObject:
    return CollectedObject(Node(kind=kind, name=name, namespace=namespace), f"uid-{kind}-{namespace}-{name}", **more)  # type: ignore[arg-type]


def owner(kind: str, name: str, namespace: str = "web") -> Owner:
    return Owner(kind, name, f"uid-{kind}-{namespace}-{name}")


def describe_edges(nodes: list[Node], edges: Edges) -> set[str]:
    def name(place: int) -> str:
        node = nodes[place]
        return f"{node.kind} {node.name}" + ("" if node.listed else "?")

    return {f"{name(source)} {relation} {name(target)}" for relation, source, target in edges}


EVERYTHING = [
    [collected("Namespace", "web", "")],
    [collected("Node", "node-1", "")],
    [
        collected(
            "Pod",
            "web-1",
            owner=owner("ReplicaSet", "web-abc"),
            references=(Reference(Relation.RUNS_ON, "Node", "node-1"),),
            labels=(("app", "web"), ("tier", "front")),
        )
    ],
    [collected("ReplicaSet", "web-abc", owner=owner("Deployment", "web"))],
    [collected("Deployment", "web")],
    [collected("Service", "web", selector=(("app", "web"),))],
    [collected("Ingress", "shop", references=(Reference(Relation.ROUTES_TO, "Service", "web"),))],
]
EDGES = {
    "Ingress shop routes-to Service web",
    "Service web served-by Pod web-1",
    "Pod web-1 owned-by ReplicaSet web-abc",
    "ReplicaSet web-abc owned-by Deployment web",
    "Deployment web in Namespace web",
    "Service web in Namespace web",
    "Ingress shop in Namespace web",
    "Pod web-1 runs-on Node node-1",
}


def test_an_ingress_leads_to_the_namespace_and_the_node() -> None:
    assert describe_edges(*build_graph(EVERYTHING, has_endpoint_slices=False)) == EDGES


def test_endpoint_slices_determine_the_pods_behind_a_service() -> None:
    lists = [*EVERYTHING, [collected("EndpointSlice", name, serves=("web", ("web-1", "web-2"))) for name in ("a", "b")]]
    found = describe_edges(*build_graph(lists, has_endpoint_slices=True))
    assert {edge for edge in found if "served-by" in edge} == {
        "Service web served-by Pod web-1",
        "Service web served-by Pod web-2?",
    }


def test_a_pod_in_two_slices_of_a_service_is_behind_it_once() -> None:
    slices = [collected("EndpointSlice", name, serves=("web", ("web-1",))) for name in ("ipv4", "ipv6")]
    _, edges = build_graph([*EVERYTHING, slices], has_endpoint_slices=True)
    assert len(list(edges.of(Relation.SERVED_BY))) == 1


def test_a_selector_matches_pods_with_all_of_its_labels_in_its_own_namespace() -> None:
    pods = [
        collected("Pod", "both", labels=(("app", "web"), ("tier", "front"))),
        collected("Pod", "one", labels=(("app", "web"),)),
        collected("Pod", "elsewhere", "other", labels=(("app", "web"), ("tier", "front"))),
    ]
    service = collected("Service", "front", selector=(("app", "web"), ("tier", "front")))
    found = describe_edges(*build_graph([pods, [service]], has_endpoint_slices=False))
    assert {edge for edge in found if "served-by" in edge} == {"Service front served-by Pod both"}


def test_a_service_without_a_selector_matches_nothing() -> None:
    found = describe_edges(
        *build_graph(
            [[collected("Pod", "web-1", labels=(("app", "web"),))], [collected("Service", "web")]],
            has_endpoint_slices=False,
        )
    )
    assert not {edge for edge in found if "served-by" in edge}


def test_an_object_that_was_not_listed_is_a_node_by_its_name_and_marked_as_unlisted() -> None:
    """As for Cado, which may list pods only."""
    pod = EVERYTHING[2][0]
    nodes, edges = build_graph([[pod, collected("Pod", "alone")]], has_endpoint_slices=False)
    assert describe_edges(nodes, edges) == {
        "Pod web-1 owned-by ReplicaSet web-abc?",
        "Pod web-1 runs-on Node node-1?",
        "Pod alone in Namespace web?",
    }
    assert [node.name for node in nodes if node.listed] == ["web-1", "alone"]


def test_a_recreated_object_with_another_uid_is_not_taken_for_the_owner() -> None:
    pod = collected("Pod", "web-1", owner=Owner("ReplicaSet", "web-abc", "uid-of-the-old-one"))
    nodes, edges = build_graph([[pod], [collected("ReplicaSet", "web-abc")]], has_endpoint_slices=False)
    assert "Pod web-1 owned-by ReplicaSet web-abc" not in describe_edges(nodes, edges)


def test_objects_with_the_same_name_in_two_namespaces_are_two_nodes() -> None:
    nodes, edges = build_graph(
        [[collected("Deployment", "web", "a"), collected("Deployment", "web", "b")]], has_endpoint_slices=False
    )
    assert describe_edges(nodes, edges) == {"Deployment web in Namespace a?", "Deployment web in Namespace b?"}
