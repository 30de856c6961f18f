"""Drift, ownership and ids of the Kubernetes stand-in, on plain objects."""

import base64
from typing import Any

import pytest

from sandbox.plugins.diff import changes
from sandbox.plugins.errors import NotSupportedError
from sandbox.plugins.kubernetes.kinds import kind_of, replacing_fields
from sandbox.plugins.kubernetes.objects import adopt_fields, imported_inputs, live_inputs, merge_patch, split_id
from sandbox.plugins.kubernetes.provider import KubernetesPlugin
from sandbox.plugins.plugin import Difference, Operation
from sandbox.plugins.values import format_path

PODS = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
SECRETS = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}


def obj(kind: str, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": "x"}, **fields}


def difference(token: str, old: dict[str, Any], new: dict[str, Any]) -> Difference:
    op = Operation(urn=f"urn:pulumi:dev::p::{token}::x")
    return KubernetesPlugin().diff(op, "x", old, {}, new)


def replacing(found: Difference) -> list[str]:
    return [format_path(change.path) for change in found.changes if change.replaces]


def test_nothing_changed_is_no_drift_whatever_the_server_filled_in() -> None:
    inputs = obj("Deployment", spec={"template": {"cpu": "0.5"}})
    state = obj("Deployment", spec={"replicas": 1, "template": {"cpu": "500m", "restartPolicy": "Always"}})
    assert live_inputs(inputs, state, state) == inputs


def test_a_changed_field_is_drift_and_its_defaulted_neighbours_are_not() -> None:
    inputs = obj("Deployment", spec={"replicas": 2})
    state = obj("Deployment", spec={"replicas": 2, "strategy": "RollingUpdate"})
    live = obj("Deployment", spec={"replicas": 5, "strategy": "Recreate"})
    found = live_inputs(inputs, state, live)
    assert [format_path(c.path) for c in changes(inputs, found)] == ["spec.replicas"]


@pytest.mark.parametrize(
    ("rules", "drifted"),
    [
        pytest.param([PODS], False, id="as written"),
        pytest.param([PODS, SECRETS], True, id="a rule more"),
        pytest.param([{**PODS, "resources": ["pods", "secrets"]}], True, id="a resource more"),
        pytest.param([{**PODS, "resourceNames": ["one"]}], True, id="a field more"),
        pytest.param([], True, id="emptied"),
    ],
)
def test_any_change_of_a_cluster_roles_rules_is_drift(rules: list[Any], drifted: bool) -> None:
    inputs = obj("ClusterRole", rules=[PODS])
    assert (live_inputs(inputs, inputs, obj("ClusterRole", rules=rules)) != inputs) is drifted


def test_the_rules_of_an_aggregated_role_are_the_controllers() -> None:
    inputs = obj("ClusterRole", aggregationRule={"clusterRoleSelectors": []})
    live = {**inputs, "rules": [PODS]}
    assert live_inputs(inputs, inputs, live) == inputs
    assert live_inputs(inputs, inputs, obj("ClusterRole", rules=[PODS])) != inputs, "but its own rule is not"


def test_a_secrets_plain_text_is_compared_with_what_the_server_keeps() -> None:
    def encoded(text: str) -> str:
        return base64.b64encode(text.encode()).decode()

    inputs = obj("Secret", stringData={"token": "right"})
    kept = obj("Secret", data={"token": encoded("right")})
    assert live_inputs(inputs, kept, kept) == inputs
    tampered = obj("Secret", data={"token": encoded("wrong")})
    assert live_inputs(inputs, kept, tampered)["stringData"] == {"token": "wrong"}


def test_an_import_is_not_asked_to_remove_what_the_program_leaves_out() -> None:
    live = obj("Namespace", spec={"finalizers": ["kubernetes"]}, status={"phase": "Active"})
    live["metadata"] |= {"uid": "1", "resourceVersion": "2"}
    imported = imported_inputs(live)
    assert imported["metadata"] == {"name": "x"}
    assert not difference("kubernetes:core/v1:Namespace", imported, obj("Namespace")).changes
    wanted = obj("Namespace", spec={"finalizers": ["mine"]})
    assert difference("kubernetes:core/v1:Namespace", imported, wanted).changes, "what it does say counts"


@pytest.mark.parametrize(
    ("token", "field", "path"),
    [
        ("kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding", "roleRef", "roleRef.name"),
        ("kubernetes:core/v1:ConfigMap", "data", "data.name"),
        ("kubernetes:core/v1:Secret", "stringData", "stringData.name"),
        ("kubernetes:apps/v1:DaemonSet", "spec", ""),
    ],
)
def test_immutable_fields_replace_and_the_others_do_not(token: str, field: str, path: str) -> None:
    kind = token.rpartition(":")[2]
    found = difference(token, obj(kind, **{field: {"name": "a"}}), obj(kind, **{field: {"name": "b"}}))
    assert replacing(found) == ([path] if path else [])


def test_a_replacement_under_the_same_name_deletes_first() -> None:
    token = "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"
    old, new = obj("RoleBinding", roleRef={"name": "a"}), obj("RoleBinding", roleRef={"name": "b"})
    assert difference(token, old, new).delete_before_replace
    renamed = obj("RoleBinding", metadata={"name": "y"}, roleRef={"name": "a"})
    found = difference(token, old, renamed)
    assert replacing(found) == ["metadata.name"]
    assert not found.delete_before_replace, "a new name can stand beside the old one"
    for one in (old, new):
        one["metadata"]["annotations"] = {"pulumi.com/autonamed": "true"}
    assert not difference(token, old, new).delete_before_replace, "an automatic name changes with the object"


def test_mutable_config_maps_are_updated_in_place() -> None:
    kind = kind_of("kubernetes:core/v1:ConfigMap")
    assert ("data",) in replacing_fields(kind)
    assert ("data",) not in replacing_fields(kind, mutable=frozenset({"ConfigMap"}))


@pytest.mark.parametrize(
    "token", ["kubernetes:core/v1:ConfigMapPatch", "kubernetes:core/v1:PodList", "kubernetes:helm.sh/v3:Release"]
)
def test_what_is_no_kind_is_said_to_be_unsupported(token: str) -> None:
    with pytest.raises(NotSupportedError, match="not supported by the sandbox's stand-in"):
        kind_of(token)


@pytest.mark.parametrize(("text", "parts"), [("ns/x", ("ns", "x")), ("x", (None, "x"))])
def test_ids_are_names_with_or_without_a_namespace(text: str, parts: tuple[str | None, str]) -> None:
    assert split_id(text) == parts


@pytest.mark.parametrize("bad", ["", "a/", "/a", "a/b/c"])
def test_other_ids_are_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="expected namespace/name or name"):
        split_id(bad)


def owner(manager: str, operation: str = "Update", **fields: Any) -> dict[str, Any]:
    return {"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsV1": fields}


def test_what_kubectl_owns_is_taken_over_and_what_others_own_is_not() -> None:
    ours, edit, other = owner("ours", "Apply", a={}), owner("kubectl-edit", b={}), owner("controller", c={})
    adopted = adopt_fields([ours, edit, other], "ours")
    assert adopted is not None
    assert [m["manager"] for m in adopted] == ["controller", "ours"]
    assert adopted[1]["fieldsV1"] == {"a": {}, "b": {}}
    assert adopt_fields([ours, other], "ours") is None


def test_a_merge_patch_removes_what_is_gone_and_names_only_what_changed() -> None:
    old = {"data": {"a": "1", "b": "2"}, "kind": "X"}
    assert merge_patch(old, {"data": {"a": "1", "c": "3"}, "kind": "X"}) == {"data": {"b": None, "c": "3"}}
