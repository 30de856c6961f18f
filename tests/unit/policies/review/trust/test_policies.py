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


OWN = "arn:aws:iam::111122223333:root"
ROLE = "arn:aws:iam::111122223333:role/platform"
OTHER = "arn:aws:iam::111122223333:role/other"


def statement(effect: str = "Allow", **elements: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": "sts:AssumeRole", **elements}


def find_opened(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [line for line in compare_trust(before, after) if not line.startswith("lost")]


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ({"AWS": OWN}, {"AWS": "111122223333"}),
        ({"AWS": OWN}, {"AWS": "ARN:AWS:IAM::111122223333:root"}),
        ({"AWS": [OWN]}, {"aws": OWN}),
        ({"AWS": [ROLE, OTHER]}, {"AWS": [OTHER, ROLE, ROLE]}),
        ({"Service": "eks.amazonaws.com"}, {"Service": ["EKS.amazonaws.com"]}),
        ({"Federated": "accounts.google.com"}, {"Federated": "Accounts.Google.com"}),
        ("*", {"AWS": "*"}),
    ],
)
def test_another_spelling_of_a_principal_is_no_change(written: Any, same: Any) -> None:
    assert compare_trust(trust(written), trust(same)) == []


@pytest.mark.parametrize(
    ("written", "other"),
    [
        ({"AWS": OWN}, {"AWS": "111122223334"}),
        ({"AWS": ROLE}, {"AWS": ROLE.replace("platform", "Platform")}),
        ({"Service": "eks.amazonaws.com"}, {"Service": "ec2.amazonaws.com"}),
        ({"Federated": GITHUB}, {"Federated": GITHUB.replace("token.", "token2.")}),
        ("*", {"Federated": GITHUB}),
    ],
)
def test_another_principal_is_a_gain(written: Any, other: Any) -> None:
    (line,) = find_opened(trust(written), trust(other))
    assert line.endswith("can assume it")


@pytest.mark.parametrize("same", [["STS:assumerole"], ["sts:AssumeRole", "sts:AssumeRole"]])
def test_the_case_and_repetition_of_actions_are_no_change(same: Any) -> None:
    assert compare_trust(trust(), trust(action=same)) == []
    twice = document(*trust()["Statement"], *trust(action=same)["Statement"])
    assert compare_trust(trust(), twice) == []


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (["sts:AssumeRole", "sts:TagSession"], "can set tags of the session"),
        (["sts:AssumeRole", "sts:SetSourceIdentity"], "can set the source identity"),
        ("sts:*", "can set tags of the session"),
    ],
)
def test_a_newly_allowed_call_besides_assuming_the_role_is_named(action: Any, words: str) -> None:
    (line,) = find_opened(trust(), trust(action=action))
    assert line.startswith(f"medium: {VENDOR}, without any condition: {words}")
    assert find_opened(trust(action=action), trust()) == []


def test_a_wildcard_means_the_calls_that_the_principal_can_make() -> None:
    calls = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext"]
    assert compare_trust(trust(action="sts:*"), trust(action=calls)) == []
    without = document({"Effect": "Allow", "Principal": {"AWS": VENDOR}, "NotAction": "sts:TagSession"})
    assert find_opened(without, trust(action="sts:*"))
    assert find_opened(trust(action="sts:*"), without) == []


def test_not_principal_is_one_set_and_who_it_no_longer_lists_is_newly_trusted() -> None:
    both = document(statement(NotPrincipal={"AWS": [ROLE, OTHER]}))
    one = document(statement(NotPrincipal={"AWS": [ROLE]}))
    assert compare_trust(both, one) == [f"medium: {OTHER}, without any condition: can assume it"]
    assert compare_trust(one, both) == [f"lost: {OTHER}, without any condition (can no longer assume it)"]


@pytest.mark.parametrize(
    ("principal", "is_included"),
    [(VENDOR, True), (OTHER, False), (ROLE, False), (OWN, False)],
)
def test_everyone_but_some_includes_only_who_is_certainly_none_of_them(principal: str, is_included: bool) -> None:
    opened = find_opened(document(statement(NotPrincipal={"AWS": ROLE})), trust({"AWS": principal}))
    assert bool(opened) is not is_included


def deny(**elements: Any) -> dict[str, Any]:
    return statement("Deny", **{"Principal": "*", **elements})


NO_ID = {"StringNotEquals": {"sts:ExternalId": "c1"}}


