import json
from typing import Any

import pytest

from sandbox.aws.entry_conditions import condition_values

VIEW = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"


def asked(action: str, **body: Any) -> dict[str, Any]:
    return condition_values(action, json.dumps(body).encode())


def test_an_association_has_the_keys_of_its_policy_and_scope() -> None:
    scope = {"type": "namespace", "namespaces": ["web"]}
    assert asked("eks:AssociateAccessPolicy", policyArn=VIEW, accessScope=scope) == {
        "eks:policyArn": VIEW,
        "eks:accessScope": "namespace",
        "eks:namespaces": ["web"],
    }


def test_a_key_is_there_only_where_the_request_names_it() -> None:
    assert asked("eks:CreateAccessEntry", principalArn="arn:aws:iam::1:user/x", kubernetesGroups=[]) == {
        "eks:principalArn": "arn:aws:iam::1:user/x"
    }


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"x"'])
def test_a_body_that_is_no_object_has_no_keys(body: bytes) -> None:
    assert condition_values("eks:AssociateAccessPolicy", body) == {}


def test_any_other_action_has_no_keys() -> None:
    assert asked("eks:DescribeCluster", policyArn=VIEW) == {}
