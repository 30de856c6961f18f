"""Permissions are judged by what they lead to: on what, under which conditions, after what is denied."""

from datetime import UTC, datetime

import pytest

from eks_access_policies.finding import Finding, Severity
from eks_access_policies.iam import Context, actions, evaluate_policies, evaluate_policy
from tests.support.policies.disguise_cases import GRAVE, HARMLESS
from tests.support.policies.policy_cases import BAD, GOOD, OWN, PATHS, Case, allow, deny

CONTEXT = Context(accounts=frozenset({OWN}), now=datetime(2026, 6, 1, tzinfo=UTC))


def found(*statements: dict[str, object]) -> list[Finding]:
    return evaluate_policy({"Version": "2012-10-17", "Statement": list(statements)}, CONTEXT)


def told(findings: list[Finding]) -> str:
    return "\n".join(f"{each.rule.id}: {each.message} ({each.where})" for each in findings)


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.name)
def test_a_policy_that_allows_too_much_or_nothing_is_told_by_its_cause(case: Case) -> None:
    findings = found(*case.statements)
    about = [each for each in findings if each.rule.id == case.rule]
    assert about, f"expected {case.rule}, and these were found:\n{told(findings)}"
    assert case.says in told(about), f"the message says why; expected {case.says!r} in\n{told(about)}"


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_a_policy_that_names_what_is_needed_is_left_alone(case: Case) -> None:
    assert not found(*case.statements), told(found(*case.statements))


def grave(case: Case) -> list[Finding]:
    return [each for each in found(*case.statements) if each.rule.severity >= Severity.HIGH]


@pytest.mark.parametrize("case", GRAVE, ids=lambda case: case.name)
def test_what_is_dangerous_is_found_whatever_it_looks_like(case: Case) -> None:
    assert grave(case), f"only these were found:\n{told(found(*case.statements))}"


@pytest.mark.parametrize("case", HARMLESS, ids=lambda case: case.name)
def test_what_gives_nothing_away_is_not_called_dangerous(case: Case) -> None:
    assert not grave(case), told(grave(case))


READS = (actions.AccessLevel.READ, actions.AccessLevel.LIST)
READING = ("Get", "List", "Describe", "BatchGet", "View", "Lookup", "Search", "Read")
"""How AWS's own policies for auditors and readers write it."""


def test_reading_whatever_any_service_has_is_not_called_dangerous() -> None:
    for service in actions.services():
        reads = [str(each) for each in actions.actions_of(service).values() if each.access_level in READS]
        for written in (reads, [f"{service}:{verb}*" for verb in READING]):
            findings = grave(Case(service, (allow(written),)))
            assert not findings, told(findings)


@pytest.mark.parametrize("path", PATHS)
def test_every_path_of_escalation_is_grave_when_it_is_open_on_everything(path: str) -> None:
    findings = [each for each in found(allow(path.split())) if "-escalation-" in each.rule.id]
    assert any(each.rule.severity >= Severity.HIGH for each in findings), told(findings)
    assert all(each.where == "Statement[0]" for each in findings), "a reader finds the statement"


@pytest.mark.parametrize("path", PATHS)
def test_a_path_is_closed_when_its_first_action_is_denied(path: str) -> None:
    first = path.split()[0]
    allowed = [allow(path.split()), deny(first)]
    graver = [each for each in found(*allowed) if first in each.message and "-escalation-" in each.rule.id]
    assert not graver, told(graver)


@pytest.mark.parametrize("path", PATHS)
def test_what_was_denied_and_what_cannot_be_met_opens_no_path(path: str) -> None:
    over = {"DateLessThan": {"aws:TokenIssueTime": "2020-01-01T00:00:00Z"}}
    for statements in ([deny(path.split())], [allow(path.split(), "*", over)]):
        grave = [each for each in found(*statements) if each.rule.severity >= Severity.HIGH]
        assert not grave, told(grave)


def test_policies_of_one_identity_complete_each_other() -> None:
    halves = [{"Statement": allow("iam:PassRole")}, {"Statement": allow("ec2:RunInstances")}]
    assert not any("-escalation-" in each.rule.id for half in halves for each in evaluate_policy(half, CONTEXT))
    assert [each.rule.id for each in evaluate_policies(halves, CONTEXT)] == ["iam-escalation-pass-role"]


def test_a_policy_of_the_same_identity_may_deny_what_another_allows() -> None:
    allowing, denying = {"Statement": allow("iam:*")}, {"Statement": deny("iam:*")}
    assert evaluate_policies([allowing], CONTEXT), "alone it escalates"
    assert not evaluate_policies([allowing, denying], CONTEXT)


def test_sizes_are_measured_without_white_space_and_by_the_kind_of_policy() -> None:
    resources = [f"arn:aws:s3:::bucket-{number:03}/*" for number in range(270)]
    document = {"Version": "2012-10-17", "Statement": [allow("s3:GetObject", resources)]}
    sizes = [each.rule.id for each in evaluate_policy(document, CONTEXT, "managed") if "size" in each.rule.id]
    assert sizes == ["iam-document-size"], "6,144 for a managed policy"
    assert not [each for each in evaluate_policy(document, CONTEXT, "inline") if "size" in each.rule.id], (
        "10,240 for a role"
    )
