"""What may be done in AWS, action by action: wildcards by what they cover, refusals, resources and conditions."""

import json
from typing import Any

import pytest

from eks_access_policies.iam.actions import expand_pattern
from tests.support.review_stacks import Stack, allow, difference, document, lines, only, under

CLUSTER = "arn:aws:eks:us-east-1:111122223333:cluster/dev"
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def told(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[str]:
    return lines(difference(Stack().role("r", None, *before), Stack().role("r", None, *after)))


def test_an_action_gained_is_told_with_its_resource_and_what_it_makes_possible() -> None:
    assert told([], [allow("iam:PassRole")]) == [
        "high: can hand any role to a service that then acts with it (iam:PassRole on everything)"
    ]
    assert told([], [allow("eks:DescribeCluster", on=CLUSTER)]) == [
        f"low: can read clusters' addresses and settings (eks:DescribeCluster on {CLUSTER})"
    ]


def test_a_wildcard_is_told_once_and_has_every_action_in_its_detail() -> None:
    found = difference(Stack().role("r"), Stack().role("r", None, allow("eks:*", on=CLUSTER)))
    (change,) = under(found, "aws-gained")
    assert change.what == ("eks:*",)
    assert set(change.detail) == set(map(str, expand_pattern("eks:*")))
    assert f"({len(change.detail)} actions)" in change.where


def test_of_a_wildcard_only_what_is_new_is_gained() -> None:
    some = [str(each) for each in expand_pattern("eks:Describe*")]
    (change,) = only(
        difference(Stack().role("r", None, allow(*some[1:])), Stack().role("r", None, allow("eks:Describe*")))
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
def test_what_is_covered_already_or_refused_is_no_gain(before: Any, after: Any) -> None:
    assert [line for line in told(before, after) if not line.startswith("lost")] == []


def test_more_resources_of_an_action_are_told_with_what_it_was_limited_to() -> None:
    assert told([allow("eks:DescribeCluster", on=CLUSTER)], [allow("eks:DescribeCluster")]) == [
        "low: can read clusters' addresses and settings (eks:DescribeCluster on everything, instead of only on"
        f" {CLUSTER})"
    ]


def test_a_dropped_condition_is_a_gain() -> None:
    (line,) = told([allow("iam:PassRole", Condition=MFA)], [allow("iam:PassRole")])
    assert "instead of only on everything, only with multi-factor authentication true" in line


def test_a_refusal_that_goes_is_a_gain_of_what_it_kept_back_and_one_that_comes_a_loss() -> None:
    refused = allow("iam:PassRole", effect="Deny")
    gained = "can hand any role to a service that then acts with it (iam:PassRole on everything)"
    assert told([allow("iam:*"), refused], [allow("iam:*")]) == [f"high: {gained}"]
    assert told([allow("iam:*")], [allow("iam:*"), refused]) == [f"lost: {gained}"]


def test_a_refusal_with_conditions_is_told_when_it_goes() -> None:
    guard = allow("eks:AssociateAccessPolicy", effect="Deny",
                  Condition={"ArnEquals": {"eks:policyArn": "arn:aws:eks::aws:cluster-access-policy/X"}})  # fmt: skip
    (line,) = told([allow("eks:*"), guard], [allow("eks:*")])
    assert line.startswith("high: can make anyone administrator of a cluster")
    assert "no longer denied" in line


def test_everything_but_some_is_everything_else() -> None:
    everything = {"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "Resource": "*"}
    (change,) = under(difference(Stack().role("r"), Stack().role("r", None, everything)), "aws-gained")
    assert "eks:CreateCluster" in change.detail
    assert not [action for action in change.detail if action.startswith(("iam:", "sts:"))]
    assert change.what == ("* but iam:*, sts:*",)


def test_an_action_that_aws_does_not_have_is_told_as_it_is_written() -> None:
    (line,) = told([], [allow("eks:DescribeClusterz")])
    assert "eks:DescribeClusterz on everything" in line


def test_managed_policies_and_boundaries_are_told_by_name() -> None:
    admin = "arn:aws:iam::aws:policy/AdministratorAccess"
    boundary = "arn:aws:iam::111122223333:policy/Boundary"
    found = lines(
        difference(Stack().role("r", permissionsBoundary=boundary), Stack().role("r", managedPolicyArns=[admin]))
    )
    assert any(line.startswith("critical: can do everything in the account") and admin in line for line in found)
    assert any("no longer limited by" in line and boundary in line for line in found)


def test_a_policy_of_the_same_stack_is_read_however_it_is_attached() -> None:
    head, arn = Stack().role("r"), "arn:aws:iam::111122223333:policy/p"
    head.add("aws:iam/policy:Policy", "p", {"arn": arn, "policy": json.dumps(document(allow("iam:*")))})
    head.add("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "a", {"role": "r", "policyArn": arn})
    found = lines(difference(Stack().role("r"), head))
    assert any(line.startswith("critical: can do everything in iam") for line in found)


def test_what_is_refused_under_conditions_from_the_start_is_told_beside_what_is_gained() -> None:
    policy = {"ArnEquals": {"eks:policyArn": "arn:aws:eks::aws:cluster-access-policy/X"}}
    guard = allow("eks:AssociateAccessPolicy", effect="Deny", Condition=policy)
    found = difference(Stack(), Stack().role("r", None, allow("eks:AssociateAccessPolicy"), guard))
    (change,) = under(found, "aws-gained")
    assert change.where.startswith("on everything, except with `eks:policyArn`")
    assert not [each for each in only(found).changes if each.key == "aws-lost"], "nothing was there to be lost"
