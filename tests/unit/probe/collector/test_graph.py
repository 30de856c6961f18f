"""What belongs together, and what is only named by what was seen."""

from eks_access_probe.collector.graph import build
from eks_access_probe.collector.inventory import Edges, Node, Relation
from eks_access_probe.collector.seen import Owner, Pointer, Seen


def seen(kind: str, name: str, namespace: str = "web", **more: object) -> Seen:
    return Seen(Node(kind=kind, name=name, namespace=namespace), f"uid-{kind}-{namespace}-{name}", **more)  # type: ignore[arg-type]


def owner(kind: str, name: str, namespace: str = "web") -> Owner:
    return Owner(kind, name, f"uid-{kind}-{namespace}-{name}")


def told(nodes: list[Node], edges: Edges) -> set[str]:
    def name(place: int) -> str:
        node = nodes[place]
        return f"{node.kind} {node.name}" + ("" if node.listed else "?")

    return {f"{name(source)} {relation} {name(target)}" for relation, source, target in edges}


EVERYTHING = [
    [seen("Namespace", "web", "")],
    [seen("Node", "node-1", "")],
    [
        seen(
            "Pod",
            "web-1",
            owner=owner("ReplicaSet", "web-abc"),
            points_to=(Pointer(Relation.RUNS_ON, "Node", "node-1"),),
            labels=(("app", "web"), ("tier", "front")),
        )
    ],
    [seen("ReplicaSet", "web-abc", owner=owner("Deployment", "web"))],
    [seen("Deployment", "web")],
    [seen("Service", "web", selector=(("app", "web"),))],
    [seen("Ingress", "shop", points_to=(Pointer(Relation.ROUTES_TO, "Service", "web"),))],
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
    assert told(*build(EVERYTHING, endpoints_are_known=False)) == EDGES


def test_endpoint_slices_say_which_pods_are_behind_a_service() -> None:
    lists = [*EVERYTHING, [seen("EndpointSlice", name, serves=("web", ("web-1", "web-2"))) for name in ("a", "b")]]
    found = told(*build(lists, endpoints_are_known=True))
    assert {edge for edge in found if "served-by" in edge} == {
        "Service web served-by Pod web-1",
        "Service web served-by Pod web-2?",
    }


def test_a_pod_in_two_slices_of_a_service_is_behind_it_once() -> None:
    slices = [seen("EndpointSlice", name, serves=("web", ("web-1",))) for name in ("ipv4", "ipv6")]
    _, edges = build([*EVERYTHING, slices], endpoints_are_known=True)
    assert len(list(edges.of(Relation.SERVED_BY))) == 1


def test_a_selector_picks_pods_that_have_all_of_its_labels_in_its_own_namespace() -> None:
    pods = [
        seen("Pod", "both", labels=(("app", "web"), ("tier", "front"))),
        seen("Pod", "one", labels=(("app", "web"),)),
        seen("Pod", "elsewhere", "other", labels=(("app", "web"), ("tier", "front"))),
    ]
    service = seen("Service", "front", selector=(("app", "web"), ("tier", "front")))
    found = told(*build([pods, [service]], endpoints_are_known=False))
    assert {edge for edge in found if "served-by" in edge} == {"Service front served-by Pod both"}


def test_a_service_without_a_selector_picks_nothing() -> None:
    found = told(
        *build([[seen("Pod", "web-1", labels=(("app", "web"),))], [seen("Service", "web")]], endpoints_are_known=False)
    )
    assert not {edge for edge in found if "served-by" in edge}


def test_what_may_not_be_listed_is_there_by_name_and_not_counted_as_listed() -> None:
    """As Cado sees it, who may list pods only."""
    pod = EVERYTHING[2][0]
    nodes, edges = build([[pod, seen("Pod", "alone")]], endpoints_are_known=False)
    assert told(nodes, edges) == {
        "Pod web-1 owned-by ReplicaSet web-abc?",
        "Pod web-1 runs-on Node node-1?",
        "Pod alone in Namespace web?",
    }
    assert [node.name for node in nodes if node.listed] == ["web-1", "alone"]


def test_an_owner_that_was_replaced_by_another_of_its_name_is_told_apart_by_its_uid() -> None:
    pod = seen("Pod", "web-1", owner=Owner("ReplicaSet", "web-abc", "uid-of-the-old-one"))
    nodes, edges = build([[pod], [seen("ReplicaSet", "web-abc")]], endpoints_are_known=False)
    assert "Pod web-1 owned-by ReplicaSet web-abc" not in told(nodes, edges)


def test_objects_of_the_same_name_in_two_namespaces_are_two() -> None:
    nodes, edges = build([[seen("Deployment", "web", "a"), seen("Deployment", "web", "b")]], endpoints_are_known=False)
    assert told(nodes, edges) == {"Deployment web in Namespace a?", "Deployment web in Namespace b?"}
