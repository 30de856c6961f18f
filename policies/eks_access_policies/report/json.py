"""Findings as JSON: a versioned object, with the findings in a stable order."""

from collections.abc import Sequence
from typing import Any

from ..evaluate.configuration import Configuration
from ..evaluate.exemptions import Exemption
from ..finding import Finding
from ..stack import Stack

SCHEMA_VERSION = 1


def convert_findings(
    stack: Stack, finding: Sequence[Finding], configuration: Configuration, exemptions: Sequence[Exemption] = ()
) -> dict[str, Any]:
    """The JSON value of a whole report."""
    findings = [_convert_finding(each, stack, configuration) for each in finding]
    levels = [finding["level"] for finding in findings]
    return {
        "schemaVersion": SCHEMA_VERSION,
        "stack": stack.name,
        "resources": len(stack.resources),
        "mandatory": levels.count("mandatory"),
        "advisory": levels.count("advisory"),
        "findings": findings,
        "exempted": [
            {"setting": each.setting, "entry": each.entry, **_convert_finding(exempted, stack, configuration)}
            for each in exemptions
            for exempted in each.findings
        ],
        "unusedExemptions": [
            {"setting": each.setting, "entry": each.entry} for each in exemptions if not each.findings
        ],
    }


def _convert_finding(finding: Finding, stack: Stack, configuration: Configuration) -> dict[str, Any]:
    rule = finding.rule
    resource = stack.by_urn.get(finding.urn)
    integration = stack.integration(resource) if resource else None
    return {
        "rule": rule.id,
        "level": configuration.level(rule),
        "severity": rule.severity.name.lower(),
        "title": rule.title,
        "urn": finding.urn,
        "integration": integration.name if integration else None,
        "where": finding.where,
        "message": finding.message,
        "remediation": rule.remediation,
        "url": rule.url,
        "frameworks": list(rule.frameworks),
    }
