"""The undeclared permissions of a role's policies, statement by statement."""

from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from eks_access_probe.operator.role_policies import Policy, find_undeclared, load_policies

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


AUDIT = "arn:aws:iam::aws:policy/SecurityAudit"


class _Iam:
    """A role with one inline policy and two of AWS's own attached."""

    PAGES: ClassVar[dict[str, Any]] = {
        "list_role_policies": [{"PolicyNames": ["inline"]}],
        "list_attached_role_policies": [
            {
                "AttachedPolicies": [
                    {"PolicyName": "SecurityAudit", "PolicyArn": AUDIT},
                    {"PolicyName": "ReadOnlyAccess", "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
                ]
            }
        ],
    }

    def get_paginator(self, name: str) -> Any:
        return SimpleNamespace(paginate=lambda **_: self.PAGES[name])

    def get_role_policy(self, **_: str) -> Any:
        return {"PolicyDocument": {"Statement": DECLARED}}

    def get_policy(self, **_: str) -> Any:
        return {"Policy": {"DefaultVersionId": "v1"}}

    def get_policy_version(self, **_: str) -> Any:
        return {"PolicyVersion": {"Document": {"Statement": [allow("s3:Get*", "*")]}}}


def test_a_policy_of_aws_that_the_description_names_is_declared_and_another_one_is_not() -> None:
    aws: Any = SimpleNamespace(client=lambda *_: _Iam())
    access = SimpleNamespace(role=SimpleNamespace(name="r"), managed_policies=[SimpleNamespace(arn=AUDIT)])
    operator: Any = SimpleNamespace(region="us-east-1", operator_keys=lambda: None, access=access)
    policies = load_policies(aws, operator)
    assert [policy.name for policy in policies] == ["inline", "ReadOnlyAccess"]
    assert list(find_undeclared(policies, DECLARED)) == ["policy ReadOnlyAccess allows s3:Get* on *"]