@pytest.mark.parametrize(
    ("denied", "left"),
    [
        (deny(Condition=NO_ID), deny(Condition={**NO_ID, "Bool": {"aws:SecureTransport": "false"}})),
        (deny(Condition=NO_ID, Action=["sts:AssumeRole", "sts:TagSession"]), deny(Condition=NO_ID)),
        (deny(Condition=NO_ID), deny(Condition={"StringNotEquals": {"sts:ExternalId": ["c1", "c2"]}})),
        (deny(), deny(Principal={"AWS": OTHER})),
        (deny(Principal={"AWS": [ROLE, OTHER]}), deny(Principal={"AWS": ROLE})),
        (statement("Deny", NotPrincipal={"AWS": ROLE}), statement("Deny", NotPrincipal={"AWS": [ROLE, OTHER]})),
    ],
)
def test_a_narrowed_deny_opens_trust_and_a_widened_one_closes_it(denied: Any, left: Any) -> None:
    allowed = trust({"AWS": OWN})["Statement"]
    narrowed = compare_trust(document(*allowed, denied), document(*allowed, left))
    assert [line.split(":")[0] for line in narrowed] == ["high"]
    widened = compare_trust(document(*allowed, left), document(*allowed, denied))
    assert widened
    assert all(line.startswith("lost") for line in widened)


def test_a_deny_in_other_words_is_no_change() -> None:
    allowed = trust({"AWS": OWN})["Statement"]
    one = document(*allowed, deny(Principal={"AWS": [ROLE, OTHER]}, Condition=NO_ID))
    other = document(
        deny(Principal={"AWS": OTHER}, Condition={"stringnotequals": {"STS:ExternalId": ["c1"]}}),
        *allowed,
        deny(Principal={"AWS": ROLE}, Condition=NO_ID, Action="STS:ASSUMEROLE"),
    )
    assert compare_trust(one, other) == []


@pytest.mark.parametrize(
    ("condition", "looser"),
    [
        ({"ArnLike": {"aws:PrincipalArn": f"{ROLE}"}}, {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}}),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::1:role/a"}}, {"StringLike": {"aws:PrincipalArn": "*"}}),
        ({"StringEquals": {SUBJECT: "a"}}, {"StringEqualsIgnoreCase": {SUBJECT: "a"}}),
        ({"StringEqualsIgnoreCase": {SUBJECT: "a*"}}, {"StringLike": {SUBJECT: "A*"}}),
        ({"Null": {"sts:ExternalId": "false"}}, {"Null": {"sts:ExternalId": "true"}}),
        ({"ForAnyValue:StringEquals": {SUBJECT: "a"}}, {"ForAllValues:StringEquals": {SUBJECT: "a"}}),
        ({"StringEquals": {SUBJECT: "a"}}, {"StringSomehow": {SUBJECT: "a"}}),
    ],
)
def test_a_condition_that_is_not_certainly_as_strict_is_a_gain(condition: Any, looser: Any) -> None:
    assert find_opened(trust(condition=condition), trust(condition=looser))
    assert compare_trust(trust(condition=condition), trust(condition=condition)) == []


def test_a_statement_that_cannot_be_understood_is_reported_as_unknown() -> None:
    odd = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Robot": "r2"}}
    (line,) = compare_trust(trust(), document(*trust()["Statement"], odd))
    assert line.startswith(
        "unknown: could not be determined: its trust policy is not a valid document: 'Robot' is not a type of principal"
    )


def federated(subject: str | list[str], operator: str = "StringLike") -> dict[str, Any]:
    condition: dict[str, Any] = {operator: {SUBJECT: subject}, "StringEquals": {AUDIENCE: "a"}}
    if operator == "StringEquals":
        condition = {operator: {SUBJECT: subject, AUDIENCE: "a"}}
    return trust({"Federated": GITHUB}, condition, "sts:AssumeRoleWithWebIdentity")


def test_another_subject_is_not_any_subject() -> None:
    (line,) = compare_trust(federated("x", "StringEquals"), federated(["x", "y"], "StringEquals"))
    assert line.endswith("also accepts the token's subject y: more callers can assume it")
    (line,) = compare_trust(federated("x", "StringEquals"), federated("*"))
    assert line.endswith("every holder of such a token can assume it, whatever its subject")


def test_a_value_that_is_no_longer_excluded_is_accepted() -> None:
    def excluding(*accounts: str) -> dict[str, Any]:
        return trust({"AWS": "*"}, {"StringNotEquals": {"aws:PrincipalAccount": list(accounts)}})

    (line,) = compare_trust(excluding("1", "2"), excluding("1"))
    assert "the trust policy also accepts the caller's account 2:" in line
    (line,) = compare_trust(excluding("1"), excluding("1", "2"))
    assert line.startswith("lost: ")


