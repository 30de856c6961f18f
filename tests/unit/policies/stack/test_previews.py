"""Findings that only a preview can have: replaced clusters, and changes of the authentication mode."""

from typing import Any

import pytest

from eks_access_policies.evaluate.evaluator import Evaluator
from eks_access_policies.stack import StateError, parse_preview

URN = "urn:pulumi:dev::shop::aws:eks/cluster:Cluster::prod"


def evaluate(before: dict[str, Any], after: dict[str, Any], op: str, *changed: str, detailed: bool = True) -> set[str]:
    def state(config: dict[str, Any]) -> dict[str, Any]:
        inputs = {"name": "prod", "accessConfig": config}
        return {"urn": URN, "type": "aws:eks/cluster:Cluster", "custom": True, "inputs": inputs, "protect": True}

    kind = "update-replace" if op == "replace" else "update"
    properties = [path.partition(".")[0] for path in changed]
    step = {
        "op": op,
        "urn": URN,
        "oldState": state(before),
        "newState": state(after),
        "diffReasons": properties,
        "replaceReasons": properties if op == "replace" else None,
        "detailedDiff": {path: {"kind": kind} for path in changed} if detailed else None,
    }
    return {finding.rule.id for finding in Evaluator().stack(parse_preview({"steps": [step]}))}


FALSE, TRUE = ({"bootstrapClusterCreatorAdminPermissions": value} for value in (False, True))


@pytest.mark.parametrize("detailed", [True, False], ids=["detailed differences", "names of properties"])
def test_a_cluster_that_is_replaced_because_of_its_access_configuration_is_found(detailed: bool) -> None:
    path = "accessConfig.bootstrapClusterCreatorAdminPermissions"
    assert "eks-cluster-replaced" in evaluate(FALSE, TRUE, "replace", path, detailed=detailed)
    assert "eks-cluster-replaced" not in evaluate(FALSE, TRUE, "update", path, detailed=detailed), "nothing is replaced"
    assert "eks-cluster-replaced" not in evaluate(FALSE, FALSE, "replace", "name", detailed=detailed), (
        "replaced for another reason"
    )
    assert "eks-cluster-replaced" not in evaluate(FALSE, FALSE, "replace", detailed=detailed), "by a trigger"


@pytest.mark.parametrize(
    ("before", "after", "is_found"),
    [
        ("CONFIG_MAP", "API_AND_CONFIG_MAP", False),
        ("API_AND_CONFIG_MAP", "API", False),
        ("API", "API", False),
        ("CONFIG_MAP", "API", True),
        ("API", "API_AND_CONFIG_MAP", True),
        ("API_AND_CONFIG_MAP", "CONFIG_MAP", True),
    ],
)
def test_an_authentication_mode_moves_forward_one_step_at_a_time(before: str, after: str, is_found: bool) -> None:
    rules = evaluate({"authenticationMode": before}, {"authenticationMode": after}, "update", "accessConfig")
    assert ("eks-authentication-mode-change" in rules) is is_found


def test_a_step_without_the_state_that_it_leads_to_is_an_error() -> None:
    step = {"op": "create", "urn": "urn:pulumi:dev::test::aws:iam/role:Role::r"}
    with pytest.raises(StateError, match=r"'create' .* without the state that it leads to"):
        parse_preview({"steps": [step]})
    assert parse_preview({"steps": [{**step, "op": "delete"}]}).resources == ()
