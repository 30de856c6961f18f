"""One Pulumi policy for each rule. They can be put in any pack, beside others."""

from collections.abc import Callable, Mapping
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyComplianceFramework,
    PolicyConfigSchema,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy import Severity as PulumiSeverity

from ..evaluate.configuration import SHARED
from ..evaluate.evaluator import RESOURCE_RULES, RULES, STACK_RULES, Evaluator, own_accounts
from ..evaluate.settings import Settings, parse_settings, settings_schema
from ..finding import Finding, Rule, Severity
from ..stack import Stack
from ..stack.engine import of_resource, of_resources

_SEVERITIES = {
    Severity.LOW: PulumiSeverity.LOW,
    Severity.MEDIUM: PulumiSeverity.MEDIUM,
    Severity.HIGH: PulumiSeverity.HIGH,
    Severity.CRITICAL: PulumiSeverity.CRITICAL,
}
_SCHEMA = PolicyConfigSchema(properties=settings_schema())


def policies(default: Settings | None = None) -> list[Policy]:
    """A policy for each rule. `default` are the settings that the rules' own configuration adds to."""
    base = default or Settings()
    return [_shared_settings(), *(_policy(rule, base) for rule in RULES)]


def _shared_settings() -> Policy:
    """Configuration of what all rules share. Only a pack that evaluates once reads it (`evaluated_once`)."""
    return StackValidationPolicy(
        name=SHARED,
        display_name="Settings of all rules",
        description="Settings that every rule of this pack adds to its own.",
        validate=lambda _args, _report: None,
        enforcement_level=EnforcementLevel.ADVISORY,
        config_schema=_SCHEMA,
    )


def _policy(rule: Rule, base: Settings) -> Policy:
    metadata: dict[str, Any] = {
        "name": rule.id,
        "display_name": rule.title,
        "description": f"{rule.title}.",
        "enforcement_level": EnforcementLevel.MANDATORY if rule.is_mandatory else EnforcementLevel.ADVISORY,
        "severity": _SEVERITIES[rule.severity],
        "framework": _framework(rule),
        "tags": list(rule.frameworks) or None,
        "remediation_steps": rule.remediation,
        "url": rule.url,
        "config_schema": _SCHEMA,
    }
    if rule in RESOURCE_RULES:
        return ResourceValidationPolicy(validate=_on_resource(rule, base), **metadata)
    assert rule in STACK_RULES, rule.id
    return StackValidationPolicy(validate=_on_stack(rule, base), **metadata)


def _framework(rule: Rule) -> PolicyComplianceFramework | None:
    """The first framework, which is all that Pulumi has room for; the others are tags."""
    if not rule.frameworks:
        return None
    name, _, reference = rule.frameworks[0].rpartition(" ")
    return PolicyComplianceFramework(name=name, reference=reference)


def _on_resource(rule: Rule, base: Settings) -> Callable[[ResourceValidationArgs, ReportViolation], None]:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        resource = of_resource(args)
        evaluator = _evaluate(rule, base, args.get_config())
        found = evaluator.resource(resource, Stack((resource,)), own_accounts([resource]))
        _report(rule, found, report)

    return validate


def _on_stack(rule: Rule, base: Settings) -> Callable[[StackValidationArgs, ReportViolation], None]:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        stack = of_resources(args.resources)
        found = _evaluate(rule, base, args.get_config()).together(stack, own_accounts(stack.resources))
        _report(rule, found, report)

    return validate


def _evaluate(rule: Rule, base: Settings, given: Mapping[str, Any]) -> Evaluator:
    return Evaluator(base, {rule.id: parse_settings(given, base)})


def _report(rule: Rule, found: list[Finding], report: ReportViolation) -> None:
    for finding in found:
        if finding.rule.id == rule.id:
            report(finding.message, finding.urn)
