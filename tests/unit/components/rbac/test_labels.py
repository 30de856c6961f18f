"""Labels by which another ClusterRole aggregates a role, and no others, count as added access."""

from typing import Any

import pytest

from eks_access.rbac.labels import find_aggregating, find_selectors, is_selected

VIEW = "rbac.authorization.k8s.io/aggregate-to-view"


@pytest.mark.parametrize(
    ("selector", "counted"),
    [
        ({"matchLabels": {"team": "payments"}}, True),
        ({"matchLabels": {"team": "other"}}, False),
        ({"matchExpressions": [{"key": "team", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "team", "operator": "In", "values": ["payments"]}]}, True),
        ({"matchExpressions": [{"key": "team", "operator": "In", "values": ["other"]}]}, False),
        # The label takes the role's rules away from another one, which had them.
        ({"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]}, True),
        ({"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["payments"]}]}, True),
        ({"matchLabels": {"app": "vendor"}}, False),
        ({}, False),
    ],
)
def test_a_label_counts_where_a_selector_turns_on_it(selector: dict[str, Any], counted: bool) -> None:
    declared = {"app": "vendor"}
    live = {**declared, "team": "payments", "argocd.argoproj.io/instance": "x"}
    assert find_aggregating(live, declared, [selector]) == ({"team": "payments"} if counted else {})


def test_kubernetes_own_aggregation_labels_always_count() -> None:
    assert find_aggregating({VIEW: "true"}, {}, []) == {VIEW: "true"}


def test_every_label_counts_where_selectors_cannot_be_read() -> None:
    assert find_aggregating({"a": "b", "c": "d"}, {"a": "b"}, None) == {"c": "d"}


def test_selectors_are_those_of_all_roles_that_have_an_aggregation_rule() -> None:
    one, two = {"matchLabels": {"a": "b"}}, {"matchLabels": {"c": "d"}}
    roles: list[dict[str, Any]] = [
        {"aggregationRule": {"clusterRoleSelectors": [one, two]}},
        {"rules": []},
        {"aggregationRule": None},
    ]
    assert list(find_selectors(roles)) == [one, two]


def test_an_unknown_operator_matches() -> None:
    assert is_selected({"matchExpressions": [{"key": "a", "operator": "Resembles", "values": ["b"]}]}, {})
