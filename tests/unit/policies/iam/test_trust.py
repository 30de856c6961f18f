"""Trust policies are evaluated by their effect, whatever their conditions look like."""

from datetime import UTC, datetime
from typing import Any

import pytest

from eks_access_policies.finding import Finding, Severity
from eks_access_policies.iam import Context, Vendor, evaluate_session, evaluate_trust
from tests.support.policies.trust_cases import (
    BAD,
    CONDUCTORONE,
    EKS,
    GITHUB,
    GOOD,
    ORGANIZATION,
    OWN,
    SECRET,
    STRANGER,
    TRUSTED,
    VENDOR_ROLE,
    Case,
    anyone,
    aws,
    external_id,
    pinned,
    token,
)

CONTEXT = Context(
    accounts=frozenset({OWN}),
    trusted_accounts=frozenset({TRUSTED}),
    organizations=frozenset({ORGANIZATION}),
    now=datetime(2026, 6, 1, tzinfo=UTC),
)


def evaluate(case: Case) -> list[Finding]:
    return evaluate_trust({"Version": "2012-10-17", "Statement": list(case.statements)}, CONTEXT)


def format_findings(findings: list[Finding]) -> str:
    return "\n".join(f"{each.rule.id}: {each.message} ({each.where})" for each in findings)


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.name)
def test_an_open_or_broken_trust_policy_is_reported_with_its_cause(case: Case) -> None:
    findings = evaluate(case)
    about = [each for each in findings if each.rule.id == case.rule]
    assert about, f"expected {case.rule}, and these were found:\n{format_findings(findings)}"
    assert case.message in format_findings(about), (
        f"unexpected message; expected {case.message!r} in\n{format_findings(about)}"
    )


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_a_trust_policy_that_restricts_its_callers_has_no_findings(case: Case) -> None:
    assert not evaluate(case), format_findings(evaluate(case))


def test_a_session_duration_above_the_limit_is_reported() -> None:
    assert not evaluate_session(43_200), "twelve hours are what IAM allows"
    (finding,) = evaluate_session(7200, Context(session_seconds=3600))
    assert finding.rule.id == "iam-trust-session-duration"
    assert "2 hours" in finding.message


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        (aws(f"arn:aws:iam::{CONDUCTORONE}:root", external_id(SECRET)), "iam-trust-whole-account"),
        (token(GITHUB, pinned(GITHUB, "repo:acme/*", operator="StringLike")), "iam-trust-subject-wide"),
        (token(EKS, pinned(EKS, "system:serviceaccount:ns:*", operator="StringLike")), "iam-trust-subject-wide"),
        (token(GITHUB, pinned(GITHUB, "repo:acme/app:pull_request")), "iam-trust-subject-wide"),
    ],
)
def test_a_trust_policy_wider_than_necessary_has_low_severity(statement: dict[str, Any], rule: str) -> None:
    (finding,) = evaluate(Case("", (statement,)))
    assert finding.rule.id == rule
    assert finding.rule.severity is Severity.LOW


def test_only_third_party_accounts_need_an_external_id() -> None:
    document = {"Statement": aws(f"arn:aws:iam::{STRANGER}:role/x")}
    assert evaluate_trust(document, CONTEXT), "an unknown account"
    for context in (
        Context(accounts=frozenset({STRANGER})),
        Context(trusted_accounts=frozenset({STRANGER})),
        Context(vendors={STRANGER: Vendor("Cado", external_id=False)}),
        Context(principals=frozenset({f"arn:aws:iam::{STRANGER}:role/*"})),
    ):
        assert not evaluate_trust(document, context), context


def test_every_statement_is_evaluated_and_located() -> None:
    good = aws(f"arn:aws:iam::{OWN}:role/a")
    findings = evaluate(Case("", (good, anyone(), good | {"Sid": "x"}, anyone(Sid="Open"))))
    assert [each.where for each in findings if each.rule.id == "iam-trust-anyone"] == [
        "Statement[1]",
        "Statement[3] (Open)",
    ]


def test_trust_policies_have_their_own_size_limit() -> None:
    statement = aws([f"arn:aws:iam::{OWN}:role/{number:060}" for number in range(25)])
    assert "iam-document-size" in [each.rule.id for each in evaluate(Case("", (statement,)))]


@pytest.mark.parametrize(
    "value",
    [
        "<external-id>",
        "YOUR_EXTERNAL_ID",
        "REPLACE_ME",
        "change-me",
        "{{ExternalId}}",
        "[external id]",
        "example-external-id",
        "MyExternalId123",
        "unique_identifier",
        "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
        "00000000-0000-0000-0000-000000000000",
        "12345678-1234-1234-1234-123456789012",
        "1234567890",
        "abc123",
        "test123",
        "TODO",
        "secret",
        "string",
        "test-external-id",
        "tenant-id",
        "ExternalIdProvidedByVendor",
        "the-external-id-from-the-console",
        "enter-external-id",
        "SET_ME",
        "random-string",
        "notasecret",
        "Datadog",
        "111122223333",
        "11111111-2222-3333-4444-555555555555",
        "123e4567-e89b-12d3-a456-426614174000",
    ],
)
def test_a_placeholder_is_no_external_id(value: str) -> None:
    (finding,) = evaluate(Case("", (aws(VENDOR_ROLE, external_id(value)),)))
    assert (finding.rule.id, finding.rule.severity) == ("iam-trust-condition-open", Severity.HIGH)
    assert "placeholder" in finding.message


@pytest.mark.parametrize(
    "value",
    [
        SECRET,
        "c1-0123456789",
        "c1",
        "acme-prod-2931",
        "a1b2c3d4",
        "org_2fX9",
        "01234abc",
        "acme-id-77f3",
        "disputes-7f1a-id",
    ],
)
def test_what_a_vendor_may_issue_is_an_external_id(value: str) -> None:
    assert not evaluate(Case("", (aws(VENDOR_ROLE, external_id(value)),)))


def test_an_account_is_described_without_quotes() -> None:
    message = format_findings(evaluate(Case("", (aws(f"arn:aws:iam::{CONDUCTORONE}:root"),))))
    assert f"Account {CONDUCTORONE} (ConductorOne) may assume" in message
    assert f"Account {CONDUCTORONE} (ConductorOne) is trusted as a whole" in message
