"""What gives access is compared in full; order, repetition and defaults have no meaning."""

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eks_access.rbac.kinds import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, KINDS, ROLE, ROLE_BINDING, Kind
from eks_access.rbac.meaning import align, is_same

ROLE_CONTENT: dict[str, Any] = {
    "rules": [
        {"apiGroups": ["", "apps"], "resources": ["pods", "deployments"], "verbs": ["get", "list"]},
        {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["a", "b"], "verbs": ["get"]},
        {"nonResourceURLs": ["/version", "/healthz"], "verbs": ["get"]},
    ]
}
BINDING_CONTENT: dict[str, Any] = {
    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
    "subjects": [
        {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "readers"},
        {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "jane"},
        {"kind": "ServiceAccount", "name": "agent", "namespace": "vendor"},
    ],
}
CONTENTS = {kind.name: BINDING_CONTENT if kind.is_binding else ROLE_CONTENT for kind in KINDS}


def changed(content: dict[str, Any], *path: Any, to: Any) -> dict[str, Any]:
    result = copy.deepcopy(content)
    at: Any = result
    for key in path[:-1]:
        at = at[key]
    if to is DELETED:
        del at[path[-1]]
    elif isinstance(at, list) and path[-1] == len(at):
        at.append(to)
    else:
        at[path[-1]] = to
    return result


DELETED = object()
DIFFERENCES: list[tuple[Kind, tuple[Any, ...], Any]] = [
    *[
        (kind, path, to)
        for kind in (CLUSTER_ROLE, ROLE)
        for path, to in [
            (("rules", 3), {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}),
            (("rules", 0), DELETED),
            (("rules", 0, "verbs", 2), "delete"),
            (("rules", 0, "verbs", 0), DELETED),
            (("rules", 0, "resources", 2), "secrets"),
            (("rules", 0, "apiGroups", 2), "*"),
            (("rules", 1, "resourceNames", 0), DELETED),
            (("rules", 1, "resourceNames"), DELETED),
            (("rules", 1, "resourceNames"), []),
            (("rules", 2, "nonResourceURLs", 2), "*"),
            (("rules", 0, "someFieldOfTheFuture"), ["x"]),
        ]
    ],
    (CLUSTER_ROLE, ("aggregationRule",), {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]}),
    (CLUSTER_ROLE, ("aggregationRule",), {"clusterRoleSelectors": [{}]}),
    *[
        (kind, path, to)
        for kind in (CLUSTER_ROLE_BINDING, ROLE_BINDING)
        for path, to in [
            (("subjects", 3), {"kind": "Group", "name": "system:authenticated"}),
            (("subjects", 0), DELETED),
            (("subjects", 1, "name"), "joe"),
            (("subjects", 1, "kind"), "Group"),
            (("subjects", 2, "namespace"), "other"),
            (("subjects",), []),
            (("roleRef", "name"), "admin"),
            (("roleRef", "kind"), "Role"),
        ]
    ],
]


@pytest.mark.parametrize(("kind", "path", "to"), DIFFERENCES)
def test_whatever_gives_other_access_is_a_difference(kind: Kind, path: tuple[Any, ...], to: Any) -> None:
    content = CONTENTS[kind.name]
    assert is_same(kind, content, copy.deepcopy(content))
    assert not is_same(kind, content, changed(content, *path, to=to))


def shuffled(value: Any, draw: Any) -> Any:
    """The same value with every list in another order and one of its items repeated."""
    if isinstance(value, dict):
        return {key: shuffled(part, draw) for key, part in draw(st.permutations(list(value.items())))}
    if isinstance(value, list):
        items = [shuffled(each, draw) for each in value]
        return draw(st.permutations([*items, *items[:1]]))
    return value


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
@settings(deadline=None)
@given(data=st.data())
def test_order_and_repetition_are_no_difference(kind: Kind, data: st.DataObject) -> None:
    content = CONTENTS[kind.name]
    assert is_same(kind, content, shuffled(content, data.draw))
    assert align(kind, shuffled(content, data.draw), content) == content, "and nothing would be shown"


def test_what_the_api_server_defaults_is_no_difference() -> None:
    short = {
        "roleRef": {"kind": "ClusterRole", "name": "view"},
        "subjects": [{"kind": "Group", "name": "g"}, {"kind": "ServiceAccount", "name": "s", "namespace": "n"}],
    }
    group = "rbac.authorization.k8s.io"
    full = {
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "view"},
        "subjects": [
            {"apiGroup": group, "kind": "Group", "name": "g"},
            {"apiGroup": "", "kind": "ServiceAccount", "name": "s", "namespace": "n"},
        ],
    }
    assert is_same(ROLE_BINDING, short, full)
    assert is_same(CLUSTER_ROLE, {"rules": []}, {"rules": None})
    assert is_same(CLUSTER_ROLE, {}, {"aggregationRule": {"clusterRoleSelectors": []}})


def test_the_rules_of_an_aggregated_role_are_its_controllers() -> None:
    aggregation = {"aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]}}
    filled = {**aggregation, **ROLE_CONTENT}
    assert is_same(CLUSTER_ROLE, aggregation, filled)
    assert align(CLUSTER_ROLE, filled, aggregation) == aggregation
    assert not is_same(CLUSTER_ROLE, ROLE_CONTENT, filled), "a role of its own rules that now aggregates"


def test_what_was_added_comes_last_and_what_is_declared_keeps_its_place() -> None:
    live = {
        "rules": [
            {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]},
            {"verbs": ["get"], "nonResourceURLs": ["/healthz", "/version"]},
            {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["b", "a"], "verbs": ["delete", "get"]},
            {"apiGroups": ["apps", ""], "resources": ["deployments", "pods"], "verbs": ["list", "get"]},
        ]
    }
    first, second, third = ROLE_CONTENT["rules"]
    assert align(ROLE, live, ROLE_CONTENT)["rules"] == [
        first,
        {**second, "verbs": ["get", "delete"]},
        third,
        live["rules"][0],
    ]
