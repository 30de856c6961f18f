"""The rules are a table that readers and the pack can rely on."""

import pytest

from eks_access_policies.finding import Rule
from eks_access_policies.iam import RULES, actions
from eks_access_policies.iam.paths import PATHS
from eks_access_policies.report.iam_rules import renewed
from tests.support.checkout import DOCS
from tests.support.policies import policy_cases, trust_cases

PAGE = DOCS / "policies" / "iam.md"


def test_the_documentation_has_the_rules_as_they_are() -> None:
    page = PAGE.read_text()
    assert page == renewed(page), f"run: python -m eks_access_policies.report.iam_rules {PAGE.name}"


def test_a_rules_id_is_its_own() -> None:
    ids = [rule.id for rule in RULES]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_says_why_and_what_to_do(rule: Rule) -> None:
    assert rule.url.startswith("https://"), "its reason is documented"
    assert rule.remediation.endswith("."), "what to do is a sentence"
    assert not rule.title.endswith("."), "a title is none"


def test_every_rule_has_a_case_that_breaks_it() -> None:
    # Sizes of trust policies, characters and sessions have tests of their own.
    own = {"iam-document-characters", "iam-trust-session-duration", "iam-trust-whole-account", "iam-trust-subject-wide"}
    broken = {case.rule for case in policy_cases.BAD} | {case.rule for case in trust_cases.BAD}
    graver = {"iam-escalation-identities", "iam-escalation-workloads"}  # by test_every_escalation_path…
    assert {rule.id for rule in RULES} - own - graver <= broken


def test_every_action_of_a_path_exists() -> None:
    named = {need for path in PATHS for alternatives in path.alternatives for need in alternatives}
    missing = sorted(name for name in named if actions.find_action(name) is None)
    assert not missing, "AWS's reference has no such action, so that the path could never be found"
