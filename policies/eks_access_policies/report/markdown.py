"""Violations of mandatory rules as Markdown, for a comment on a pull request: each rule with its resources.

Messages have names from the stack in them, so each is between back-ticks (`review.formatting`).
"""

from collections import defaultdict
from collections.abc import Sequence

from eks_access.text_layout import format_count

from ..evaluate.configuration import Configuration
from ..evaluate.exemptions import Exemption
from ..finding import Finding, Rule
from ..review.formatting import quote_name
from ..stack.model import parse_name

_FEW_RULES = 20
_FEW_FINDINGS = 5
_LONGEST_MESSAGE = 600
"""Characters."""


def format_markdown(
    findings: Sequence[Finding], configuration: Configuration, exemptions: Sequence[Exemption] = ()
) -> str:
    """The number of violations of mandatory rules, and the first of each rule; advisory findings are counted.

    What the settings exempt is counted by exemption.
    """
    by_rule: dict[Rule, list[Finding]] = defaultdict(list)
    for finding in findings:
        if configuration.level(finding.rule) == "mandatory":
            by_rule[finding.rule].append(finding)
    mandatory = sum(map(len, by_rule.values()))
    advisory = format_count(len(findings) - mandatory, "advisory finding")
    lines = [f"#### Policy pack\n\n**{format_count(mandatory, 'violation')} of mandatory rules**, {advisory}.\n\n"]
    for rule, of_rule in list(by_rule.items())[:_FEW_RULES]:
        lines.append(f"- **{rule.severity.name.lower()}:** {rule.title} (`{rule.id}`)\n")
        lines += map(_format_finding, of_rule[:_FEW_FINDINGS])
        if len(of_rule) > _FEW_FINDINGS:
            lines.append(f"  - …and {len(of_rule) - _FEW_FINDINGS:,} more\n")
    if len(by_rule) > _FEW_RULES:
        lines.append(f"- …and {format_count(len(by_rule) - _FEW_RULES, 'more rule')}\n")
    used = [each for each in exemptions if each.findings]
    lines += [f"\nExempted by settings: {', '.join(map(_format_exemption, used))}.\n"] if used else []
    return "".join(lines)


def _format_exemption(exemption: Exemption) -> str:
    entry = quote_name(f"{exemption.setting} {exemption.entry}")
    return f"{format_count(len(exemption.findings), 'finding')} by {entry}"


def _format_finding(finding: Finding) -> str:
    name = f"{quote_name(parse_name(finding.urn))}: " if finding.urn else ""
    return f"  - {name}{quote_name(finding.message, _LONGEST_MESSAGE)}\n"
