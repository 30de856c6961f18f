"""What server-side apply makes of an object that exists."""

from typing import Any

from eks_access_inventory.adopt.importing.differences import PARTIAL, find_object_differences
from eks_access_inventory.adopt.importing.steps import UNKNOWN


def compare(live: dict[str, Any], inputs: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {each.property: (each.before, each.after) for each in find_object_differences(live, inputs)}


def test_what_the_inputs_do_not_have_stays() -> None:
    live = {"kind": "ConfigMap", "metadata": {"name": "a", "labels": {"theirs": "x"}}, "data": {"kept": "1", "a": "b"}}
    inputs = {"kind": "ConfigMap", "metadata": {"name": "a", "labels": {"ours": "y"}}, "data": {"a": "c"}}
    assert compare(live, inputs) == {"metadata.labels.ours": ("", "y"), "data.a": ("b", "c")}


def test_what_is_the_same_is_no_difference() -> None:
    live = {"metadata": {"name": "a", "uid": "u"}, "spec": {"replicas": 2, "paused": False}}
    assert compare(live, {"metadata": {"name": "a"}, "spec": {"replicas": 2, "strategy": {}}}) == {}


def test_containers_are_compared_by_their_names() -> None:
    live = {"spec": {"containers": [{"name": "agent", "image": "a:1"}, {"name": "sidecar", "image": "s"}]}}
    inputs = {"spec": {"containers": [{"name": "agent", "image": "a:2"}, {"name": "new", "image": "n"}]}}
    assert compare(live, inputs) == {
        "spec.containers[agent].image": ("a:1", "a:2"),
        "spec.containers[new]": ("", '{"image": "n", "name": "new"}'),
    }


def test_other_lists_are_compared_whole() -> None:
    assert compare({"spec": {"args": ["a"]}}, {"spec": {"args": ["a", "b"]}}) == {"spec.args": ('["a"]', '["a", "b"]')}


def test_secrets_and_what_is_not_known_yet_are_not_shown() -> None:
    live = {"data": {"code": "canary"}, "spec": {"id": "old"}}
    assert compare(live, {"data": "[secret]", "spec": {"id": f"a-{UNKNOWN}"}}) == {
        "data": ("(hidden)", "(hidden)"),
        "spec.id": ("old", "(known only afterwards)"),
    }
    assert compare(live, {"data": {"code": "[secret]"}})["data.code"] == ("(hidden)", "(hidden)")


def test_of_a_secret_only_the_metadata_is_compared() -> None:
    live = {"kind": PARTIAL, "metadata": {"name": "a"}}
    inputs = {"kind": "Secret", "type": "Opaque", "metadata": {"name": "a", "labels": {"b": "c"}}, "data": "[secret]"}
    assert compare(live, inputs) == {"metadata.labels": ("", '{"b": "c"}'), "data": ("(hidden)", "(hidden)")}
