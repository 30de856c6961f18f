"""Trust policies are judged by what they let happen, whatever their conditions look like."""

from datetime import UTC, datetime

import pytest

from eks_access_policies.iam import Context, judge_trust
from eks_access_policies.rule import Finding

from .trust_cases import BAD, GOOD, ORGANIZATION, OWN, TRUSTED, Case

CONTEXT = Context(
    accounts=frozenset({OWN}),
    trusted_accounts=frozenset({TRUSTED}),
    organizations=frozenset({ORGANIZATION}),
    now=datetime(2026, 6, 1, tzinfo=UTC),
)


def found(case: Case) -> list[Finding]:
    return judge_trust({"Version": "2012-10-17", "Statement": list(case.statements)}, CONTEXT)


def told(findings: list[Finding]) -> str:
    return "\n".join(f"{each.rule.id}: {each.message} ({each.where})" for each in findings)


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.name)
def test_a_trust_that_is_open_or_broken_is_told_by_its_cause(case: Case) -> None:
    findings = found(case)
    about = [each for each in findings if each.rule.id == case.rule]
    assert about, f"expected {case.rule}, and these were found:\n{told(findings)}"
    assert case.says in told(about), f"the message says why; expected {case.says!r} in\n{told(about)}"


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_a_trust_that_names_who_may_act_is_left_alone(case: Case) -> None:
    assert not found(case), told(found(case))
