from typing import Any

import pytest

from sandbox.aws.trust_policies import for_principal, with_variables

KEYS = {"SAML:sub": "jane@example.com", "aws:username": "jane"}
CORP = "arn:aws:iam::111122223333:saml-provider/corp"


def document(value: Any, version: str = "2012-10-17") -> dict[str, Any]:
    statement = {"Effect": "Allow", "Condition": {"StringEquals": {"sts:RoleSessionName": value}}}
    return {"Version": version, "Statement": [statement]}


def value_in(policy: dict[str, Any]) -> Any:
    (statement,) = policy["Statement"]
    return statement["Condition"]["StringEquals"]["sts:RoleSessionName"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("${SAML:sub}", "jane@example.com"),
        ("x-${aws:username}-${SAML:sub}", "x-jane-jane@example.com"),
        (["${SAML:sub}", "root"], ["jane@example.com", "root"]),
        ("${aws:PrincipalTag/team, 'none'}", "none"),
        ("${SAML:sub, 'none'}", "jane@example.com"),
        ("${*}${?}${$}", "*?$"),
        ("plain", "plain"),
    ],
)
def test_a_variable_has_the_requests_value(written: Any, read: Any) -> None:
    assert value_in(with_variables(document(written), KEYS.get)) == read


def test_a_statement_whose_variable_has_no_value_applies_to_nobody() -> None:
    assert with_variables(document("${SAML:sub}"), lambda _: None)["Statement"] == []
    assert with_variables(document("${SAML:sub}"), KEYS.get)["Statement"], "and to the user who has one"


def test_the_old_version_of_the_language_takes_variables_literally() -> None:
    assert value_in(with_variables(document("${SAML:sub}", "2008-10-17"), KEYS.get)) == "${SAML:sub}"


def test_only_statements_that_name_the_provider_are_left() -> None:
    named = {"Effect": "Allow", "Principal": {"Federated": [CORP]}, "Action": "sts:AssumeRoleWithSAML"}
    policy = {"Statement": [named, named | {"Principal": {"Federated": "arn:other"}}, named | {"Principal": "*"}]}
    assert for_principal(policy, "Federated", CORP)["Statement"] == [named | {"Principal": "*"}]
