"""Everything that touches one role is that role: patches, default roles, other clusters, and what aggregates it."""

from typing import Any

import pytest

from eks_access_policies.access import Access, EffectiveRules
from eks_access_policies.access.rbac.objects import find_roles
from eks_access_policies.stack import UNKNOWN, Resource, Stack

RBAC = "kubernetes:rbac.authorization.k8s.io/v1:"
TO_VIEW = {"rbac.authorization.k8s.io/aggregate-to-view": "true"}


def resource(
    kind: str, name: str, *, labels: Any = None, server: str = "", namespace: str = "", **body: Any
) -> Resource:
    metadata: dict[str, Any] = {"name": name}
    metadata |= {"labels": labels} if labels is not None else {}
    metadata |= {"namespace": namespace} if namespace else {}
    provider = f"urn:pulumi:p::s::pulumi:providers:kubernetes::{server}" if server else None
    urn = f"urn:pulumi:p::s::{RBAC}{kind}::{name}{server}"
    return Resource(urn, f"{RBAC}{kind}", name, {"metadata": metadata, **body}, provider=provider)


def cluster_role(name: str, *resources: str, **more: Any) -> Resource:
    rules = [{"apiGroups": [""], "resources": list(resources), "verbs": ["get"]}] if resources else []
    return resource("ClusterRole", name, **{"rules": rules, **more})


def whole(name: str, *selectors: Any, **more: Any) -> Resource:
    return cluster_role(name, aggregationRule={"clusterRoleSelectors": list(selectors)}, **more)


def binding(role: str, kind: str = "ClusterRoleBinding", name: str = "b", **more: Any) -> Resource:
    subjects = [{"kind": "Group", "name": "g"}]
    ref = {"kind": "ClusterRole", "name": role}
    return resource(kind, name, **{"roleRef": ref, "subjects": subjects, **more})


def provider(name: str, server: str) -> Resource:
    config = '{"current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c"}}], "clusters":'
    config += f' [{{"name": "c", "cluster": {{"server": "{server}"}}}}]}}'
    urn = f"urn:pulumi:p::s::pulumi:providers:kubernetes::{name}"
    return Resource(urn, "pulumi:providers:kubernetes", name, {"kubeconfig": config})


def held(*resources: Resource) -> list[EffectiveRules]:
    return list(Access(Stack(resources)).effective_rules)


def reads(*resources: Resource) -> set[str]:
    """The resources that group g may read."""
    return {kind for each in held(*resources) for rule in each.rules for kind in rule.resources}


def test_a_patch_adds_to_the_role_of_the_stack() -> None:
    patch = resource("ClusterRolePatch", "r", rules=[{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}])
    assert reads(cluster_role("r", "pods"), patch, binding("r")) == {"pods", "secrets"}
    assert reads(cluster_role("r", "pods"), binding("r")) == {"pods"}


def test_a_patch_without_rules_takes_nothing_from_a_default_role() -> None:
    assert reads(resource("ClusterRolePatch", "cluster-admin", labels={"a": "b"}), binding("cluster-admin")) == {"*"}


def test_a_patch_of_a_role_elsewhere_does_not_tell_what_the_role_may_do() -> None:
    (found,) = held(resource("ClusterRolePatch", "foreign", labels={"a": "b"}), binding("foreign"))
    assert found.role is not None
    assert (found.role.is_elsewhere, found.role.is_missing) == (True, False)
    (found,) = held(cluster_role("foreign", "pods"), binding("foreign"))
    assert found.role is not None
    assert not found.role.is_elsewhere


def test_a_binding_patch_gives_the_role_of_the_binding_that_it_patches() -> None:
    subjects = [{"kind": "Group", "name": "g"}]
    assert reads(resource("ClusterRoleBindingPatch", "cluster-admin", subjects=subjects)) == {"*"}
    own = binding("r", subjects=[])
    assert reads(cluster_role("r", "pods"), own, resource("ClusterRoleBindingPatch", "b", subjects=subjects)) == {
        "pods"
    }
    (found,) = held(resource("ClusterRoleBindingPatch", "foreign", subjects=subjects))
    assert found.binding is not None
    assert found.binding.is_elsewhere


def test_a_role_of_a_default_roles_name_adds_to_it() -> None:
    found = reads(cluster_role("view", "secrets"), binding("view"))
    assert {"pods", "secrets"} <= found
    assert "secrets" not in reads(binding("view"))


def test_in_clusters_that_are_not_known_every_role_of_the_name_counts() -> None:
    roles = [cluster_role("r", "pods"), resource("ClusterRole", "r", server="x", rules=[READ_SECRETS])]
    assert reads(*roles, binding("r")) == {"pods", "secrets"}


