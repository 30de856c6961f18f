"""Findings as JSON: a versioned object, in a stable order."""

from collections.abc import Sequence
from typing import Any

from ..evaluate.configuration import Configuration
from ..finding import Finding
from ..stack import Stack

SCHEMA_VERSION = 1


def as_json(stack: Stack, found: Sequence[Finding], configuration: Configuration) -> dict[str, Any]:
    findings = [_finding(finding, stack, configuration) for finding in found]
    levels = [finding["level"] for finding in findings]
    return {
        "schemaVersion": SCHEMA_VERSION,
        "stack": stack.name,
        "resources": len(stack.resources),
        "mandatory": levels.count("mandatory"),
        "advisory": levels.count("advisory"),
        "findings": findings,
    }


def _finding(finding: Finding, stack: Stack, configuration: Configuration) -> dict[str, Any]:
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
