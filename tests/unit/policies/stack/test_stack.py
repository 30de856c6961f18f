"""A stack is the same from wherever it is read; what is secret is judged and never told."""

import json
from typing import Any

import pytest
from pulumi_policy import proxy
from pulumi_policy.proxy import unknown_checking_proxy

from eks_access.model.identity import EntryMethod
from eks_access_policies.access import Access, Subject
from eks_access_policies.stack import UNKNOWN, StateError, is_unknown, joined, of_export, of_preview, of_value
from eks_access_policies.stack.engine import plain
from eks_access_policies.stack.model import HIDDEN
from eks_access_policies.stack.serialized import Reader

URN = "urn:pulumi:dev::shop::aws:iam/role:Role::vendor"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
UNKNOWN_TEXT = proxy.UNKNOWN_STRING_VALUE


def state(urn: str = URN, **more: Any) -> dict[str, Any]:
    return {"urn": urn, "type": urn.split("::")[2].split("$")[-1], "custom": True, **more}


def export(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"version": 3, "deployment": {"resources": list(resources)}}


def test_an_exported_state_has_outputs_over_inputs() -> None:
    stack = of_export(export(state(inputs={"name": "a", "path": "/"}, outputs={"name": "b", "arn": "arn"})))
    assert stack.name == "shop/dev"
    assert stack.resources[0].properties == {"name": "b", "path": "/", "arn": "arn"}


def test_a_state_file_of_a_backend_of_your_own_is_read_as_well() -> None:
    checkpoint = {"version": 3, "checkpoint": {"latest": {"resources": [state()]}}}
    assert [resource.urn for resource in of_value(checkpoint).resources] == [URN]


def test_what_waits_to_be_deleted_is_not_there() -> None:
    assert of_export(export(state(delete=True))).resources == ()


def test_an_encrypted_secret_is_not_known() -> None:
    resource = of_export(export(state(inputs={"policy": {**SECRET, "ciphertext": "abc"}}))).resources[0]
    assert is_unknown(resource.get("policy"))
    assert resource.secrets == {"policy"}


def test_a_secret_in_plain_text_is_read_and_blacked_out() -> None:
    stack = of_export(export(state(inputs={"userName": {**SECRET, "plaintext": json.dumps("hunter22")}})))
    assert stack.resources[0].get("userName") == "hunter22", "it is judged like any other value"
    assert stack.redacted("its name is hunter22.") == f"its name is {HIDDEN}."


def test_short_secrets_do_not_black_out_a_message() -> None:
    reader = Reader()
    reader.value({**SECRET, "value": "1"})
    assert reader.secret_texts == set()


@pytest.mark.parametrize("value", [UNKNOWN_TEXT, proxy.UNKNOWN_ARRAY_VALUE, proxy.UNKNOWN_OBJECT_VALUE, HIDDEN])
def test_what_the_engine_writes_for_the_unknown_is_unknown(value: str) -> None:
    assert is_unknown(Reader().value(value))


def test_a_preview_has_what_will_be_and_what_is() -> None:
    old, new = state(outputs={"name": "old"}), state(inputs={"name": "new"})
    gone = state("urn:pulumi:dev::shop::aws:iam/user:User::gone", outputs={"name": "gone"})
    preview = {
        "steps": [
            {"op": "update", "urn": URN, "oldState": old, "newState": new},
            {"op": "delete", "urn": gone["urn"], "oldState": gone},
        ]
    }
    assert [r.get("name") for r in of_preview(preview).resources] == ["new"], "what is deleted will not be there"
    assert [r.get("name") for r in of_preview(preview, before=True).resources] == ["old", "gone"]


def test_a_preview_tells_what_replaces_a_resource() -> None:
    diff = {"accessConfig.x": {"kind": "update-replace"}, "tags.a": {"kind": "update"}}
    step = {"op": "replace", "urn": URN, "oldState": state(), "newState": state(), "detailedDiff": diff}
    assert of_preview({"steps": [step]}).resources[0].replaced_for == ("accessConfig.x",)


@pytest.mark.parametrize("value", [[], "text", {}, {"deployment": 1}, {"steps": "none"}, {"schemaVersion": 99}])
def test_what_is_no_stack_is_refused(value: object) -> None:
    with pytest.raises(StateError, match=r"expected|neither|version"):
        of_value(value)


def test_several_stacks_are_one() -> None:
    other = "urn:pulumi:dev::other::aws:iam/role:Role::vendor"
    stack = joined([of_export(export(state())), of_export(export(state(other)))])
    assert set(stack.by_urn) == {URN, other}
    assert stack.name == "shop/dev, other/dev"


def test_the_sdks_proxies_are_read_without_raising() -> None:
    given = unknown_checking_proxy(
        {"known": ["a", {"b": UNKNOWN_TEXT}], "unknown": UNKNOWN_TEXT, "none": None, "number": 1.0}
    )
    assert plain(given) == {"known": ["a", {"b": UNKNOWN}], "unknown": UNKNOWN, "none": None, "number": 1.0}