def test_roles_behind_two_servers_are_two_roles() -> None:
    resources = [provider("a", "https://a"), provider("b", "https://b")]
    resources += [cluster_role("r", "pods", server="a"), cluster_role("r", "secrets", server="b")]
    assert reads(*resources, binding("r", server="a")) == {"pods"}
    assert reads(*resources, binding("r", server="b")) == {"secrets"}


READ_SECRETS = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}


def expression(operator: str, *values: str) -> dict[str, Any]:
    return {"matchExpressions": [{"key": "team", "operator": operator, **({"values": list(values)} if values else {})}]}


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        ({"matchLabels": {"team": "a"}}, {"a"}),
        (expression("In", "a", "b"), {"a", "b"}),
        (expression("NotIn", "a"), {"b", "none"}),
        (expression("Exists"), {"a", "b"}),
        (expression("DoesNotExist"), {"none"}),
        ({"matchLabels": {"team": "a"}, **expression("NotIn", "a")}, set()),
        ({}, {"a", "b", "none"}),
    ],
)
def test_a_selector_selects_what_kubernetes_selects(selector: Any, selected: set[str]) -> None:
    parts = [cluster_role("a", "a", labels={"team": "a"}), cluster_role("b", "b", labels={"team": "b"})]
    found = reads(*parts, cluster_role("none", "none"), whole("whole", selector), binding("whole"))
    assert found & {"a", "b", "none"} == selected


def test_an_empty_selector_selects_the_default_roles_too() -> None:
    assert "*" in reads(whole("whole", {}), binding("whole"))
    assert "*" not in reads(whole("whole", expression("Exists")), binding("whole"))


def test_default_roles_are_parts_by_their_labels() -> None:
    label = "rbac.authorization.k8s.io/aggregate-to-edit"
    assert "secrets" in reads(whole("whole", {"matchLabels": {label: "true"}}), binding("whole"))
    assert reads(whole("whole", {"matchLabels": {label: "false"}}), binding("whole")) == set()


@pytest.mark.parametrize("role", ["view", "edit", "admin"])
def test_a_label_widens_the_default_roles_that_include_each_other(role: str) -> None:
    assert "widgets" in reads(cluster_role("extra", "widgets", labels=TO_VIEW), binding(role))
    assert "widgets" not in reads(cluster_role("extra", "widgets"), binding(role))


def test_a_label_that_a_patch_adds_is_the_roles_label() -> None:
    patch = resource("ClusterRolePatch", "extra", labels=TO_VIEW)
    assert "widgets" in reads(cluster_role("extra", "widgets"), patch, binding("view"))


def test_aggregation_is_nested_and_cycles_end() -> None:
    one = whole("one", {"matchLabels": {"in": "one"}}, labels={"in": "two"})
    two = whole("two", {"matchLabels": {"in": "two"}}, labels={"in": "one"})
    assert reads(cluster_role("part", "pods", labels={"in": "one"}), one, two, binding("two")) == {"pods"}


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"rules": UNKNOWN}, "rules"),
        ({"labels": {"a": UNKNOWN}}, "labels"),
        ({"aggregationRule": UNKNOWN}, "selectors"),
        ({"aggregationRule": {"clusterRoleSelectors": [expression("Like", "a")]}}, "selectors"),
    ],
)
def test_what_is_not_known_of_a_role_keeps_its_place(changed: dict[str, Any], what: str) -> None:
    def unknown_fields(role: Resource) -> list[tuple[str, ...]]:
        stack = Stack((role,))
        return [each.unknown_fields for each in find_roles(stack, Access(stack).clusters)]

    assert unknown_fields(cluster_role("r", **changed)) == [(what,)]
    assert unknown_fields(cluster_role("r", "pods", labels={"a": "b"})) == [()]


def test_a_missing_namespace_is_the_providers_and_else_unknown() -> None:
    def namespace(**more: Any) -> str | None:
        (found,) = Access(Stack((provider("a", "https://a"), binding("view", "RoleBinding", **more)))).bindings
        return found.namespace

    assert namespace(server="a") == "default"
    assert namespace(namespace="web") == "web"
    assert namespace() == "(not known yet)"


def test_bindings_of_one_role_share_its_rules_and_its_principals() -> None:
    many = [binding("r", name=f"b{number}") for number in range(50)]
    found = held(cluster_role("r", "pods"), *many)
    assert len(found) == 50, "one for each binding and subject"
    assert len({id(each.rules) for each in found}) == len({id(each.entries) for each in found}) == 1


def test_roles_that_select_the_same_share_their_rules() -> None:
    parts = [cluster_role(f"part{number}", f"kind{number}", labels={"a": "b"}) for number in range(30)]
    wholes = [whole(f"whole{number}", {"matchLabels": {"a": "b"}}) for number in range(30)]
    found = held(*parts, *wholes, *(binding(f"whole{number}", name=f"b{number}") for number in range(30)))
    assert [len(list(each.rules)) for each in found] == [30] * 30
    assert len({id(each.rules) for each in found}) == 1
