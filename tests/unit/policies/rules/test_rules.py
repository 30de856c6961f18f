"""Every rule reports its violation and not its compliant twin, before a deployment as well as after it."""

import pytest

from eks_access_policies import iam
from eks_access_policies.evaluate import eks, rbac
from eks_access_policies.evaluate.evaluator import RULES, Evaluator
from eks_access_policies.finding import Finding, Severity
from tests.support.policies.case import Case
from tests.support.policies.cases import CASES
from tests.support.policies.resources import ResourceSpec, stack

ONLY_IN_A_PREVIEW = ("eks-cluster-replaced", "eks-authentication-mode-change")
"""Rules about a change, which need the state before it: tested in test_previews.py."""


def evaluate(resources: list[ResourceSpec], *, preview: bool = False) -> list[Finding]:
    return Evaluator().stack(stack(resources, preview=preview))


@pytest.mark.parametrize("preview", [False, True], ids=["deployed", "preview"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_a_violation_is_reported_and_its_compliant_twin_is_not(case: Case, preview: bool) -> None:
    bad = [found for found in evaluate(list(case.bad), preview=preview) if found.rule.id == case.rule]
    assert bad, f"{case.rule} does not report the resources that violate it"
    urns = {resource.urn for resource in case.bad}
    assert {found.urn for found in bad} <= urns, "a finding is about one of the resources"
    good = [found.message for found in evaluate(list(case.good), preview=preview) if found.rule.id == case.rule]
    assert not good, f"{case.rule} reports compliant resources"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_compliant_resources_block_no_deployment(case: Case) -> None:
    blocking = [f"{found.rule.id}: {found.message}" for found in evaluate(list(case.good)) if found.rule.is_mandatory]
    assert not blocking, "a compliant fixture violates no rule that blocks"


def test_every_rule_has_a_case() -> None:
    tested = {case.rule for case in CASES} | set(ONLY_IN_A_PREVIEW)
    missing = {rule.id for rule in (*eks.RULES, *iam.RULES, *rbac.RULES)} - tested
    assert not missing, f"no fixtures for {sorted(missing)}"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_has_a_title_a_remediation_and_a_url(rule: object) -> None:
    found = next(each for each in RULES if each is rule)
    assert found.title, "a policy without a title cannot be read in a review"
    assert not found.title.endswith("."), "the policy's description adds the full stop"
    assert found.remediation.endswith(".")
    assert found.url.startswith("https://")
    assert found.severity in Severity


def test_no_two_rules_have_the_same_id() -> None:
    ids = [rule.id for rule in RULES]
    assert len(ids) == len(set(ids)), "an id is the policy's name, and its key in the configuration"
