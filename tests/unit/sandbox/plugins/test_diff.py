"""Each difference has a path of its own, as the engine's `replaceOnChanges` needs it."""

import pytest

from sandbox.plugins.aws.fields import field_changes
from sandbox.plugins.aws.resource import Field
from sandbox.plugins.diff import Change, changes, matches, set_changes
from sandbox.plugins.values import UNKNOWN, format_path, parse_path


def test_equal_values_have_no_changes() -> None:
    value = {"a": [1, {"b": "c"}], "d": True}
    assert changes(value, {"d": True, "a": [1, {"b": "c"}]}) == []


def test_a_changed_tag_is_addressed_by_its_key() -> None:
    found = changes({"tags": {"eks-access:role-id": "A", "x": "y"}}, {"tags": {"eks-access:role-id": "B", "x": "y"}})
    assert [format_path(c.path) for c in found] == ['tags["eks-access:role-id"]']


def test_added_mappings_are_told_leaf_by_leaf() -> None:
    found = changes({}, {"tags": {"a": "1", "b": "2"}})
    assert found == [Change(("tags", "a"), "add"), Change(("tags", "b"), "add")]


def test_list_items_are_told_by_index() -> None:
    assert changes({"l": ["a", "b"]}, {"l": ["a", "c", "d"]}) == [Change(("l", 1), "update"), Change(("l", 2), "add")]
    assert changes({"l": ["a", "b"]}, {"l": ["a"]}) == [Change(("l", 1), "delete")]


def test_true_is_not_one() -> None:
    assert changes({"a": 1}, {"a": True}) == [Change(("a",), "update")]
    assert changes({"a": 1}, {"a": 1.0}) == []


def test_an_unknown_value_counts_as_a_change() -> None:
    assert changes({"a": "b"}, {"a": UNKNOWN}) == [Change(("a",), "update")]
    assert changes({}, {"a": UNKNOWN}) == [Change(("a",), "add")]


def test_order_does_not_matter_in_a_set() -> None:
    assert set_changes(["a", "b"], ["b", "a"], ("g",)) == []
    assert set_changes(["a", "b"], ["c", "a"], ("g",)) == [Change(("g", 0), "add"), Change(("g", 1), "delete")]


@pytest.mark.parametrize(
    "text", ["rules[0].verbs[1]", 'tags["a:b/c"]', "metadata.name", 'a["with \\"quotes\\""]', "kubernetesGroups"]
)
def test_a_path_is_read_as_it_is_written(text: str) -> None:
    assert format_path(parse_path(text)) == text


def test_a_pattern_covers_what_lies_under_it_and_no_more() -> None:
    assert matches(parse_path("spec.template.spec.nodeName"), parse_path("spec.template"))
    assert not matches(parse_path("spec.templates"), parse_path("spec.template"))
    assert not matches(parse_path("spec"), parse_path("spec.template"))
    assert matches(parse_path("containers[3].image"), parse_path("containers[*].image"))


def test_a_field_that_forces_a_new_resource_marks_every_change_of_it() -> None:
    scope = Field("accessScope", force_new=True, unordered=True)
    found = field_changes(scope, {"accessScope": {"type": "cluster"}}, {"accessScope": {"type": "namespace"}})
    assert [c.replaces for c in found] == [True]
    assert not field_changes(Field("userName"), {"userName": "a"}, {"userName": "b"})[0].replaces, "the updated twin"


def test_absence_is_the_default_or_no_wish_at_all() -> None:
    assert field_changes(Field("path", default="/"), {"path": "/"}, {}) == []
    assert field_changes(Field("path", default="/"), {"path": "/x/"}, {}) == [Change(("path",), "update")]
    assert field_changes(Field("userName", computed=True), {"userName": "arn:x"}, {}) == []
    assert field_changes(
        Field("kubernetesGroups", computed=True), {"kubernetesGroups": ["a"]}, {"kubernetesGroups": []}
    )


def test_documents_and_sets_are_compared_by_meaning() -> None:
    policy = Field("policy", document=True)
    assert field_changes(policy, {"policy": '{"Statement": []}'}, {"policy": '{ "Statement":[] }'}) == []
    assert field_changes(policy, {"policy": '{"Statement": []}'}, {"policy": '{"Id": "x", "Statement":[]}'})
    scope = Field("accessScope", unordered=True)
    old = {"accessScope": {"type": "namespace", "namespaces": ["a", "b"]}}
    assert field_changes(scope, old, {"accessScope": {"type": "namespace", "namespaces": ["b", "a"]}}) == []
    assert field_changes(scope, old, {"accessScope": {"type": "namespace", "namespaces": ["b"]}})
