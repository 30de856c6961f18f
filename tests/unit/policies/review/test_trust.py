"""Trust that opens is told by the condition that was dropped or weakened; what stays as strict is no change."""

from typing import Any

import pytest

from eks_access.model.trust import IdentityCenter
from eks_access_policies.review.change import Direction
from tests.support.review_stacks import VENDOR, Stack, difference, document, lines, only, trust

EXTERNAL_ID = {"StringEquals": {"sts:ExternalId": "c1"}}
GITHUB = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
SUBJECT = "token.actions.githubusercontent.com:sub"
AUDIENCE = "token.actions.githubusercontent.com:aud"


def told(before: Any, after: Any) -> list[str]:
    return lines(difference(Stack().role("r", before), Stack().role("r", after)))


def apono(*, without: str | None = None) -> dict[str, Any]:
    (statement,) = IdentityCenter("aws", "111122223333", ("Developers",)).statements()
    condition = {
        operator: {key: value for key, value in keys.items() if key != without}
        for operator, keys in statement["Condition"].items()
    }
    return document({**statement, "Condition": {operator: keys for operator, keys in condition.items() if keys}})


def test_opening_aponos_trust_by_one_condition_is_one_line() -> None:
    assert told(apono(), apono(without="sts:RoleSessionName")) == [
        "high: for every principal of the account arn:aws:iam::111122223333:root that the account allows to, the trust"
        " policy no longer asks for the session name ${SAML:sub}: callers choose the session's name, so each can act"
        " under anybody else's"
    ]
    (other,) = told(apono(), apono(without="aws:PrincipalArn"))
    assert "no longer asks for the caller's ARN like" in other
    assert other.endswith("callers other than those named can become it")


def test_a_dropped_external_id_is_told_with_what_it_opens() -> None:
    assert told(trust(condition=EXTERNAL_ID), trust()) == [
        f"high: for {VENDOR}, the trust policy no longer asks for the External ID c1: whoever gets that principal to"
        " act, for any other of its customers, can become it (confused deputy)"
    ]


def test_the_other_way_round_it_is_closed_and_no_risk() -> None:
    (change,) = only(difference(Stack().role("r", trust()), Stack().role("r", trust(condition=EXTERNAL_ID)))).changes
    assert (change.direction, change.severity) == (Direction.LOST, None)
    assert "must now fulfil: the External ID `c1`" in change.where


@pytest.mark.parametrize(
    ("weaker", "words"),
    [
        ({"StringEqualsIfExists": {"sts:ExternalId": "c1"}}, "asks only for the External ID (StringEqualsIfExists) c1"),
        ({"StringLike": {"sts:ExternalId": "*"}}, "asks only for the External ID like *"),
        ({"StringNotEquals": {"sts:ExternalId": "c1"}}, "asks only for the External ID (StringNotEquals) c1"),
        ({"ForAllValues:StringEquals": {"sts:ExternalId": "c1"}}, "asks only for the External ID (ForAllValues"),
        ({"StringEquals": {"sts:ExternalId": ["c1", "c2"]}}, "also takes the External ID c2"),
        ({"StringEquals": {"sts:ExternalId": "c2"}}, "takes the External ID c2 instead of c1"),
    ],
)
def test_a_weakened_condition_is_told_by_what_it_takes_now(weaker: Any, words: str) -> None:
    (line,) = [line for line in told(trust(condition=EXTERNAL_ID), trust(condition=weaker)) if line.startswith("high")]
    assert words in line


@pytest.mark.parametrize(
    "same",
    [
        {"StringLike": {"sts:ExternalId": "c1"}},
        {"StringEquals": {"STS:externalid": ["c1"]}},
        {"stringequals": {"sts:ExternalId": "c1"}},
    ],
)
def test_what_asks_for_the_same_in_other_letters_is_no_change(same: Any) -> None:
    assert told(trust(condition=EXTERNAL_ID), trust(condition=same)) == []


def test_an_added_condition_beside_the_same_ones_opens_nothing() -> None:
    stricter = {"StringEquals": {"sts:ExternalId": "c1", "aws:PrincipalOrgID": "o-1"}}
    (line,) = told(trust(condition=EXTERNAL_ID), trust(condition=stricter))
    assert line.startswith("lost: ")


@pytest.mark.parametrize(
    ("principal", "words"),
    [
        ("*", "critical: everyone in AWS, without any condition: can become it"),
        ({"AWS": "*"}, "critical: everyone in AWS, without any condition: can become it"),
        ({"AWS": "arn:aws:iam::999999999999:root"}, "high: every principal of the account"),
        ({"Service": "ec2.amazonaws.com"}, "the AWS service ec2.amazonaws.com"),
        ({"Federated": GITHUB}, "high: who holds a token or assertion of"),
    ],
)
def test_a_principal_that_is_trusted_anew_is_named(principal: Any, words: str) -> None:
    more = document(*trust()["Statement"], *trust(principal)["Statement"])
    (line,) = told(trust(), more)
    assert words in line


def test_a_token_that_is_pinned_is_less_grave_than_one_that_is_not() -> None:
    def federated(**claims: str) -> dict[str, Any]:
        return trust({"Federated": GITHUB}, {"StringEquals": claims}, "sts:AssumeRoleWithWebIdentity")

    pinned = federated(**{AUDIENCE: "sts.amazonaws.com", SUBJECT: "repo:acme/app:ref:refs/heads/main"})
    added = [told(trust(), document(*trust()["Statement"], *each["Statement"]))[0] for each in (
        pinned, federated(**{AUDIENCE: "sts.amazonaws.com"})
    )]  # fmt: skip
    assert [line.split(":")[0] for line in added] == ["medium", "high"]
    (dropped,) = told(pinned, federated(**{AUDIENCE: "sts.amazonaws.com"}))
    assert "no longer asks for the token's subject repo:acme/app:ref:refs/heads/main" in dropped
    assert dropped.endswith("every holder of such a token can become it, whoever that is")


def test_a_wider_pattern_of_a_subject_is_told_and_a_narrower_one_is_not() -> None:
    def like(subject: str) -> dict[str, Any]:
        return trust({"Federated": GITHUB}, {"StringLike": {SUBJECT: subject}}, "sts:AssumeRoleWithWebIdentity")

    (line,) = [each for each in told(like("repo:acme/app:*"), like("repo:acme/*")) if not each.startswith("lost")]
    assert "takes the token's subject repo:acme/* instead of repo:acme/app:*" in line
    assert all(each.startswith("lost") for each in told(like("repo:acme/*"), like("repo:acme/app:*")))


def test_a_refusal_that_is_gone_lets_in_whom_it_kept_out() -> None:
    refusing = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole",
                "Condition": {"StringNotEquals": {"sts:ExternalId": "c1"}}}  # fmt: skip
    (line,) = told(document(*trust()["Statement"], refusing), trust())
    assert line.startswith("high: no longer denied where the External ID")


def test_what_is_not_known_is_said_and_never_taken_for_nothing() -> None:
    found = difference(Stack().role("r", trust(condition=EXTERNAL_ID)), Stack().role("r", "[secret]"))
    assert lines(found) == ["unknown: not known: its trust policy is secret or not known before the deployment"]
    assert found.has_unknown