@pytest.mark.parametrize(
    ("operator", "key", "narrow", "wide"),
    [
        ("IpAddress", "aws:SourceIp", "10.0.0.1/32", "10.0.0.0/8"),
        ("IpAddress", "aws:SourceIp", "2001:db8::1", "2001:db8::/32"),
        ("NumericLessThan", "aws:MultiFactorAuthAge", "300", "1000"),
        ("NumericGreaterThanEquals", "s3:max-keys", "10", "9"),
        ("DateLessThan", "aws:CurrentTime", "2024-01-01T00:00:00Z", "2099-01-01"),
        ("DateGreaterThan", "aws:CurrentTime", "2024-01-01T00:00:00Z", "1700000000"),
    ],
)
def test_a_wider_range_is_opened_and_nothing_is_closed(operator: str, key: str, narrow: str, wide: str) -> None:
    before, after = trust(condition={operator: {key: narrow}}), trust(condition={operator: {key: wide}})
    (line,) = compare_trust(before, after)
    assert line.startswith("high: ")
    assert "requires only" in line
    (line,) = compare_trust(after, before)
    assert line.startswith("lost: ")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"NumericLessThan": {"k": "300"}}, {"NumericLessThanEquals": {"k": "300"}}),
        ({"NumericEquals": {"k": "300"}}, {"NumericLessThan": {"k": "301"}}),
        ({"NumericLessThan": {"k": "300"}}, {"NumericGreaterThan": {"k": "100"}}),
        ({"IpAddress": {"k": "10.0.0.0/8"}}, {"IpAddress": {"k": "11.0.0.0/8"}}),
        ({"NumericLessThan": {"k": "many"}}, {"NumericLessThan": {"k": "more"}}),
    ],
)
def test_a_range_that_is_not_certainly_narrower_is_a_gain(before: Any, after: Any) -> None:
    assert find_opened(trust(condition=before), trust(condition=after))


def test_a_call_that_the_principal_cannot_make_is_no_gain() -> None:
    assert compare_trust(trust(), trust(action=["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"])) == []
    (line,) = compare_trust(trust(), trust(action=["sts:AssumeRole", "sts:TagSession"]))
    assert "can set tags of the session" in line
    web = ["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"]
    assert find_opened(trust({"AWS": "*"}), trust({"AWS": "*"}, action=web))


def of_tokens(**claims: str) -> Any:
    issuer = "token.actions.githubusercontent.com"
    condition = {"StringEquals": {AUDIENCE: "sts.amazonaws.com", **{f"{issuer}:{k}": v for k, v in claims.items()}}}
    return trust({"Federated": GITHUB}, condition, "sts:AssumeRoleWithWebIdentity")


BRANCH = "repo:acme@1/app@2:ref:refs/heads/main"


def test_tokens_of_one_repository_are_not_said_to_be_every_token() -> None:
    (gained, _) = compare_trust(trust(), of_tokens(sub=BRANCH))
    assert "every holder" not in gained
    assert f"holders of a token or assertion from {GITHUB}" in gained
    (gained, _) = compare_trust(trust(), of_tokens())
    assert f"every holder of a token or assertion from {GITHUB}" in gained


def test_a_subject_that_another_claim_replaces_leaves_no_more_than_that_claims_tokens() -> None:
    (line,) = [each for each in compare_trust(of_tokens(sub=BRANCH), of_tokens()) if each.startswith("high")]
    assert line.endswith("every holder of such a token can assume it, whatever its subject")
    narrowed = compare_trust(of_tokens(sub=BRANCH), of_tokens(repository="acme/app"))
    (line,) = [each for each in narrowed if each.startswith("high")]
    assert line.endswith("more callers can assume it")


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("iam:CreateUser", []),
        ("eks:DescribeCluster", []),
        (
            "sts:AssumeRoleWithFuture",
            [
                "unknown: could not be determined: what sts:AssumeRoleWithFuture allows in the trust policy: AWS's"
                " reference has no such action"
            ],
        ),
    ],
)
def test_an_action_that_assumes_no_role_is_no_gain(action: str, expected: list[str]) -> None:
    assert compare_trust(trust(), trust(action=["sts:AssumeRole", action])) == expected
    assert compare_trust(trust(action=["sts:AssumeRole", action]), trust()) == []


@pytest.mark.parametrize(
    ("issuer", "subject", "label"),
    [
        ("token.actions.githubusercontent.com", BRANCH, "medium"),
        ("token.actions.githubusercontent.com", "repo:acme/*", "medium"),
        ("token.actions.githubusercontent.com", "repo:*", "high"),
        ("token.actions.githubusercontent.com", "repo:*/app:ref:refs/heads/main", "high"),
        ("token.actions.githubusercontent.com", "", "high"),
        ("gitlab.acme.example", "", "medium"),
        ("gitlab.com", "project_path:*", "high"),
    ],
)
def test_trust_in_tokens_is_graded_as_the_policies_evaluate_it(issuer: str, subject: str, label: str) -> None:
    condition = {"StringEquals": {f"{issuer}:aud": "sts.amazonaws.com"}}
    condition |= {"StringLike": {f"{issuer}:sub": subject}} if subject else {}
    provider = {"Federated": f"arn:aws:iam::111122223333:oidc-provider/{issuer}"}
    (gained, _) = compare_trust(trust(), trust(provider, condition, "sts:AssumeRoleWithWebIdentity"))
    assert gained.startswith(f"{label}: ")
