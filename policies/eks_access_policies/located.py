"""A finding, and the resource that it is about."""

from dataclasses import dataclass

from .finding import Finding, Rule


@dataclass(frozen=True)
class Located:
    finding: Finding
    urn: str

    @property
    def rule(self) -> Rule:
        return self.finding.rule


def found(rule: Rule, urn: str, message: str, where: str = "") -> Located:
    return Located(Finding(rule, message, where), urn)
