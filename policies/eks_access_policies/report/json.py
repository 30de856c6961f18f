"""Findings as JSON: a versioned object, with the findings in a stable order."""

from collections.abc import Sequence
from typing import Any

from ..located import Located
from ..rules.configuration import Configuration
from ..stack import Stack

SCHEMA_VERSION = 1


def convert_findings(stack: Stack, located: Sequence[Located], configuration: Configuration) -> dict[str, Any]:
    """The JSON value of a whole report."""
    findings = [_convert_finding(each, stack, configuration) for each in located]
    levels = [finding["level"] for finding in findings]
    return {
        "schemaVersion": SCHEMA_VERSION,
        "stack": stack.name,
        "resources": len(stack.resources),
        "mandatory": levels.count("mandatory"),
        "advisory": levels.count("advisory"),
        "findings": findings,
    }


def _convert_finding(located: Located, stack: Stack, configuration: Configuration) -> dict[str, Any]:
    rule = located.rule
    resource = stack.by_urn.get(located.urn)
    integration = stack.integration(resource) if resource else None
    return {
        "rule": rule.id,
        "level": configuration.level(rule),
        "severity": rule.severity.name.lower(),
        "title": rule.title,
        "urn": located.urn,
        "integration": integration.name if integration else None,
        "where": located.finding.where,
        "message": located.finding.message,
        "remediation": rule.remediation,
        "url": rule.url,
        "frameworks": list(rule.frameworks),
    }
