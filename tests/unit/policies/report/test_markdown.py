"""The findings in a pull request's comment: mandatory ones by rule, bounded, and without markup of the stack's."""

import pytest

from eks_access_policies.evaluate.configuration import parse_configuration
from eks_access_policies.evaluate.evaluator import RULES
from eks_access_policies.finding import Finding
from eks_access_policies.report import format_markdown

MANDATORY = [rule for rule in RULES if rule.is_mandatory]
ADVISORY = [rule for rule in RULES if not rule.is_mandatory]
DEFAULT = parse_configuration({})


def urn(name: str) -> str:
    return f"urn:pulumi:dev::x::aws:iam/role:Role::{name}"


def test_violations_are_listed_by_rule_and_advisory_findings_counted() -> None:
    first, second = MANDATORY[:2]
    findings = [
        Finding(first, "one thing", urn=urn("a")),
        Finding(second, "another"),
        Finding(first, "one more", urn=urn("b")),
        Finding(ADVISORY[0], "not shown"),
    ]
    assert format_markdown(findings, DEFAULT).splitlines() == [
        "#### Policy pack",
        "",
        "**3 violations of mandatory rules**, 1 advisory finding.",
        "",
        f"- **{first.severity.name.lower()}:** {first.title} (`{first.id}`)",
        "  - `a`: `one thing`",
        "  - `b`: `one more`",
        f"- **{second.severity.name.lower()}:** {second.title} (`{second.id}`)",
        "  - `another`",
    ]


def test_a_rule_that_the_configuration_makes_advisory_is_counted_as_that() -> None:
    configuration = parse_configuration({MANDATORY[0].id: {"enforcementLevel": "advisory"}})
    text = format_markdown([Finding(MANDATORY[0], "x")], configuration)
    assert "**0 violations of mandatory rules**, 1 advisory finding." in text
    assert MANDATORY[0].id not in text


def test_a_name_can_neither_end_its_back_ticks_nor_start_a_line() -> None:
    hostile = "x`\n# heading\n@all <img src=x> [a](https://evil)"
    text = format_markdown([Finding(MANDATORY[0], hostile, urn=urn(hostile))], DEFAULT)
    assert len(text.splitlines()) == 6
    assert text.splitlines()[-1].count("`") == 4


@pytest.mark.parametrize("count", [1, 20_000])
def test_it_is_short_whatever_the_number_of_findings(count: int) -> None:
    findings = [Finding(rule, "x" * 5_000, urn=urn("y" * 5_000)) for rule in MANDATORY] * count
    text = format_markdown(findings[:20_000], DEFAULT)
    assert len(text) < 100_000
    assert f"**{min(len(findings), 20_000):,} violations" in text
