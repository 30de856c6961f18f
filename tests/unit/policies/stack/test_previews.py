"""Changes that only a preview shows: of clusters that are replaced, and of authentication modes."""

from typing import Any

import pytest

from eks_access_policies.evaluate.evaluator import Evaluator
from eks_access_policies.stack import of_preview

URN = "urn:pulumi:dev::shop::aws:eks/cluster:Cluster::prod"


def found(before: dict[str, Any], after: dict[str, Any], op: str, *changed: str) -> set[str]:
    def state(config: dict[str, Any]) -> dict[str, Any]:
        inputs = {"name": "prod", "accessConfig": config}
        return {"urn": URN, "type": "aws:eks/cluster:Cluster", "custom": True, "inputs": inputs, "protect": True}

    kind = "update-replace" if op == "replace" else "update"
    step = {
        "op": op,
        "urn": URN,
        "oldState": state(before),
        "newState": state(after),
        "detailedDiff": {path: {"kind": kind} for path in changed},
    }
    return {finding.rule.id for finding in Evaluator().stack(of_preview({"steps": [step]}))}


FALSE, TRUE = ({"bootstrapClusterCreatorAdminPermissions": value} for value in (False, True))


def test_a_cluster_that_is_replaced_for_its_access_configuration_is_found() -> None:
    path = "accessConfig.bootstrapClusterCreatorAdminPermissions"
    assert "eks-cluster-replaced" in found(FALSE, TRUE, "replace", path)
    assert "eks-cluster-replaced" not in found(FALSE, TRUE, "update", path), "nothing is replaced"
    assert "eks-cluster-replaced" not in found(FALSE, FALSE, "replace", "name"), "it is replaced for another reason"


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
def test_a_mode_goes_forward_one_step_at_a_time(before: str, after: str, is_found: bool) -> None:
    told = found({"authenticationMode": before}, {"authenticationMode": after}, "update", "accessConfig")
    assert ("eks-authentication-mode-change" in told) is is_found
