"""The documentation describes the rules and their known findings as they are."""

import re

from eks_access.model.integration import Profile
from eks_access_policies.evaluate.configuration import parse_configuration
from eks_access_policies.evaluate.evaluator import RULES, Evaluator
from eks_access_policies.evaluate.settings import settings_schema
from eks_access_policies.report.docs import COMMAND, format_rules_page
from eks_access_policies.report.rights_page import format_rights_page
from eks_access_policies.report.types_page import format_types_page
from tests.support.checkout import DOCS
from tests.support.policies.integrations import ARGUMENTS, stack_of

_ROW = re.compile(
    r"\| (?P<integration>[a-z-]+) \| (?P<profile>least|vendor) \| `(?P<rule>[a-z0-9-]+)` \| (?P<why>.+) \|"
)


def test_the_table_of_rules_is_current() -> None:
    written = (DOCS / "policies" / "rules.md").read_text()
    assert written == format_rules_page(), f"run: {COMMAND}"


def test_the_table_of_resource_types_is_current() -> None:
    written = (DOCS / "policies" / "resource-types.md").read_text()
    assert written == format_types_page(COMMAND), f"run: {COMMAND}"


def test_the_tables_of_kubernetes_rights_are_current() -> None:
    written = (DOCS / "policies" / "kubernetes-rights.md").read_text()
    assert written == format_rights_page(COMMAND), f"run: {COMMAND}"


def test_every_setting_is_documented_with_its_description() -> None:
    written = (DOCS / "policies.md").read_text()
    for name, described in settings_schema().items():
        assert re.search(rf"\| `{name}` \| [^|]+ \| {re.escape(described['description'])} \|", written), name


def read_known_findings() -> set[tuple[str, str, str]]:
    rows = _ROW.finditer((DOCS / "policies" / "known-findings.md").read_text())
    return {(row["integration"], row["profile"], row["rule"]) for row in rows}


def test_the_integrations_have_exactly_the_known_findings() -> None:
    found = {
        (name, profile.value, finding.rule.id)
        for name in ARGUMENTS
        for profile in Profile
        for finding in Evaluator().stack(stack_of(name, profile))
    }
    assert found == read_known_findings(), "docs/policies/known-findings.md has every finding, with its reason"


def test_only_the_integration_that_grants_access_to_others_breaks_a_mandatory_rule_with_profile_least() -> None:
    mandatory = {rule.id for rule in RULES if rule.is_mandatory}
    breaking = {name for name, profile, rule in read_known_findings() if profile == "least" and rule in mandatory}
    assert breaking == {"conductorone-provision"}


def test_the_documented_exemption_removes_all_findings_of_that_integration() -> None:
    exempt = parse_configuration({"settings": {"exemptIntegrations": ["conductorone-provision"]}})
    assert not exempt.evaluator().stack(stack_of("conductorone-provision", Profile.LEAST))
