"""Trust policies that IAM refuses for their principals, and those that it takes."""

import json
from typing import Any

import pytest

from sandbox.aws.arn import Arn
from sandbox.aws.trust_principals import find_invalid_principal

ROLE = "arn:aws:iam::444455556666:role/team/Vendor"
THERE = {ROLE, "arn:aws:iam::444455556666:user/jane"}


def refused(principal: Any) -> str | None:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    def exists(arn: Arn) -> bool:
        return f"arn:{arn.partition}:iam::{arn.account}:{arn.resource}" in THERE

    return find_invalid_principal(document, exists)


@pytest.mark.parametrize(
    "principal",
    [
        "arn:aws:iam::444455556666:role/team/V*",
        "arn:aws:iam::444455556666:role/*",
        "arn:aws:iam::444455556666:role/Vendor",
        "arn:aws:iam::444455556666:role/team/Gone",
        "arn:aws:iam::444455556666:group/team",
        "arn:aws:iam::*:root",
        "arn:aws:sts::444455556666:assumed-role/Vendor/*",
        "44445555666",
        "Vendor",
    ],
)
def test_a_pattern_and_a_principal_that_is_not_there_are_refused_in_iams_words(principal: str) -> None:
    assert refused({"AWS": principal}) == f'Invalid principal in policy: "AWS":"{principal}"'
    assert refused({"AWS": [ROLE, principal]}), "wherever it is in the list"


@pytest.mark.parametrize(
    "principal",
    [
        "*",
        {"AWS": "*"},
        {"AWS": sorted(THERE)},
        {"AWS": "444455556666"},
        {"AWS": "arn:aws:iam::444455556666:root"},
        {"AWS": "AROAEXAMPLE"},
        {"AWS": "arn:aws:sts::444455556666:assumed-role/Vendor/session"},
        {"Service": "ec2.amazonaws.com"},
        {"Federated": "accounts.google.com"},
        {"Federated": "arn:aws:iam::111122223333:oidc-provider/gitlab.example.com/x"},
    ],
)
def test_a_principal_that_is_there_is_taken(principal: Any) -> None:
    assert refused(principal) is None


@pytest.mark.parametrize(
    ("principal", "words"),
    [
        ({"Service": "*"}, '"SERVICE":"*"'),
        ({"Federated": "arn:aws:iam::111122223333:oidc-provider/*"}, '"FEDERATED":"arn'),
    ],
)
def test_a_service_and_a_provider_are_no_patterns_either(principal: Any, words: str) -> None:
    assert words in str(refused(principal))


@pytest.mark.parametrize("document", ["", "{", "[]", {}, {"Statement": "x"}, {"Statement": [1]}])
def test_what_is_no_policy_is_left_to_other_checks(document: Any) -> None:
    assert find_invalid_principal(document, lambda _: False) is None