CLUSTER = {
    "name": "prod",
    "region": "us-east-1",
    "arn": "arn:aws:eks:us-east-1:111122223333:cluster/prod",
    "endpoint": "https://x",
    "certificateAuthority": "",
}
READ_PODS = {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}


def manifest(clusters: dict[str, Any], grants: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """An access manifest with one integration, of a vendor's own role."""
    integration = {
        "vendor": "acme",
        "title": "Acme",
        "profile": "least",
        "role": {"arn": "arn:aws:iam::111122223333:role/acme", "name": "acme", "maxSessionSeconds": 3600},
        "trust": {"kind": "cross-account", "refuses": []},
        "statements": [],
        "identity": {
            "username": "acme:{{SessionName}}",
            "groups": ["acme:readers"],
            "accessPolicies": [{"arn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy", "namespaces": []}],
        },
        "clusters": clusters,
        "grants": grants,
        "aws": [],
        "kubernetes": [],
        "handoff": {"fields": [], "steps": []},
        "residualRisks": [],
        **more,
    }
    return {
        "schemaVersion": 1,
        "project": "shop",
        "environment": "dev",
        "partition": "aws",
        "account": "111122223333",
        "endpoint": "aws",
        "integrations": {"acme": integration},
    }


def test_a_manifest_gives_the_access_that_it_tells() -> None:
    clusters = {
        "a": {**CLUSTER, "authenticationMode": "API", "method": "access-entry"},
        "c": {**CLUSTER, "name": "old", "authenticationMode": "CONFIG_MAP", "method": "aws-auth"},
    }
    grant = {"name": "acme-read", "group": "acme:readers", "namespaces": None, "rules": [READ_PODS]}
    stack = of_value({"access": manifest(clusters, [grant])})
    access = Access(stack)
    assert {(entry.method, entry.cluster) for entry in access.entries} == {
        (EntryMethod.ACCESS_ENTRY, "prod"),
        (EntryMethod.AWS_AUTH, "old"),
    }
    held = {(str(held.principal), held.cluster, held.rule.resources) for held in access.effective_rules if held.binding}
    role = "role arn:aws:iam::111122223333:role/acme"
    assert held == {(role, "prod", ("pods",)), (role, "old", ("pods",))}
    found = stack.integration(access.entries[0].resource)
    assert found is not None
    assert found.name == "acme"


def test_a_manifest_lets_no_role_into_a_connected_cluster_where_the_connector_and_its_viewers_act() -> None:
    connected = {**CLUSTER, "authenticationMode": None, "method": "eks-connector"}
    viewer = "arn:aws:iam::111122223333:role/Viewer"
    impersonate = {"apiGroups": [""], "resources": ["users"], "verbs": ["impersonate"], "resourceNames": [viewer]}
    grants: list[dict[str, Any]] = [
        {
            "name": "a",
            "group": "eks-connector/agent",
            "kind": "ServiceAccount",
            "namespaces": None,
            "rules": [impersonate],
        },
        {"name": "b", "group": viewer, "kind": "User", "namespaces": ["payments"], "rules": [READ_PODS]},
    ]
    access = Access(of_value(manifest({"onprem": connected}, grants)))
    assert (access.entries, access.associations) == ((), ())
    assert {(held.holder, held.cluster, held.namespaces) for held in access.effective_rules} == {
        (Subject("ServiceAccount", "agent", "eks-connector"), "prod", None),
        (Subject("User", viewer), "prod", ("payments",)),
    }


def test_what_is_below_a_connected_cluster_is_in_it_though_its_kubeconfig_is_secret() -> None:
    def made(kind: str, name: str, **inputs: Any) -> dict[str, Any]:
        return state(f"urn:pulumi:dev::shop::{kind}::{name}", inputs=inputs)

    prod, test = (made("eks-access:index:ConnectedCluster", name, cluster=name) for name in ("prod", "test"))
    provider = made("pulumi:providers:kubernetes", "k", kubeconfig={**SECRET, "ciphertext": "abc"})
    binding = made(
        "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding",
        "b",
        subjects=[{"kind": "User", "name": "viewer"}],
        roleRef={"kind": "ClusterRole", "name": "view"},
    )
    binding |= {"parent": prod["urn"], "provider": f"{provider['urn']}::id"}
    access = Access(of_export(export(prod, test, provider, binding)))
    assert [each.cluster for each in access.bindings] == ["prod"]


def test_a_manifest_makes_no_role_that_somebody_else_owns() -> None:
    cluster = {**CLUSTER, "authenticationMode": "API", "method": "access-entry"}
    role = {"arn": "arn:aws:iam::111122223333:role/acme", "name": "acme", "maxSessionSeconds": 3600, "existing": True}
    stack = of_value(manifest({"a": cluster}, [], role=role))
    assert not list(stack.of_type("aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy"))
    assert [entry.principal.arn for entry in Access(stack).entries] == [role["arn"]]
