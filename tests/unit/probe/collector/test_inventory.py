"""The inventory's JSON form, and whether it is complete."""

from datetime import UTC, datetime

import msgspec
import pytest

from eks_access_probe.collector.inventory import (
    ClusterInventory,
    Container,
    Edges,
    IntegrationInventory,
    Inventory,
    Listing,
    Node,
    Relation,
    State,
    decode_inventory,
)


def listing(state: State = State.COMPLETE, kind: str = "Pod", count: int = 1) -> Listing:
    return Listing(kind=kind, resource="pods", namespace=None, state=state, count=count)


def inventory(cluster: ClusterInventory) -> Inventory:
    return Inventory(
        environment="dev",
        account="111122223333",
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        seconds=1.5,
        integrations={"acme": IntegrationInventory(clusters={"api": cluster})},
    )


def test_an_inventory_survives_the_round_trip_through_json() -> None:
    edges = Edges()
    edges.add(Relation.RUNS_ON, 0, 1)
    edges.add(Relation.IN, 0, 2)
    nodes = [
        Node(kind="Pod", name="web-1", namespace="web", containers=(Container(name="web", image="web:1"),)),
        Node(kind="Node", name="ip-10-0-0-1", listed=False),
        Node(kind="Namespace", name="web"),
    ]
    cluster = ClusterInventory(name="c", region="us-east-1", nodes=nodes, edges=edges, listings=[listing()])
    read = decode_inventory(b"".join(inventory(cluster).json_chunks())).integrations["acme"].clusters["api"]
    assert read.nodes == nodes
    assert list(read.edges) == [(Relation.RUNS_ON, 0, 1), (Relation.IN, 0, 2)]
    assert len(read.edges) == 2


def test_the_chunks_of_the_json_form_one_document() -> None:
    nodes = [Node(kind="Pod", name=f"pod-{number}", namespace="web") for number in range(2500)]
    written = inventory(ClusterInventory(name="c", region="r", nodes=nodes))
    assert len(list(written.json_chunks())) > 3
    assert decode_inventory(b"".join(written.json_chunks())).integrations["acme"].clusters["api"].nodes == nodes


def test_edges_are_pairs_by_relation_in_json() -> None:
    edges = Edges()
    edges.add(Relation.OWNED_BY, 3, 4)
    written = inventory(ClusterInventory(name="c", region="r", edges=edges))
    assert msgspec.json.decode(b"".join(written.json_chunks()))["integrations"]["acme"]["clusters"]["api"]["edges"] == {
        "owned-by": [[3, 4]]
    }


@pytest.mark.parametrize(
    ("state", "whole"),
    [
        (State.COMPLETE, True),
        (State.RESTARTED, True),
        (State.REFUSED, True),
        (State.ABSENT, True),
        (State.INCOMPLETE, False),
    ],
)
def test_an_inventory_with_an_incomplete_list_is_not_whole(state: State, whole: bool) -> None:
    found = inventory(ClusterInventory(name="c", region="r", listings=[listing(), listing(state)]))
    assert found.is_whole is whole


def test_a_cluster_that_could_not_be_read_is_not_whole() -> None:
    assert not inventory(ClusterInventory(name="c", region="r", trouble="no answer")).is_whole


def test_counts_add_up_the_namespaces_of_a_kind() -> None:
    cluster = ClusterInventory(name="c", region="r", listings=[listing(count=2), listing(count=3)])
    assert cluster.counts == {"Pod": 5}
