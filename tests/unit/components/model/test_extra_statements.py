"""Statements that a user adds to an integration's role."""

from typing import Any

import pytest

from eks_access.errors import InvalidInputError
from eks_access.integrations.cado import describe
from eks_access.manifest.build import build_integration_access
from eks_access.model.integration import role_options
from tests.support.places import place

PLATFORM = "arn:aws:iam::444455556666:role/CadoPlatform"
LIST = {"sid": "ListBuckets", "actions": ["s3:ListAllMyBuckets"], "resources": ["*"], "why": "evidence buckets"}


def policy(*extra: dict[str, Any]) -> list[dict[str, Any]]:
    args = {"platform_role_arns": [PLATFORM], "extra_statements": list(extra)}
    statements: list[dict[str, Any]] = describe(args, place("cado")).role.policy()["Statement"]
    return statements


def test_extra_statements_follow_the_integrations_own_and_are_in_the_manifest() -> None:
    wanted = {"Sid": "ListBuckets", "Effect": "Allow", "Action": ["s3:ListAllMyBuckets"], "Resource": ["*"]}
    assert policy(LIST) == [*policy(), wanted]
    integration = describe({"platform_role_arns": [PLATFORM], "extra_statements": [LIST]}, place("cado"))
    manifest = build_integration_access(integration, place("cado"), {"c0": ("https://c0", "Q0E=")})
    assert manifest["statements"][-1] == wanted


@pytest.mark.parametrize("action", ["*", "s3:*", "s3:List*", "s3:?et", "ListBuckets", ""])
def test_an_action_pattern_is_rejected(action: str) -> None:
    with pytest.raises(InvalidInputError, match=r"extra_statements\[0\]\.actions\[0\] is .* not one action"):
        policy(LIST | {"actions": [action]})


def test_a_duplicate_statement_id_is_rejected() -> None:
    (own, *_) = policy()
    with pytest.raises(InvalidInputError, match=f"extra_statements is '{own['Sid']}'.*another statement"):
        policy(LIST | {"sid": own["Sid"]})
    with pytest.raises(InvalidInputError, match=r"'ListBuckets'.*another statement"):
        policy(LIST, LIST)


@pytest.mark.parametrize(
    ("change", "problem"),
    [({"sid": "List buckets"}, "letters and digits"), ({"actions": []}, "is empty"), ({"resources": []}, "is empty")],
)
def test_a_statement_that_iam_would_reject_is_rejected(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidInputError, match=problem):
        policy(LIST | change)


def test_without_extra_statements_the_role_has_only_the_integrations_own() -> None:
    assert role_options({})["extra_statements"] == ()
