"""The undeclared permissions of a role's policies, statement by statement."""

from typing import Any

import pytest

from eks_access_probe.operator.role_policies import Policy, find_undeclared

CLUSTER = "arn:aws:eks:us-east-1:111122223333:cluster/prod"
DECLARED: list[dict[str, Any]] = [
    {"Sid": "Read", "Effect": "Allow", "Action": ["eks:DescribeCluster", "eks:ListClusters"], "Resource": [CLUSTER]},
    {
        "Sid": "Bound",
        "Effect": "Allow",
        "Action": ["eks:CreateAccessEntry"],
        "Resource": ["*"],
        "Condition": {"StringEquals": {"eks:accessEntryType": "STANDARD"}},
    },
]
GUARD: dict[str, Any] = {"Sid": "Never", "Effect": "Deny", "Action": ["iam:*"], "Resource": ["*"]}


def allow(action: object, resource: object = CLUSTER, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def found(*statements: dict[str, Any], declared: list[dict[str, Any]] | None = None) -> list[str]:
    return list(find_undeclared([Policy("theirs", statements)], DECLARED if declared is None else declared))


@pytest.mark.parametrize(
    "statement",
    [
        *DECLARED,
        allow("eks:ListClusters"),
        allow(["EKS:describecluster"]),
        allow("eks:CreateAccessEntry", "x", Condition={"StringEquals": {"eks:accessEntryType": ["STANDARD"]}}),
        {"Effect": "Deny", "Action": "*", "Resource": "*"},
    ],
    ids=str,
)
def test_a_statement_that_the_description_covers_is_declared(statement: dict[str, Any]) -> None:
    assert found(statement) == []


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (allow("iam:ListRoles", "*"), "policy theirs allows iam:ListRoles on *"),
        (allow("eks:List*"), f"policy theirs allows eks:List* on {CLUSTER}"),
        (allow("eks:DescribeCluster", [CLUSTER, "*"]), "policy theirs allows eks:DescribeCluster on *"),
        (allow("eks:CreateAccessEntry", "*"), "policy theirs allows eks:CreateAccessEntry on *"),
        (
            {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
            "policy theirs allows everything except what it lists",
        ),
    ],
    ids=["another action", "a pattern", "another resource", "a missing condition", "NotAction"],
)
def test_an_undeclared_permission_is_reported_with_its_policy(statement: dict[str, Any], message: str) -> None:
    assert found(statement) == [message]


def test_a_missing_deny_is_reported() -> None:
    assert found(DECLARED[0], declared=[*DECLARED, GUARD]) == ["the Deny Never is missing"]
    assert found(DECLARED[0], {**GUARD, "Sid": "Renamed", "Action": "iam:*"}, declared=[*DECLARED, GUARD]) == []
