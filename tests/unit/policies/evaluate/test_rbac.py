"""Findings about roles and bindings of which the stack has a part only, and how many there are."""

from typing import Any

import pytest

from eks_access_policies.evaluate.evaluator import Evaluator
from eks_access_policies.evaluate.settings import Settings
from eks_access_policies.finding import Finding
from tests.support.policies.resources import RBAC, ResourceSpec, binding, cluster_role, entry, role, rule, stack

TO_VIEW = {"rbac.authorization.k8s.io/aggregate-to-view": "true"}
SUBJECTS = [{"kind": "Group", "name": "g"}]


def findings(made: list[ResourceSpec], rule_id: str, settings: Settings | None = None) -> list[Finding]:
    return [each for each in Evaluator(settings).stack(stack(made)) if each.rule.id == rule_id]


def patch(kind: str, name: str, *, labels: Any = None, **body: Any) -> ResourceSpec:
    metadata = {"name": name, **({"labels": labels} if labels else {})}
    return ResourceSpec(f"kubernetes:{RBAC}/v1:{kind}Patch", f"{name}-patch", {"metadata": metadata, **body})


def test_a_patch_hides_no_right_of_what_it_patches() -> None:
    bound = binding("b", "cluster-admin", "g")
    assert findings([bound, patch("ClusterRole", "cluster-admin", labels={"a": "b"})], "rbac-cluster-admin")
    assert findings([patch("ClusterRoleBinding", "cluster-admin", subjects=SUBJECTS)], "rbac-cluster-admin")
    assert not findings([patch("ClusterRoleBinding", "system:discovery", subjects=SUBJECTS)], "rbac-cluster-admin")


def test_a_patch_of_what_is_elsewhere_is_not_evaluated() -> None:
    for kind in ("ClusterRole", "ClusterRoleBinding"):
        assert any("patches" in each.message for each in findings([patch(kind, "foreign")], "not-judged")), kind
        assert not findings([patch(kind, "cluster-admin")], "not-judged"), kind


def test_default_roles_are_widened_by_name_and_by_label() -> None:
    secrets = rule("get", "secrets")
    (found,) = findings([cluster_role("extra", secrets, labels=TO_VIEW)], "rbac-aggregated")
    assert "widens the default role view, so" in found.message, "edit and admin read Secrets anyway"
    assert findings([patch("ClusterRole", "view", rules=[secrets])], "rbac-aggregated")
    assert findings([patch("ClusterRole", "cluster-admin", labels=TO_VIEW)], "rbac-aggregated")
    assert not findings([cluster_role("extra", rule("get", "pods"), labels=TO_VIEW)], "rbac-aggregated")


def test_what_a_cluster_binds_to_everyone_is_not_widened() -> None:
    pods = [rule("get", "pods")]
    assert findings([patch("ClusterRole", "system:basic-user", rules=pods)], "rbac-authenticated")
    assert findings([patch("ClusterRole", "system:public-info-viewer", rules=pods)], "rbac-anonymous")
    assert not findings([patch("ClusterRole", "system:basic-user", labels={"a": "b"})], "rbac-authenticated")


def principals(count: int) -> list[ResourceSpec]:
    return [each for n in range(count) for each in (role(f"r{n}"), entry(f"e{n}", f"r{n}", "g"))]


def test_principals_of_one_group_are_one_finding_for_each_binding() -> None:
    bindings = [binding(f"b{number}", "reads", "g") for number in range(4)]
    made = [*principals(6), cluster_role("reads", rule("get", "secrets")), *bindings]
    found = findings(made, "rbac-secrets-read")
    assert len(found) == 4
    assert " and 3 more → group g → " in found[0].message


def test_accepted_principals_are_left_out_of_a_group() -> None:
    made = [*principals(2), cluster_role("reads", rule("get", "secrets")), binding("b", "reads", "g")]
    (found,) = findings(made, "rbac-secrets-read", Settings(allowed_principals=("r0",)))
    assert ("role/r0" in found.message, "role/r1" in found.message) == (False, True)
    assert not findings(made, "rbac-secrets-read", Settings(allowed_principals=("r0", "r1")))


@pytest.mark.parametrize(
    ("verb", "resource", "words", "is_cve"),
    [
        ("create", "pods/eviction", "can stop pods there by evicting them", False),
        ("create", "pods/binding", "can decide on which node pods there run", False),
        ("patch", "pods/status", "write the state of pods", False),
        ("patch", "services/status", "take the traffic of any address", True),
    ],
)
def test_a_subresource_is_reported_in_its_own_words(verb: str, resource: str, words: str, is_cve: bool) -> None:
    made = [*principals(1), cluster_role("writes", rule(verb, resource)), binding("b", "writes", "g")]
    (found,) = findings(made, "rbac-status-write")
    assert words in found.message
    assert ("CVE-2020-8554" in found.message) is is_cve


@pytest.mark.parametrize("verb", ["create", "update", "patch"])
def test_who_writes_services_chooses_their_external_addresses(verb: str) -> None:
    for namespace in ("", "shop"):
        made = [*principals(1), cluster_role("writes", rule(verb, "services"))]
        found = findings([*made, binding("b", "writes", "g", namespace=namespace)], "rbac-external-ips")
        (message,) = (each.message for each in found)
        assert "externalIPs" in message
    reads = cluster_role("reads", rule("get delete", "services"))
    assert not findings([*principals(1), reads, binding("b", "reads", "g")], "rbac-external-ips")
