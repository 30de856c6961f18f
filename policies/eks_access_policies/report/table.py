"""Findings for a terminal: rule by rule, the gravest first, each with what to do once."""

from collections import defaultdict
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from eks_access.text_layout import print_paragraph

from ..evaluate.configuration import Configuration
from ..finding import Finding, Rule, Severity
from ..stack import Stack
from ..stack.model import name_in, type_in

_STYLES = {Severity.CRITICAL: "bold red", Severity.HIGH: "red", Severity.MEDIUM: "yellow", Severity.LOW: "dim"}


def print_table(stack: Stack, found: Sequence[Finding], configuration: Configuration, out: Console) -> None:
    by_rule: dict[Rule, list[Finding]] = defaultdict(list)
    for finding in found:
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
            resource = f"{type_in(finding.urn).rpartition(':')[2]} {name_in(finding.urn)}: "
            print_paragraph(out, Text.assemble((resource, "cyan"), finding.message), mark="·")
        print_paragraph(out, Text(f"do: {rule.remediation}", "dim"), indent=4)
        out.print()
    mandatory = sum(configuration.level(finding.rule) == "mandatory" for finding in found)
    told = f"{len(found)} findings, {mandatory} of them mandatory" if found else "nothing found"
    out.print(f"{stack.name or 'the stack'}, {len(stack.resources)} resources: {told}", soft_wrap=True)
