"""Findings for a terminal: grouped by rule, the most severe first, with each rule's remediation once."""

from collections import defaultdict
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from eks_access.text_layout import format_count, print_paragraph

from ..evaluate.configuration import Configuration
from ..evaluate.exemptions import Exemption
from ..finding import Finding, Rule, Severity
from ..stack import Stack
from ..stack.model import parse_name, parse_type

_STYLES = {Severity.CRITICAL: "bold red", Severity.HIGH: "red", Severity.MEDIUM: "yellow", Severity.LOW: "dim"}


def print_table(
    stack: Stack,
    findings: Sequence[Finding],
    configuration: Configuration,
    out: Console,
    exemptions: Sequence[Exemption] = (),
) -> None:
    """Print the findings, then the number of them, and what the settings exempted."""
    by_rule: dict[Rule, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_rule[finding.rule].append(finding)
    for rule, of_rule in by_rule.items():
        heading = Text.assemble(
            (f"{rule.severity.name.lower()} ", _STYLES[rule.severity]),
            (rule.id, "bold"),
            f"  {rule.title}",
            ("  (advisory)" if configuration.level(rule) == "advisory" else "", "dim"),
        )
        out.print(heading, soft_wrap=True)
        for finding in of_rule:
            resource = f"{parse_type(finding.urn).rpartition(':')[2]} {parse_name(finding.urn)}: "
            print_paragraph(out, Text.assemble((resource, "cyan"), finding.message), mark="·")
        print_paragraph(out, Text(f"do: {rule.remediation}", "dim"), indent=4)
        out.print()
    mandatory = sum(configuration.level(finding.rule) == "mandatory" for finding in findings)
    result = f"{len(findings)} findings, {mandatory} of them mandatory" if findings else "no findings"
    out.print(Text(f"{stack.name or 'the stack'}, {len(stack.resources)} resources: {result}"), soft_wrap=True)
    exempted = {finding for each in exemptions for finding in each.findings}
    if exempted:
        used = ", ".join(f"{each.setting} {each.entry} ({len(each.findings)})" for each in exemptions if each.findings)
        out.print(Text(f"{format_count(len(exempted), 'finding')} exempted by settings: {used}"), soft_wrap=True)
    unused = ", ".join(f"{each.setting} {each.entry}" for each in exemptions if not each.findings)
    if unused:
        out.print(Text(f"settings that exempt nothing here: {unused}"), soft_wrap=True)
