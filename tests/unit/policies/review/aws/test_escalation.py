"""Escalation paths that a change opens are reported; paths that were open before are not."""

from typing import Any

import pytest

from eks_access.integrations import vendors
from eks_access.manifest.build import build_other_profile
from eks_access.model.integration import Profile
from eks_access_policies.review.change import PrincipalChanges
from tests.support.places import place
from tests.support.review_stacks import Stack, allow, compare, only
from tests.support.vendors import ARGUMENTS

ATTACH = "can attach any policy to a role, its own included"


def load_statements(vendor: str, profile: Profile) -> list[dict[str, Any]]:
    where = place(vendor)
    return build_other_profile(
        vendors()[vendor].describe({**ARGUMENTS[vendor], "profile": profile}, where), where
    ).statements


def find_opened(principal: PrincipalChanges) -> list[str]:
    return [change.risk for change in principal.changes if change.key == "escalation-opened"]


def test_conductorones_profile_vendor_opens_these_paths_and_profile_least_none() -> None:
    least = load_statements("conductorone", Profile.LEAST)
    vendor = load_statements("conductorone", Profile.VENDOR)
    changes = only(compare(Stack().role("c1", None, *least), Stack().role("c1", None, *vendor)))
    risks = find_opened(changes)
    for path in (
        ATTACH,
        "give any principal access to a cluster, and make it an administrator of the cluster",
        "let its own identity provider authenticate users to a cluster",
    ):
        assert any(path in each for each in risks), path
    assert changes.changes[0].key == "escalation-opened", "the most severe change comes first"
    assert find_opened(only(compare(Stack().role("c1"), Stack().role("c1", None, *least)))) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([allow("iam:AttachRolePolicy")], [allow("iam:AttachRolePolicy"), allow("s3:GetObject")]),
        ([allow("iam:*")], [allow("iam:AttachRolePolicy")]),
        ([], [allow("iam:AttachRolePolicy"), allow("iam:*", effect="Deny"), allow("s3:GetObject")]),
    ],
)
def test_a_path_that_was_open_or_is_denied_is_not_reported(before: Any, after: Any) -> None:
    assert find_opened(only(compare(Stack().role("r", None, *before), Stack().role("r", None, *after)))) == []


def test_a_path_of_two_actions_is_reported_when_the_second_is_added() -> None:
    base = [allow("iam:PassRole")]
    head = [*base, allow("lambda:CreateFunction", "lambda:InvokeFunction")]
    found = only(compare(Stack().role("r", None, *base), Stack().role("r", None, *head)))
    (change,) = [each for each in found.changes if each.key == "escalation-opened"]
    assert {"iam:PassRole", "lambda:CreateFunction"} <= set(change.what)


def test_a_closed_path_is_no_risk() -> None:
    found = only(compare(Stack().role("r", None, allow("iam:AttachRolePolicy")), Stack().role("r")))
    assert all(change.severity is None for change in found.changes)
    assert any(change.risk == f"closes escalation: {ATTACH}" for change in found.changes)


def test_who_newly_may_do_everything_is_one_gain_and_needs_no_path() -> None:
    nothing, everything = Stack().role("r", None, allow("s3:ListBucket")), Stack().role("r", None, allow("*"))
    assert find_opened(only(compare(nothing, everything))) == []
    limited = Stack().role("r", None, allow("*"), allow("iam:*", effect="Deny"))
    assert find_opened(only(compare(limited, everything))), "it could do nothing in IAM before"
