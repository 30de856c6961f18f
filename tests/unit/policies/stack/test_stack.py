"""A stack is the same whatever format it is parsed from; secrets are evaluated and never shown."""

import json
from typing import Any

import pytest
from pulumi_policy import proxy
from pulumi_policy.proxy import unknown_checking_proxy

from eks_access.model.identity import EntryMethod
from eks_access_policies.access import Access, Subject
from eks_access_policies.stack import (
    UNKNOWN,
    StateError,
    is_unknown,
    join_stacks,
    parse_preview,
    parse_stack,
    parse_state,
)
from eks_access_policies.stack.engine import unwrap_proxies
from eks_access_policies.stack.model import HIDDEN
from eks_access_policies.stack.property_reader import PropertyReader

URN = "urn:pulumi:dev::shop::aws:iam/role:Role::vendor"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
UNKNOWN_TEXT = proxy.UNKNOWN_STRING_VALUE


def state(urn: str = URN, **more: Any) -> dict[str, Any]:
    return {"urn": urn, "type": urn.split("::")[2].split("$")[-1], "custom": True, **more}


def export(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"version": 3, "deployment": {"resources": list(resources)}}


def test_an_exported_state_has_outputs_over_inputs() -> None:
    stack = parse_state(export(state(inputs={"name": "a", "path": "/"}, outputs={"name": "b", "arn": "arn"})))
    assert stack.name == "shop/dev"
    assert stack.resources[0].properties == {"name": "b", "path": "/", "arn": "arn"}


def test_a_state_file_of_a_self_managed_backend_is_parsed() -> None:
    checkpoint = {"version": 3, "checkpoint": {"latest": {"resources": [state()]}}}
    assert [resource.urn for resource in parse_stack(checkpoint).resources] == [URN]


def test_resources_that_are_pending_deletion_are_skipped() -> None:
    assert parse_state(export(state(delete=True))).resources == ()


def test_an_encrypted_secret_is_unknown() -> None:
    resource = parse_state(export(state(inputs={"policy": {**SECRET, "ciphertext": "abc"}}))).resources[0]
    assert is_unknown(resource.get("policy"))
    assert resource.secrets == {"policy"}


def test_a_plaintext_secret_is_read_and_redacted() -> None:
    stack = parse_state(export(state(inputs={"userName": {**SECRET, "plaintext": json.dumps("hunter22")}})))
    assert stack.resources[0].get("userName") == "hunter22", "it is evaluated like any other value"
    assert stack.redact("its name is hunter22.") == f"its name is {HIDDEN}."


def test_short_secrets_are_not_redacted() -> None:
    reader = PropertyReader()
    reader.read_value({**SECRET, "value": "1"})
    assert reader.secret_texts == set()


@pytest.mark.parametrize("value", [UNKNOWN_TEXT, proxy.UNKNOWN_ARRAY_VALUE, proxy.UNKNOWN_OBJECT_VALUE, HIDDEN])
def test_the_engines_placeholders_for_unknown_values_are_unknown(value: str) -> None:
    assert is_unknown(PropertyReader().read_value(value))


def test_a_preview_has_the_stack_before_and_after_its_changes() -> None:
    old, new = state(outputs={"name": "old"}), state(inputs={"name": "new"})
    gone = state("urn:pulumi:dev::shop::aws:iam/user:User::gone", outputs={"name": "gone"})
    preview = {
        "steps": [
            {"op": "update", "urn": URN, "oldState": old, "newState": new},
            {"op": "delete", "urn": gone["urn"], "oldState": gone},
        ]
    }
    assert [r.get("name") for r in parse_preview(preview).resources] == ["new"], "deleted resources are not part of it"
    assert [r.get("name") for r in parse_preview(preview, before=True).resources] == ["old", "gone"]


def test_a_preview_has_the_properties_that_replace_a_resource() -> None:
    diff = {"accessConfig.x": {"kind": "update-replace"}, "tags.a": {"kind": "update"}}
    step = {"op": "replace", "urn": URN, "oldState": state(), "newState": state(), "detailedDiff": diff}
    assert parse_preview({"steps": [step]}).resources[0].replaced_for == ("accessConfig.x",)


@pytest.mark.parametrize("value", [[], "text", {}, {"deployment": 1}, {"steps": "none"}, {"schemaVersion": 99}])
def test_a_value_in_none_of_the_formats_is_rejected(value: object) -> None:
    with pytest.raises(StateError, match=r"expected|neither|version"):
        parse_stack(value)


def test_several_stacks_are_joined_into_one() -> None:
    other = "urn:pulumi:dev::other::aws:iam/role:Role::vendor"
    stack = join_stacks([parse_state(export(state())), parse_state(export(state(other)))])
    assert set(stack.by_urn) == {URN, other}
    assert stack.name == "shop/dev, other/dev"


def test_the_sdks_proxies_are_read_without_raising() -> None:
    given = unknown_checking_proxy(
        {"known": ["a", {"b": UNKNOWN_TEXT}], "unknown": UNKNOWN_TEXT, "none": None, "number": 1.0}
    )
    assert unwrap_proxies(given) == {"known": ["a", {"b": UNKNOWN}], "unknown": UNKNOWN, "none": None, "number": 1.0}


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


def test_a_manifest_gives_the_access_that_it_describes() -> None:
    clusters = {
        "a": {**CLUSTER, "authenticationMode": "API", "method": "access-entry"},
        "c": {**CLUSTER, "name": "old", "authenticationMode": "CONFIG_MAP", "method": "aws-auth"},
    }
    grant = {"name": "acme-read", "group": "acme:readers", "namespaces": None, "rules": [READ_PODS]}
    stack = parse_stack({"access": manifest(clusters, [grant])})
    access = Access(stack)
    assert {(entry.method, entry.cluster) for entry in access.entries} == {
        (EntryMethod.ACCESS_ENTRY, "prod"),
        (EntryMethod.AWS_AUTH, "old"),
    }
    held = {
        (str(holder), held.cluster, rule.resources)
        for held in access.effective_rules
        if held.binding
        for holder in held.holders
        for rule in held.rules
    }
    role = "role arn:aws:iam::111122223333:role/acme"
    assert held == {(role, "prod", ("pods",)), (role, "old", ("pods",))}
    found = stack.integration(access.entries[0].resource)
    assert found is not None
    assert found.name == "acme"


def test_a_connected_cluster_gives_access_to_the_connector_and_its_viewers_and_to_no_role() -> None:
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
    access = Access(parse_stack(manifest({"onprem": connected}, grants)))
    assert (access.entries, access.associations) == ((), ())
    assert {(*held.holders, held.cluster, held.namespaces) for held in access.effective_rules} == {
        (Subject("ServiceAccount", "agent", "eks-connector"), "prod", None),
        (Subject("User", viewer), "prod", ("payments",)),
    }


def test_children_of_a_connected_cluster_belong_to_it_although_its_kubeconfig_is_secret() -> None:
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
    access = Access(parse_state(export(prod, test, provider, binding)))
    assert [each.cluster for each in access.bindings] == ["prod"]


def test_a_manifest_with_an_existing_role_gives_a_stack_without_that_role() -> None:
    cluster = {**CLUSTER, "authenticationMode": "API", "method": "access-entry"}
    role = {"arn": "arn:aws:iam::111122223333:role/acme", "name": "acme", "maxSessionSeconds": 3600, "existing": True}
    stack = parse_stack(manifest({"a": cluster}, [], role=role))
    assert not list(stack.of_type("aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy"))
    assert [entry.principal.arn for entry in Access(stack).entries] == [role["arn"]]
