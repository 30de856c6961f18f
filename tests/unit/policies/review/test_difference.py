"""The whole comparison: matching of principals, grouping, order, and its cost with many clusters."""

import json
import random
from typing import Any

import pytest

from eks_access_policies.review import difference
from eks_access_policies.review.change import Change
from eks_access_policies.review.grouping import ITS_CLUSTER, group_identical
from eks_access_policies.review.kubernetes.effective import EffectiveAccess
from eks_access_policies.review.kubernetes.rules import compare_rules
from eks_access_policies.review.report import JsonFormat, MarkdownFormat, SarifFormat
from eks_access_policies.review.sentences import NO_CHANGE
from eks_access_policies.review.side import RuleSet
from tests.support.review_stacks import UNKNOWN, Stack, allow, compare, compare_values, lines, only, rule, trust

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
    """A separate role for every cluster, as a vendor with one connector per cluster has."""
    stack = Stack()
    for number in range(clusters):
        arn = f"arn:aws:eks:us-east-1:111122223333:cluster/c{number}"
        stack.role(f"vendor-c{number}", None, allow(*actions, on=arn)).entry(f"vendor-c{number}", f"c{number}")
    return stack


def test_no_change_is_one_short_sentence() -> None:
    found = compare(fleet(3, "pods"), fleet(3, "pods"))
    assert found.principals == ()
    assert MarkdownFormat().format(found) == f"### Access review\n\n**{NO_CHANGE}**\n"
    assert json.loads(SarifFormat().format(found))["runs"][0]["results"] == []


def test_the_same_change_in_a_hundred_clusters_is_one_line() -> None:
    found = compare(fleet(100, "pods"), fleet(100, "pods", "secrets"))
    (change,) = only(found).changes
    assert len(change.clusters) == 100
    assert lines(found)[0].endswith("(get, list secrets in the whole cluster; in all 100 clusters)")


def test_a_hundred_roles_with_identical_changes_are_one_group() -> None:
    found = compare(per_cluster(100, "eks:DescribeCluster"), per_cluster(100, "eks:DescribeCluster", "eks:*"))
    assert len(found.principals) == 100
    (group,) = group_identical(found.principals)
    assert len(group.names) == 100
    assert any(f"cluster/{ITS_CLUSTER}" in change.where for change in group.changes)
    assert MarkdownFormat().format(found).count("####") == 1


def test_a_principal_with_other_changes_is_not_in_the_group() -> None:
    head = per_cluster(20, "eks:ListClusters", "eks:DescribeCluster")
    head.role("odd", None, allow("iam:PassRole"))
    base = per_cluster(20, "eks:ListClusters")
    base.role("odd", None)
    assert [len(each.names) for each in group_identical(compare(base, head).principals)] == [1, 20]


def test_the_order_does_not_depend_on_the_stacks_and_the_most_severe_come_first() -> None:
    base, head = fleet(5, "pods", integrations=4), fleet(5, "pods", "secrets", integrations=4)
    head.role("worst", trust("*"))
    texts = set()
    for seed in range(5):
        random.Random(seed).shuffle(head.resources)
        random.Random(seed + 9).shuffle(base.resources)
        found = compare(base, head)
        texts.add(JsonFormat().format(found))
        assert found.principals[0].names == ("worst",)
    assert len(texts) == 1


def test_a_role_is_matched_in_a_preview_that_does_not_know_its_arn() -> None:
    head = Stack().role("r", None, allow("eks:ListClusters")).entry("r", "dev")
    role, entry = head.resources[0], head.resources[-1]
    del role["inputs"]["arn"]
    entry["inputs"]["principalArn"] = UNKNOWN
    entry["propertyDependencies"] = {"principalArn": [role["urn"]]}
    base = Stack().role("r", None, allow("eks:ListClusters"))
    found = compare_values(base.state(), head.preview())
    assert lines(found) == ["low: can sign in, with the rights of every authenticated user (sign in; in cluster dev)"]


def test_principals_on_one_side_only_are_new_or_removed() -> None:
    found = compare(Stack().role("old", None, allow("iam:PassRole")), Stack().role("new", None, allow("iam:PassRole")))
    assert {each.names[0]: each.status for each in found.principals} == {"new": "new", "old": "removed"}
    assert all(not change.is_risk for each in found.principals if each.status == "removed" for change in each.changes)
    assert "Removed, with all its access." in MarkdownFormat().format(found)


def test_a_fleet_is_compared_once_per_kind_of_change_and_not_once_per_cluster(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared: list[tuple[Any, Any]] = []

    def count_comparisons(before: list[RuleSet], after: list[RuleSet]) -> list[Change]:
        compared.append((before, after))
        return compare_rules(before, after)

    monkeypatch.setattr(difference, "compare_rules", count_comparisons)
    compare(fleet(100, "pods", integrations=10), fleet(100, "pods", "secrets", integrations=10))
    assert len(compared) <= 10, "ten integrations, each with the same rules in all of its clusters"


@pytest.mark.parametrize("size", [50, 100])
def test_the_number_of_lookups_is_linear_in_the_size_of_the_stack(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    lookups = 0
    covers = EffectiveAccess.covers

    def count_lookups(self: EffectiveAccess, grant: Any) -> bool:
        nonlocal lookups
        lookups += 1
        return covers(self, grant)

    monkeypatch.setattr(EffectiveAccess, "covers", count_lookups)
    resources = [f"widgets{number}" for number in range(size)]
    base = Stack().role("r").entry("r", "dev", "g").bound("g", "dev", [rule(READ, each) for each in resources])
    head = Stack().role("r").entry("r", "dev", "g").bound("g", "dev", [rule(READ, f"{each}x") for each in resources])
    compare(base, head)
    assert lookups <= 2 * 2 * size * 2, "each right of either side, and its real group, once"
