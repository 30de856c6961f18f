"""The rules about IAM documents are complete: documented, unique, and each broken by a case."""

import pytest

from eks_access_policies.finding import Rule
from eks_access_policies.iam import RULES, actions
from eks_access_policies.iam.paths import PATHS
from eks_access_policies.report.docs import COMMAND, replace_iam_table
from tests.support.checkout import DOCS
from tests.support.policies import policy_cases, trust_cases

PAGE = DOCS / "policies" / "iam.md"


def test_the_table_of_iam_rules_is_current() -> None:
    page = PAGE.read_text()
    assert page == replace_iam_table(page), f"run: {COMMAND}"


def test_rule_ids_are_unique() -> None:
    ids = [rule.id for rule in RULES]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_has_a_link_to_its_reason_and_a_remediation(rule: Rule) -> None:
    assert rule.url.startswith("https://"), "the reason is documented"
    assert rule.remediation.endswith("."), "the remediation is a sentence"
    assert not rule.title.endswith("."), "the title is not a sentence"


def test_every_rule_has_a_case_that_breaks_it() -> None:
    # Sizes of trust policies, characters and sessions have separate tests.
    own = {"iam-document-characters", "iam-trust-session-duration", "iam-trust-whole-account", "iam-trust-subject-wide"}
    broken = {case.rule for case in policy_cases.BAD} | {case.rule for case in trust_cases.BAD}
    escalation = {"iam-escalation-identities", "iam-escalation-workloads"}  # by test_every_path_of_escalation…
    assert {rule.id for rule in RULES} - own - escalation <= broken


def test_every_action_of_an_escalation_path_exists() -> None:
    named = {need for path in PATHS for alternatives in path.alternatives for need in alternatives}
    missing = sorted(name for name in named if actions.find_action(name) is None)
    assert not missing, "AWS's service reference has no such action, so the path could never be found"
