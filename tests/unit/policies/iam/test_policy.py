"""Permissions are evaluated by their effect: on which resources, under which conditions, after denials."""

from datetime import UTC, datetime

import pytest

from eks_access_policies.finding import Finding, Severity
from eks_access_policies.iam import Context, actions, evaluate_policies, evaluate_policy
from tests.support.policies.disguise_cases import DANGEROUS, HARMLESS
from tests.support.policies.policy_cases import BAD, GOOD, OWN, PATHS, Case, allow, deny

CONTEXT = Context(accounts=frozenset({OWN}), now=datetime(2026, 6, 1, tzinfo=UTC))


def evaluate(*statements: dict[str, object]) -> list[Finding]:
    return evaluate_policy({"Version": "2012-10-17", "Statement": list(statements)}, CONTEXT)


def format_findings(findings: list[Finding]) -> str:
    return "\n".join(f"{each.rule.id}: {each.message} ({each.where})" for each in findings)


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.name)
def test_an_overly_broad_or_ineffective_policy_is_reported_with_its_cause(case: Case) -> None:
    findings = evaluate(*case.statements)
    about = [each for each in findings if each.rule.id == case.rule]
    assert about, f"expected {case.rule}, and these were found:\n{format_findings(findings)}"
    assert case.message in format_findings(about), (
        f"unexpected message; expected {case.message!r} in\n{format_findings(about)}"
    )


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_a_least_privilege_policy_has_no_findings(case: Case) -> None:
    assert not evaluate(*case.statements), format_findings(evaluate(*case.statements))


def severe(case: Case) -> list[Finding]:
    return [each for each in evaluate(*case.statements) if each.rule.severity >= Severity.HIGH]


@pytest.mark.parametrize("case", DANGEROUS, ids=lambda case: case.name)
def test_a_dangerous_policy_is_reported_despite_its_disguise(case: Case) -> None:
    assert severe(case), f"only these were found:\n{format_findings(evaluate(*case.statements))}"


@pytest.mark.parametrize("case", HARMLESS, ids=lambda case: case.name)
def test_a_harmless_policy_has_no_severe_finding(case: Case) -> None:
    assert not severe(case), format_findings(severe(case))


READS = (actions.AccessLevel.READ, actions.AccessLevel.LIST)
READING = ("Get", "List", "Describe", "BatchGet", "View", "Lookup", "Search", "Read")
"""Prefixes in AWS's own policies for auditors and readers."""


def test_read_actions_of_any_service_have_no_severe_finding() -> None:
    for service in actions.services():
        reads = [str(each) for each in actions.actions_of(service).values() if each.access_level in READS]
        for written in (reads, [f"{service}:{verb}*" for verb in READING]):
            findings = severe(Case(service, (allow(written),)))
            assert not findings, format_findings(findings)


@pytest.mark.parametrize("path", PATHS)
def test_every_escalation_path_is_severe_when_open_on_all_resources(path: str) -> None:
    findings = [each for each in evaluate(allow(path.split())) if "-escalation-" in each.rule.id]
    assert any(each.rule.severity >= Severity.HIGH for each in findings), format_findings(findings)
    assert all(each.where == "Statement[0]" for each in findings), "a reader finds the statement"


@pytest.mark.parametrize("path", PATHS)
def test_denying_the_first_action_closes_a_path(path: str) -> None:
    first = path.split()[0]
    allowed = [allow(path.split()), deny(first)]
    severe = [each for each in evaluate(*allowed) if first in each.message and "-escalation-" in each.rule.id]
    assert not severe, format_findings(severe)


@pytest.mark.parametrize("path", PATHS)
def test_denied_or_unsatisfiable_statements_open_no_path(path: str) -> None:
    over = {"DateLessThan": {"aws:TokenIssueTime": "2020-01-01T00:00:00Z"}}
    for statements in ([deny(path.split())], [allow(path.split(), "*", over)]):
        severe = [each for each in evaluate(*statements) if each.rule.severity >= Severity.HIGH]
        assert not severe, format_findings(severe)


def test_policies_of_one_identity_are_evaluated_together() -> None:
    halves = [{"Statement": allow("iam:PassRole")}, {"Statement": allow("ec2:RunInstances")}]
    assert not any("-escalation-" in each.rule.id for half in halves for each in evaluate_policy(half, CONTEXT))
    assert [each.rule.id for each in evaluate_policies(halves, CONTEXT)] == ["iam-escalation-pass-role"]


def test_one_policy_of_an_identity_can_deny_what_another_allows() -> None:
    allowing, denying = {"Statement": allow("iam:*")}, {"Statement": deny("iam:*")}
    assert evaluate_policies([allowing], CONTEXT), "alone it escalates"
    assert not evaluate_policies([allowing, denying], CONTEXT)


def test_sizes_exclude_white_space_and_limits_depend_on_the_kind_of_policy() -> None:
    resources = [f"arn:aws:s3:::bucket-{number:03}/*" for number in range(270)]
    document = {"Version": "2012-10-17", "Statement": [allow("s3:GetObject", resources)]}
    sizes = [each.rule.id for each in evaluate_policy(document, CONTEXT, "managed") if "size" in each.rule.id]
    assert sizes == ["iam-document-size"], "6,144 for a managed policy"
    assert not [each for each in evaluate_policy(document, CONTEXT, "inline") if "size" in each.rule.id], (
        "10,240 for a role"
    )
