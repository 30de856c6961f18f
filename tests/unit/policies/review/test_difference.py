"""The whole difference: who is whom on the other side, what is alike, order, and what it costs with many clusters."""

import json
import random
from typing import Any

import pytest

from eks_access_policies.review import from_file, kubernetes
from eks_access_policies.review.change import Change
from eks_access_policies.review.difference import review
from eks_access_policies.review.grouping import ITS_CLUSTER, collapsed
from eks_access_policies.review.report import JsonFormat, MarkdownFormat, SarifFormat
from eks_access_policies.review.sentences import NO_CHANGE
from eks_access_policies.review.side import Bundle
from tests.support.review_stacks import UNKNOWN, Stack, allow, difference, lines, only, rule, trust

READ = ("get", "list")


def fleet(clusters: int, *resources: str, integrations: int = 1) -> Stack:
    """One integration in every cluster, with the same rules everywhere."""
    stack = Stack()
    for number in range(integrations):
        stack.role(f"i{number}", None, allow("eks:ListClusters"))
        for cluster in range(clusters):
            group = f"i{number}:readers"
            stack.entry(f"i{number}", f"c{cluster}", group).bound(group, f"c{cluster}", [rule(READ, *resources)])
    return stack


def per_cluster(clusters: int, *actions: str) -> Stack:
    """A role of its own for every cluster, as a vendor with one connector a cluster has."""
    stack = Stack()
    for number in range(clusters):
        arn = f"arn:aws:eks:us-east-1:111122223333:cluster/c{number}"
        stack.role(f"vendor-c{number}", None, allow(*actions, on=arn)).entry(f"vendor-c{number}", f"c{number}")
    return stack


def test_nothing_that_changes_is_one_short_sentence_in_every_format() -> None:
    found = difference(fleet(3, "pods"), fleet(3, "pods"))
    assert found.principals == ()
    assert MarkdownFormat().text(found) == f"### Access review\n\n**{NO_CHANGE}**\n"
    assert json.loads(SarifFormat().text(found))["runs"][0]["results"] == []


def test_the_same_change_in_a_hundred_clusters_is_one_line() -> None:
    found = difference(fleet(100, "pods"), fleet(100, "pods", "secrets"))
    (change,) = only(found).changes
    assert len(change.clusters) == 100
    assert lines(found)[0].endswith("(get, list secrets in the whole cluster; in all 100 clusters)")


def test_a_hundred_roles_that_change_alike_are_told_as_one() -> None:
    found = difference(per_cluster(100, "eks:DescribeCluster"), per_cluster(100, "eks:DescribeCluster", "eks:*"))
    assert len(found.principals) == 100
    (together,) = collapsed(found.principals)
    assert len(together.names) == 100
    assert any(f"cluster/{ITS_CLUSTER}" in change.where for change in together.changes)
    assert MarkdownFormat().text(found).count("####") == 1


def test_one_of_many_that_changes_otherwise_is_told_by_itself() -> None:
    head = per_cluster(20, "eks:ListClusters", "eks:DescribeCluster")
    head.role("odd", None, allow("iam:PassRole"))
    base = per_cluster(20, "eks:ListClusters")
    base.role("odd", None)
    assert [len(each.names) for each in collapsed(difference(base, head).principals)] == [1, 20]


def test_the_order_is_the_same_however_the_stack_is_ordered_and_the_gravest_come_first() -> None:
    base, head = fleet(5, "pods", integrations=4), fleet(5, "pods", "secrets", integrations=4)
    head.role("worst", trust("*"))
    texts = set()
    for seed in range(5):
        random.Random(seed).shuffle(head.resources)
        random.Random(seed + 9).shuffle(base.resources)
        found = difference(base, head)
        texts.add(JsonFormat().text(found))
        assert found.principals[0].names == ("worst",)
    assert len(texts) == 1


def test_a_role_is_itself_in_a_preview_where_its_arn_is_not_known_yet() -> None:
    head = Stack().role("r", None, allow("eks:ListClusters")).entry("r", "dev")
    role, entry = head.resources[0], head.resources[-1]
    del role["inputs"]["arn"]
    entry["inputs"]["principalArn"] = UNKNOWN
    entry["propertyDependencies"] = {"principalArn": [role["urn"]]}
    base = Stack().role("r", None, allow("eks:ListClusters"))
    found = review(from_file.of_value(base.state(), "base"), from_file.of_value(head.preview(), "head"))
    assert lines(found) == ["low: is let in, as every user of the cluster is (sign in; in cluster dev)"]


def test_principals_that_come_and_go_are_told_as_such() -> None:
    found = difference(
        Stack().role("old", None, allow("iam:PassRole")), Stack().role("new", None, allow("iam:PassRole"))
    )
    assert {each.names[0]: each.status for each in found.principals} == {"new": "new", "old": "removed"}
    assert all(not change.is_risk for each in found.principals if each.status == "removed" for change in each.changes)
    assert "It goes, and with it all that it could do." in MarkdownFormat().text(found)


def test_a_fleet_is_compared_once_for_each_kind_of_change_and_not_for_each_cluster(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared: list[tuple[Any, Any]] = []
    real = kubernetes.difference

    def counted(before: list[Bundle], after: list[Bundle]) -> list[Change]:
        compared.append((before, after))
        return real(before, after)

    monkeypatch.setattr(kubernetes, "difference", counted)
    difference(fleet(100, "pods", integrations=10), fleet(100, "pods", "secrets", integrations=10))
    assert len(compared) <= 10, "ten integrations, each alike in all of its clusters"


@pytest.mark.parametrize("size", [50, 100])
def test_what_is_looked_at_grows_with_the_stack_and_not_with_its_square(
    monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    looked = [0]
    from eks_access_policies.review import effective

    real = effective.Holding.covers

    def counted(self: effective.Holding, grant: Any) -> bool:
        looked[0] += 1
        return real(self, grant)

    monkeypatch.setattr(effective.Holding, "covers", counted)
    resources = [f"widgets{number}" for number in range(size)]
    base = Stack().role("r").entry("r", "dev", "g").bound("g", "dev", [rule(READ, each) for each in resources])
    head = Stack().role("r").entry("r", "dev", "g").bound("g", "dev", [rule(READ, f"{each}x") for each in resources])
    difference(base, head)
    assert looked[0] <= 2 * 2 * size * 2, "each right of either side, and its real group, once"
