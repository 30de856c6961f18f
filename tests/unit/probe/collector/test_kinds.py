"""The kinds to list follow from an integration's rights."""

from typing import Any

import pytest

from eks_access.manifest.models import IntegrationAccess
from eks_access_probe.collector import kinds
from eks_access_probe.collector.kinds import TOPOLOGY
from tests.support.world import access, kubernetes_call

VIEW = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"


def of(**changes: Any) -> IntegrationAccess:
    return IntegrationAccess.model_validate(access("", **changes))


def granted(*rules: dict[str, list[str]], namespaces: list[str] | None = None) -> list[dict[str, Any]]:
    return [{"name": "acme", "group": "acme:readers", "namespaces": namespaces, "rules": list(rules)}]


def more(integration: IntegrationAccess) -> list[str]:
    return [kind.dotted for kind in kinds.kinds_to_list(integration) if kind not in TOPOLOGY]


def rule(resource: str, *, group: str = "", verb: str = "list", **names: list[str]) -> dict[str, list[str]]:
    return {"apiGroups": [group], "resources": [resource], "verbs": [verb], **names}


def test_the_topology_is_listed_for_every_integration() -> None:
    assert kinds.kinds_to_list(of())[: len(TOPOLOGY)] == TOPOLOGY


@pytest.mark.parametrize(
    ("named", "asked"),
    [
        (rule("configmaps"), ["configmaps"]),
        (rule("volumesnapshots", group="snapshot.storage.k8s.io"), ["volumesnapshots.snapshot.storage.k8s.io"]),
        (rule("configmaps", verb="*"), ["configmaps"]),
        (rule("configmaps", verb="get"), []),
        (rule("configmaps", resourceNames=["aws-auth"]), []),
        (rule("secrets"), []),
        (rule("events"), []),
        (rule("pods/log"), []),
        (rule("*"), []),
        (rule("pods"), []),
    ],
)
def test_more_kinds_are_listed_if_the_rights_name_them(named: dict[str, list[str]], asked: list[str]) -> None:
    assert more(of(grants=granted(named))) == asked


def test_an_access_policy_names_the_kinds_that_it_allows_to_list() -> None:
    identity = {"username": "a", "groups": [], "accessPolicies": [{"arn": VIEW, "namespaces": []}]}
    found = more(of(identity=identity))
    assert "configmaps" in found
    assert "secrets" not in found


def test_an_allowed_expectation_names_a_kind_and_a_denied_one_does_not() -> None:
    calls = [kubernetes_call("list", "serviceaccounts", True), kubernetes_call("list", "configmaps", False)]
    assert more(of(kubernetes=calls)) == ["serviceaccounts"]


def test_kinds_outside_of_the_topology_use_the_clusters_preferred_version() -> None:
    found = {kind.dotted: kind.version for kind in kinds.kinds_to_list(of(grants=granted(rule("roles", group="rbac"))))}
    assert found["roles.rbac"] is None
    assert found["pods"] == "v1"


def test_namespaces_with_a_right_are_those_in_which_the_kind_may_be_listed() -> None:
    pods, nodes = (next(kind for kind in TOPOLOGY if kind.name == name) for name in ("Pod", "Node"))
    services = next(kind for kind in TOPOLOGY if kind.name == "Service")
    integration = of(
        grants=granted(rule("pods"), rule("nodes"), rule("pods/exec", verb="create"), namespaces=["web"]),
        identity={"username": "a", "groups": [], "accessPolicies": [{"arn": VIEW, "namespaces": ["team-*"]}]},
        kubernetes=[kubernetes_call("list", "services", True, namespace="shop")],
    )
    assert kinds.namespaces_with_right(integration, pods) == ("web", "team-*")
    assert kinds.namespaces_with_right(integration, services) == ("team-*", "shop")
    assert kinds.namespaces_with_right(integration, nodes) == (), "they are cluster-scoped"
