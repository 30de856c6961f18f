"""Opened trust is reported by the condition that was removed or weakened; equally strict trust is no change."""

from typing import Any

import pytest

from eks_access.model.trust import IdentityCenter
from eks_access_policies.review.change import Direction
from tests.support.review_stacks import VENDOR, Stack, compare, document, lines, only, trust

EXTERNAL_ID = {"StringEquals": {"sts:ExternalId": "c1"}}
GITHUB = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
SUBJECT = "token.actions.githubusercontent.com:sub"
AUDIENCE = "token.actions.githubusercontent.com:aud"


def compare_trust(before: Any, after: Any) -> list[str]:
    return lines(compare(Stack().role("r", before), Stack().role("r", after)))


def apono(*, without: str | None = None) -> dict[str, Any]:
    (statement,) = IdentityCenter("aws", "111122223333", ("Developers",)).statements()
    condition = {
        operator: {key: value for key, value in keys.items() if key != without}
        for operator, keys in statement["Condition"].items()
    }
    return document({**statement, "Condition": {operator: keys for operator, keys in condition.items() if keys}})


def test_removing_one_condition_from_aponos_trust_is_one_line() -> None:
    assert compare_trust(apono(), apono(without="sts:RoleSessionName")) == [
        "high: for every principal of the account arn:aws:iam::111122223333:root that the account permits, the trust"
        " policy no longer requires the session name ${SAML:sub}: callers choose the session name, so each can use"
        " another caller's"
    ]
    (other,) = compare_trust(apono(), apono(without="aws:PrincipalArn"))
    assert "no longer requires the caller's ARN like" in other
    assert other.endswith("callers other than those named can assume it")


def test_a_removed_external_id_is_reported_with_its_risk() -> None:
    assert compare_trust(trust(condition=EXTERNAL_ID), trust()) == [
        f"high: for {VENDOR}, the trust policy no longer requires the External ID c1: anyone who makes that principal"
        " act for another of its customers can assume the role (confused deputy)"
    ]


def test_an_added_condition_closes_trust_and_is_no_risk() -> None:
    (change,) = only(compare(Stack().role("r", trust()), Stack().role("r", trust(condition=EXTERNAL_ID)))).changes
    assert (change.direction, change.severity) == (Direction.LOST, None)
    assert "must now meet: the External ID `c1`" in change.where


@pytest.mark.parametrize(
    ("weaker", "words"),
    [
        ({"StringEqualsIfExists": {"sts:ExternalId": "c1"}}, "requires only the External ID (StringEqualsIfExists) c1"),
        ({"StringLike": {"sts:ExternalId": "*"}}, "requires only the External ID like *"),
        ({"StringNotEquals": {"sts:ExternalId": "c1"}}, "requires only the External ID (StringNotEquals) c1"),
        ({"ForAllValues:StringEquals": {"sts:ExternalId": "c1"}}, "requires only the External ID (ForAllValues"),
        ({"StringEquals": {"sts:ExternalId": ["c1", "c2"]}}, "also accepts the External ID c2"),
        ({"StringEquals": {"sts:ExternalId": "c2"}}, "accepts the External ID c2 instead of c1"),
    ],
)
def test_a_weakened_condition_is_reported_with_the_values_that_it_accepts(weaker: Any, words: str) -> None:
    (line,) = [
        line for line in compare_trust(trust(condition=EXTERNAL_ID), trust(condition=weaker)) if line.startswith("high")
    ]
    assert words in line


@pytest.mark.parametrize(
    "same",
    [
        {"StringLike": {"sts:ExternalId": "c1"}},
        {"StringEquals": {"STS:externalid": ["c1"]}},
        {"stringequals": {"sts:ExternalId": "c1"}},
    ],
)
def test_an_equivalent_condition_is_no_change(same: Any) -> None:
    assert compare_trust(trust(condition=EXTERNAL_ID), trust(condition=same)) == []


def test_an_added_condition_beside_the_same_ones_opens_nothing() -> None:
    stricter = {"StringEquals": {"sts:ExternalId": "c1", "aws:PrincipalOrgID": "o-1"}}
    (line,) = compare_trust(trust(condition=EXTERNAL_ID), trust(condition=stricter))
    assert line.startswith("lost: ")


@pytest.mark.parametrize(
    ("principal", "words"),
    [
        ("*", "critical: everyone in AWS, without any condition: can assume it"),
        ({"AWS": "*"}, "critical: everyone in AWS, without any condition: can assume it"),
        ({"AWS": "arn:aws:iam::999999999999:root"}, "high: every principal of the account"),
        ({"Service": "ec2.amazonaws.com"}, "the AWS service ec2.amazonaws.com"),
        ({"Federated": GITHUB}, "high: every holder of a token or assertion from"),
    ],
)
def test_a_newly_trusted_principal_is_named(principal: Any, words: str) -> None:
    more = document(*trust()["Statement"], *trust(principal)["Statement"])
    (line,) = compare_trust(trust(), more)
    assert words in line


def test_trust_in_tokens_with_a_subject_is_less_severe_than_without() -> None:
    def federated(**claims: str) -> dict[str, Any]:
        return trust({"Federated": GITHUB}, {"StringEquals": claims}, "sts:AssumeRoleWithWebIdentity")

    pinned = federated(**{AUDIENCE: "sts.amazonaws.com", SUBJECT: "repo:acme/app:ref:refs/heads/main"})
    added = [compare_trust(trust(), document(*trust()["Statement"], *each["Statement"]))[0] for each in (
        pinned, federated(**{AUDIENCE: "sts.amazonaws.com"})
    )]  # fmt: skip
    assert [line.split(":")[0] for line in added] == ["medium", "high"]
    (dropped,) = compare_trust(pinned, federated(**{AUDIENCE: "sts.amazonaws.com"}))
    assert "no longer requires the token's subject repo:acme/app:ref:refs/heads/main" in dropped
    assert dropped.endswith("every holder of such a token can assume it, whatever its subject")


def test_a_wider_pattern_for_the_subject_is_a_gain_and_a_narrower_one_a_loss() -> None:
    def like(subject: str) -> dict[str, Any]:
        return trust({"Federated": GITHUB}, {"StringLike": {SUBJECT: subject}}, "sts:AssumeRoleWithWebIdentity")

    (line,) = [
        each for each in compare_trust(like("repo:acme/app:*"), like("repo:acme/*")) if not each.startswith("lost")
    ]
    assert "accepts the token's subject repo:acme/* instead of repo:acme/app:*" in line
    assert all(each.startswith("lost") for each in compare_trust(like("repo:acme/*"), like("repo:acme/app:*")))


def test_removing_a_deny_opens_trust() -> None:
    denial = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole",
                "Condition": {"StringNotEquals": {"sts:ExternalId": "c1"}}}  # fmt: skip
    (line,) = compare_trust(document(*trust()["Statement"], denial), trust())
    assert line.startswith("high: no longer denied where the External ID")


def test_an_unknown_trust_policy_is_reported_as_unknown() -> None:
    found = compare(Stack().role("r", trust(condition=EXTERNAL_ID)), Stack().role("r", "[secret]"))
    assert lines(found) == [
        "unknown: could not be determined: its trust policy is secret or not known before the deployment"
    ]
    assert found.has_unknown
