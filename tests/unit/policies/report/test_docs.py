"""The documentation says what the rules are and what they find."""

import re

from eks_access.model.integration import Profile
from eks_access_policies.evaluate.configuration import parse_configuration
from eks_access_policies.evaluate.evaluator import RULES, Evaluator
from eks_access_policies.evaluate.settings import settings_schema
from eks_access_policies.report.rules import markdown
from tests.support.checkout import DOCS
from tests.support.policies.integrations import ARGUMENTS, stack_of

_ROW = re.compile(
    r"\| (?P<integration>[a-z-]+) \| (?P<profile>least|vendor) \| `(?P<rule>[a-z0-9-]+)` \| (?P<why>.+) \|"
)


def test_the_table_of_rules_is_current() -> None:
    written = (DOCS / "policies" / "rules.md").read_text()
    assert written == markdown(), "run: python -m eks_access_policies.report.rules > docs/policies/rules.md"


def test_every_setting_is_told_as_it_is_described() -> None:
    written = (DOCS / "policies.md").read_text()
    for name, described in settings_schema().items():
        assert re.search(rf"\| `{name}` \| [^|]+ \| {re.escape(described['description'])} \|", written), name


def known() -> set[tuple[str, str, str]]:
    rows = _ROW.finditer((DOCS / "policies" / "known-findings.md").read_text())
    return {(row["integration"], row["profile"], row["rule"]) for row in rows}


def test_the_integrations_have_the_known_findings_and_no_other() -> None:
    found = {
        (name, profile.value, finding.rule.id)
        for name in ARGUMENTS
        for profile in Profile
        for finding in Evaluator().stack(stack_of(name, profile))
    }
    assert found == known(), "docs/policies/known-findings.md has every finding, with its reason"


def test_least_needs_no_exemption_but_for_what_grants_access_to_others() -> None:
    mandatory = {rule.id for rule in RULES if rule.is_mandatory}
    assert {name for name, profile, rule in known() if profile == "least" and rule in mandatory} == {
        "conductorone-provision"
    }


def test_the_exemption_that_is_documented_lets_it_pass() -> None:
    exempt = parse_configuration({"settings": {"exemptIntegrations": ["conductorone-provision"]}})
    assert not exempt.evaluator().stack(stack_of("conductorone-provision", Profile.LEAST))
