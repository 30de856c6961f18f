"""A permissions boundary that goes or changes is graded by what it kept out of the principal's rights."""

from typing import Any

import pytest

from eks_access_policies.finding import Severity
from eks_access_policies.iam import parse_document
from eks_access_policies.review.aws.boundaries import compare_boundaries
from eks_access_policies.review.change import Change, Direction
from eks_access_policies.review.side import Elsewhere, PrincipalAccess
from tests.support.review_stacks import allow, document

ARN = "arn:aws:iam::111122223333:policy/Boundary"
READ = allow("s3:Get*", "s3:List*")
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def principal(*statements: dict[str, Any], boundary: Any = None, managed: str = "") -> PrincipalAccess:
    """`boundary`: a list of statements, an ARN of a document that is not known, or none."""
    parsed = parse_document(document(*boundary)).statements if isinstance(boundary, list) else None
    return PrincipalAccess(
        "r",
        ("r",),
        statements=parse_document(document(*statements)).statements,
        elsewhere=frozenset({Elsewhere("managed policy", managed)} if managed else ()),
        boundary=boundary if isinstance(boundary, str) else ARN if boundary else None,
        boundary_statements=parsed,
    )


def compare(rights: list[Any], before: Any, after: Any, managed: str = "") -> list[Change]:
    return compare_boundaries(
        principal(*rights, boundary=before, managed=managed), principal(*rights, boundary=after, managed=managed)
    )


@pytest.mark.parametrize(
    ("rights", "boundary", "severity"),
    [
        ([allow("*")], [READ], Severity.CRITICAL),
        ([allow("iam:*")], [READ], Severity.CRITICAL),
        ([allow("iam:PassRole")], [READ], Severity.HIGH),
        ([allow("iam:*")], [allow("*"), allow("iam:*", effect="Deny", Condition=MFA)], Severity.CRITICAL),
        ([allow("eks:ListClusters")], [READ], Severity.LOW),
        ([allow("iam:PassRole")], [allow("*")], Severity.LOW),
        ([allow("eks:ListClusters")], ARN, Severity.HIGH),
    ],
)
def test_a_boundary_that_goes_is_a_gain_of_what_it_kept_out(rights: Any, boundary: Any, severity: Severity) -> None:
    (change,) = compare(rights, boundary, None)
    assert (change.direction, change.severity) == (Direction.GAINED, severity)
    assert change.where == f"no longer limited by `{ARN}`"
    (added,) = compare(rights, None, boundary)
    assert added.direction is Direction.LOST


def test_what_a_boundary_kept_out_is_named() -> None:
    (change,) = compare([allow("iam:PassRole", "s3:GetObject")], [READ], None)
    assert (
        change.risk == "can use rights that the boundary denied: can hand any role to a service that then acts with it"
    )
    assert change.detail == ("iam:PassRole",)


def test_a_boundary_that_goes_from_rights_that_are_not_known_is_high() -> None:
    (change,) = compare([allow("eks:ListClusters")], [READ], None, managed=f"{ARN}2")
    assert change.severity is Severity.HIGH


@pytest.mark.parametrize(
    ("wider", "severity"),
    [
        ([allow("*")], Severity.CRITICAL),
        ([READ, allow("iam:PassRole")], Severity.HIGH),
        ([READ, allow("ec2:*")], Severity.LOW),
        ([allow("*"), allow("iam:*", effect="Deny")], Severity.LOW),
    ],
)
def test_a_boundary_of_the_same_name_that_is_widened_is_a_gain(wider: Any, severity: Severity) -> None:
    (change,) = compare([allow("iam:*", "s3:*")], [READ, allow("s3:*")], wider)
    assert (change.direction, change.severity) == (Direction.GAINED, severity)
    narrowed = compare([allow("iam:*", "s3:*")], [allow("*")], [READ])
    assert [each.direction for each in narrowed] == [Direction.LOST]


def test_a_boundary_that_loses_a_deny_with_a_condition_is_a_gain() -> None:
    guard = allow("iam:PassRole", effect="Deny", Condition=MFA)
    (change,) = compare([allow("iam:*")], [allow("*"), guard], [allow("*")])
    assert (change.direction, change.severity) == (Direction.GAINED, Severity.HIGH)
    assert compare([allow("iam:*")], [allow("*"), guard], [guard, allow("*")]) == []


def test_a_boundary_whose_document_is_not_known_is_compared_by_name() -> None:
    (change,) = compare([allow("iam:*")], ARN, f"{ARN}2")
    assert (change.direction, change.severity) == (Direction.GAINED, Severity.MEDIUM)
    assert compare([allow("iam:*")], ARN, ARN) == []
