"""Changes of AWS permissions, action by action: wildcards, denials, resources and conditions."""

import json
from typing import Any

import pytest

from eks_access_policies.iam.actions import expand_pattern
from tests.support.review_stacks import Stack, allow, compare, document, lines, only, under

CLUSTER = "arn:aws:eks:us-east-1:111122223333:cluster/dev"
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def compare_policies(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[str]:
    return lines(compare(Stack().role("r", None, *before), Stack().role("r", None, *after)))


def test_a_gained_action_is_reported_with_its_resource_and_its_risk() -> None:
    assert compare_policies([], [allow("iam:PassRole")]) == [
        "high: can hand any role to a service that then acts with it (iam:PassRole on everything)"
    ]
    assert compare_policies([], [allow("eks:DescribeCluster", on=CLUSTER)]) == [
        f"low: can read clusters' addresses and settings (eks:DescribeCluster on {CLUSTER})"
    ]


def test_a_gained_wildcard_is_one_change_with_every_action_in_its_detail() -> None:
    found = compare(Stack().role("r"), Stack().role("r", None, allow("eks:*", on=CLUSTER)))
    (change,) = under(found, "aws-gained")
    assert change.what == ("eks:*",)
    assert set(change.detail) == set(map(str, expand_pattern("eks:*")))
    assert f"({len(change.detail)} actions)" in change.where


def test_only_the_new_actions_of_a_wildcard_are_gained() -> None:
    some = [str(each) for each in expand_pattern("eks:Describe*")]
    (change,) = only(
        compare(Stack().role("r", None, allow(*some[1:])), Stack().role("r", None, allow("eks:Describe*")))
    ).changes
    assert change.what == (some[0],)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([allow("eks:*")], [allow("eks:DescribeCluster")]),
        ([allow("eks:DescribeCluster")], [allow("EKS:describecluster")]),
        ([allow("eks:List*", "eks:ListClusters")], [allow("eks:List*")]),
        ([allow("s3:GetObject", on="arn:aws:s3:::b/*")], [allow("s3:GetObject", on="arn:aws:s3:::b/x/*")]),
        ([allow("eks:ListClusters")], [allow("eks:ListClusters"), allow("iam:PassRole", effect="Deny")]),
        ([allow("iam:PassRole")], [allow("iam:PassRole", Condition=MFA)]),
        ([], [allow("iam:PassRole"), allow("iam:*", effect="Deny")]),
    ],
)
def test_an_action_that_was_allowed_or_is_denied_is_no_gain(before: Any, after: Any) -> None:
    assert [line for line in compare_policies(before, after) if not line.startswith("lost")] == []


def test_an_action_on_more_resources_is_reported_with_its_previous_resources() -> None:
    assert compare_policies([allow("eks:DescribeCluster", on=CLUSTER)], [allow("eks:DescribeCluster")]) == [
        "low: can read clusters' addresses and settings (eks:DescribeCluster on everything, instead of only on"
        f" {CLUSTER})"
    ]


def test_a_removed_condition_is_a_gain() -> None:
    (line,) = compare_policies([allow("iam:PassRole", Condition=MFA)], [allow("iam:PassRole")])
    assert "instead of only on everything, only with multi-factor authentication true" in line


def test_removing_a_deny_is_a_gain_of_the_denied_action_and_adding_one_a_loss() -> None:
    denial = allow("iam:PassRole", effect="Deny")
    gained = "can hand any role to a service that then acts with it (iam:PassRole on everything)"
    assert compare_policies([allow("iam:*"), denial], [allow("iam:*")]) == [f"high: {gained}"]
    assert compare_policies([allow("iam:*")], [allow("iam:*"), denial]) == [f"lost: {gained}"]


def test_removing_a_deny_with_conditions_is_reported() -> None:
    guard = allow("eks:AssociateAccessPolicy", effect="Deny",
                  Condition={"ArnEquals": {"eks:policyArn": "arn:aws:eks::aws:cluster-access-policy/X"}})  # fmt: skip
    (line,) = compare_policies([allow("eks:*"), guard], [allow("eks:*")])
    assert line.startswith("high: can make anyone administrator of a cluster")
    assert "no longer denied" in line


def test_not_action_allows_every_other_action() -> None:
    everything = {"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "Resource": "*"}
    (change,) = under(compare(Stack().role("r"), Stack().role("r", None, everything)), "aws-gained")
    assert "eks:CreateCluster" in change.detail
    assert not [action for action in change.detail if action.startswith(("iam:", "sts:"))]
    assert change.what == ("* but iam:*, sts:*",)


def test_an_action_that_aws_does_not_have_is_reported_as_written() -> None:
    (line,) = compare_policies([], [allow("eks:DescribeClusterz")])
    assert "eks:DescribeClusterz on everything" in line


def test_managed_policies_and_boundaries_are_reported_by_name() -> None:
    admin = "arn:aws:iam::aws:policy/AdministratorAccess"
    boundary = "arn:aws:iam::111122223333:policy/Boundary"
    found = lines(
        compare(Stack().role("r", permissionsBoundary=boundary), Stack().role("r", managedPolicyArns=[admin]))
    )
    assert any(line.startswith("critical: can do everything in the account") and admin in line for line in found)
    assert any("no longer limited by" in line and boundary in line for line in found)


def test_an_attached_policy_of_the_same_stack_is_read() -> None:
    head, arn = Stack().role("r"), "arn:aws:iam::111122223333:policy/p"
    head.add("aws:iam/policy:Policy", "p", {"arn": arn, "policy": json.dumps(document(allow("iam:*")))})
    head.add("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "a", {"role": "r", "policyArn": arn})
    found = lines(compare(Stack().role("r"), head))
    assert any(line.startswith("critical: can do everything in iam") for line in found)


def test_a_new_deny_with_conditions_is_reported_with_the_gained_action() -> None:
    policy = {"ArnEquals": {"eks:policyArn": "arn:aws:eks::aws:cluster-access-policy/X"}}
    guard = allow("eks:AssociateAccessPolicy", effect="Deny", Condition=policy)
    found = compare(Stack(), Stack().role("r", None, allow("eks:AssociateAccessPolicy"), guard))
    (change,) = under(found, "aws-gained")
    assert change.where.startswith("on everything, except with `eks:policyArn`")
    assert not [each for each in only(found).changes if each.key == "aws-lost"], "there was nothing to lose"
