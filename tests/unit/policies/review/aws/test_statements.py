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


def test_an_action_on_fewer_resources_is_lost_but_for_those() -> None:
    (lost,) = compare_policies([allow("eks:DescribeCluster")], [allow("eks:DescribeCluster", on=CLUSTER)])
    assert lost.startswith("lost: ")
    assert f"(eks:DescribeCluster on everything, but still on {CLUSTER})" in lost


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


@pytest.mark.parametrize("action", ["eks:DescribeClusterz", "futuresvc:DoIt", "futuresvc:*"])
def test_an_action_that_aws_does_not_have_is_no_gain_but_unknown(action: str) -> None:
    assert compare_policies([], [allow(action)]) == [
        f"unknown: could not be determined: what {action} allows on everything: AWS's reference has no such action"
    ]
    assert compare_policies([allow(action)], []) == []
    (line,) = compare_policies([], [allow("eks:DescribeCluster")])
    assert line.startswith("low: ")


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


ADMIN = "arn:aws:iam::111122223333:role/admin"
PAYMENTS = "arn:aws:iam::111122223333:role/payments"


def except_on(*resources: str, effect: str = "Allow") -> dict[str, Any]:
    return {"Effect": effect, "Action": "iam:PassRole", "NotResource": list(resources)}


def compare_actions(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[str]:
    """The changes of actions alone, without the escalation that they open or close."""
    return [line for line in compare_policies(before, after) if "escalation" not in line]


def find_gains(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[str]:
    return [line for line in compare_policies(before, after) if not line.startswith("lost")]


def test_not_resource_is_one_set_and_a_resource_that_it_no_longer_lists_is_gained() -> None:
    both, one = except_on(PAYMENTS, ADMIN), except_on(PAYMENTS)
    (line,) = compare_policies([both], [one])
    assert line.startswith("high: can hand any role to a service")
    assert f"on everything but {PAYMENTS}, instead of only on everything but {ADMIN} and {PAYMENTS}" in line
    (line,) = compare_policies([one], [both])
    assert line.startswith("lost: ")


@pytest.mark.parametrize(
    ("before", "after", "gains"),
    [
        (except_on(ADMIN), except_on("arn:aws:iam::111122223333:role/*"), False),
        (except_on("arn:aws:iam::111122223333:role/*"), except_on(ADMIN), True),
        (except_on(ADMIN), allow("iam:PassRole", on=PAYMENTS), False),
        (except_on(ADMIN), allow("iam:PassRole", on="arn:aws:iam::111122223333:role/a*"), True),
        (except_on("arn:aws:iam::111122223333:role/a"), allow("iam:PassRole", on="arn:aws:iam::*:role/${aws:username}"),
         True),
        (allow("iam:PassRole"), except_on(ADMIN), False),
        (allow("iam:PassRole", on="arn:aws:iam::111122223333:role/*"), except_on(ADMIN), True),
    ],
)  # fmt: skip
def test_not_resource_is_compared_with_other_sets_and_patterns(before: Any, after: Any, gains: bool) -> None:
    assert bool(find_gains([before], [after])) is gains


def test_not_action_is_one_set_and_an_action_that_it_no_longer_lists_is_gained() -> None:
    both = {"Effect": "Allow", "NotAction": ["s3:*", "iam:*"], "Resource": "*"}
    one = {**both, "NotAction": ["S3:*"]}
    (line,) = compare_actions([both], [one])
    assert line.startswith("critical: can do everything in iam (iam:* on everything")
    (line,) = compare_actions([one], [both])
    assert line.startswith("lost: can do everything in iam")


def test_a_not_action_without_entries_allows_everything() -> None:
    (line,) = compare_actions([], [{"Effect": "Allow", "NotAction": [], "Resource": "*"}])
    assert line.startswith("critical: can do everything in the account")


@pytest.mark.parametrize(
    ("allowed", "denied", "severity"),
    [
        (allow("*"), allow("*", effect="Deny"), "critical"),
        (allow("*"), allow("iam:*", effect="Deny"), "critical"),
        (allow("*"), allow("*", effect="Deny", Condition=MFA), "critical"),
        (allow("iam:*", "s3:*"), allow("iam:*", effect="Deny", Condition=MFA), "critical"),
        (allow("*"), {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*", "Condition": MFA}, "critical"),
        (allow("iam:*"), allow("iam:*", effect="Deny", on=ADMIN), "high"),
        (allow("s3:*"), allow("*", effect="Deny", Condition=MFA), "high"),
        (allow("eks:ListClusters"), allow("eks:*", effect="Deny", Condition=MFA), "low"),
    ],
)
def test_a_deny_that_goes_is_graded_by_what_it_denied_of_what_is_allowed(allowed: Any, denied: Any,
                                                                         severity: str) -> None:  # fmt: skip
    found = compare_policies([allowed, denied], [allowed])
    assert found[0].startswith(f"{severity}: ")
    assert all(line.startswith("lost: ") for line in compare_policies([allowed], [allowed, denied]))


@pytest.mark.parametrize(
    ("denied", "left"),
    [
        (allow("iam:*", effect="Deny"), allow("iam:*", effect="Deny", on=ADMIN)),
        (allow("iam:*", effect="Deny"), allow("iam:*", effect="Deny", Condition=MFA)),
        (allow("iam:PassRole", "iam:CreateRole", effect="Deny", on=[ADMIN, PAYMENTS]),
         allow("iam:PassRole", "iam:CreateRole", effect="Deny", on=ADMIN)),
        (allow("iam:PassRole", "iam:GetRole", effect="Deny", on=ADMIN), allow("iam:PassRole", effect="Deny", on=ADMIN)),
        (except_on(ADMIN, effect="Deny"), except_on(ADMIN, PAYMENTS, effect="Deny")),
        ({"Effect": "Deny", "NotAction": "s3:*", "Resource": ADMIN},
         {"Effect": "Deny", "NotAction": ["s3:*", "iam:*"], "Resource": ADMIN}),
    ],
)  # fmt: skip
def test_a_narrowed_deny_is_a_gain_and_a_widened_one_a_loss(denied: Any, left: Any) -> None:
    narrowed = compare_policies([allow("iam:*"), denied], [allow("iam:*"), left])
    assert narrowed
    assert not [line for line in narrowed if line.startswith("lost")]
    widened = compare_policies([allow("iam:*"), left], [allow("iam:*"), denied])
    assert widened
    assert all(line.startswith("lost") for line in widened)


@pytest.mark.parametrize(
    "denied",
    [
        allow("s3:*", effect="Deny", Condition=MFA),
        allow("iam:PassRole", effect="Deny", on=ADMIN),
    ],
)
def test_a_deny_that_goes_of_what_is_not_allowed_is_no_gain(denied: Any) -> None:
    allowed = allow("iam:PassRole", on=PAYMENTS)
    assert compare_policies([allowed, denied], [allowed]) == []


@pytest.mark.parametrize(
    ("excepted", "more"),
    [
        ({"Condition": {"StringNotEquals": {"aws:RequestedRegion": ["a"]}}, "Resource": "*"},
         {"Condition": {"StringNotEquals": {"aws:RequestedRegion": ["a", "b"]}}, "Resource": "*"}),
        ({"NotResource": [PAYMENTS]}, {"NotResource": [PAYMENTS, ADMIN]}),
    ],
)  # fmt: skip
def test_of_a_deny_that_excepts_more_only_some_is_no_longer_denied(excepted: Any, more: Any) -> None:
    def deny(limits: Any) -> list[dict[str, Any]]:
        return [allow("*"), {"Effect": "Deny", "Action": "*", **limits}]

    (line,) = compare_policies(deny(excepted), deny(more))
    assert line.startswith("high: can use some of what was denied (* on everything ")
    assert ", now denied only on everything " in line
    (lost,) = compare_policies(deny(more), deny(excepted))
    assert ", now denied, instead of only on everything " in lost
    found = compare_policies(deny(excepted), [allow("*")])
    assert any(line.startswith("critical: can do everything in the account") for line in found)


def test_a_deny_that_excepts_everything_is_gone() -> None:
    def deny(*resources: str) -> list[dict[str, Any]]:
        return [allow("*"), {"Effect": "Deny", "Action": "*", "NotResource": list(resources)}]

    found = compare_policies(deny(PAYMENTS), deny(PAYMENTS, "*"))
    assert any(line.startswith("critical: can do everything in the account") for line in found)


@pytest.mark.parametrize(
    "same",
    [
        [allow("iam:passrole", "S3:get*", on=[PAYMENTS, ADMIN], effect="Deny"), allow("*")],
        [allow("*"), allow("S3:Get*", on=[ADMIN, PAYMENTS], effect="Deny"),
         allow("iam:PassRole", on=ADMIN, effect="Deny"), allow("iam:PassRole", on=PAYMENTS, effect="Deny")],
        [allow("*"), allow("*"), allow("iam:PassRole", "s3:Get*", on=[ADMIN, PAYMENTS], effect="Deny")],
        [{"Effect": "Allow", "Action": "*", "Resource": "*"},
         allow("iam:PassRole", "s3:Get*", on=[ADMIN, PAYMENTS], effect="Deny")],
    ],
)  # fmt: skip
def test_order_case_and_division_into_statements_are_no_change(same: Any) -> None:
    denied = allow("iam:PassRole", "s3:Get*", on=[ADMIN, PAYMENTS], effect="Deny")
    assert compare_policies([allow("*"), denied], same) == []


@pytest.mark.parametrize(
    "condition",
    [
        {"bool": {"AWS:multifactorauthpresent": ["TRUE"]}},
        {"Bool": {"aws:MultiFactorAuthPresent": True}},
    ],
)
def test_the_case_of_a_conditions_operator_key_and_boolean_is_no_change(condition: Any) -> None:
    before = allow("iam:PassRole", Condition=MFA)
    assert compare_policies([before], [allow("iam:PassRole", Condition=condition)]) == []
    assert compare_policies([before], [allow("iam:PassRole", Condition={"BoolIfExists": MFA["Bool"]})])


def test_a_pattern_for_every_resource_of_an_account_is_as_severe_as_everything() -> None:
    (line,) = compare_policies([], [allow("iam:PassRole", on="arn:aws:iam::111122223333:role/*")])
    assert line.startswith("high: ")
    (line,) = compare_policies([], [allow("iam:PassRole", on="arn:aws:iam::111122223333:role/app-*")])
    assert line.startswith("medium: ")


def test_a_wildcard_that_adds_to_some_of_its_actions_is_one_change() -> None:
    (line,) = compare_actions([allow("s3:GetObject")], [allow("*")])
    assert line.startswith("critical: can do everything in the account (* on everything")


def test_a_statement_that_neither_allows_nor_denies_is_reported_as_unknown() -> None:
    (line,) = compare_policies([allow("s3:GetObject")], [allow("s3:GetObject"), allow("iam:*", effect="Permit")])
    assert line == (
        "unknown: could not be determined: its inline policy r is not a valid document:"
        " 'Permit' is not an effect; it must be 'Allow' or 'Deny'"
    )
