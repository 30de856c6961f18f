"""Creates one Pulumi policy for each rule. They can be part of any pack, beside other policies."""

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

from eks_access.text_layout import show_controls

from ..access.accounts import find_own_accounts
from ..evaluate.configuration import SHARED
from ..evaluate.evaluator import RESOURCE_RULES, RULES, STACK_RULES, Evaluator
from ..evaluate.exemptions import EXEMPTED, report_exemptions
from ..evaluate.settings import Settings, parse_settings, settings_schema
from ..finding import Finding, Rule, Severity
from ..stack import Stack
from ..stack.engine import read_resource, read_stack

_SEVERITIES = {
    Severity.LOW: PulumiSeverity.LOW,
    Severity.MEDIUM: PulumiSeverity.MEDIUM,
    Severity.HIGH: PulumiSeverity.HIGH,
    Severity.CRITICAL: PulumiSeverity.CRITICAL,
}
_SCHEMA = PolicyConfigSchema(properties=settings_schema())


def create_policies(default: Settings | None = None) -> list[Policy]:
    """A policy for each rule. `default` are the settings that the rules' own configuration adds to."""
    base = default or Settings()
    return [_create_shared_settings(), *(_create_policy(rule, base) for rule in RULES)]


def _create_shared_settings() -> Policy:
    """A policy that finds nothing and whose configuration all rules share. Read only under `shared_evaluation`."""
    return StackValidationPolicy(
        name=SHARED,
        display_name="Settings of all rules",
        description="Settings that every rule of this pack adds to its own.",
        validate=lambda _args, _report: None,
        enforcement_level=EnforcementLevel.ADVISORY,
        config_schema=_SCHEMA,
    )


def _create_policy(rule: Rule, base: Settings) -> Policy:
    metadata: dict[str, Any] = {
        "name": rule.id,
        "display_name": rule.title,
        "description": f"{rule.title}.",
        "enforcement_level": EnforcementLevel.MANDATORY if rule.is_mandatory else EnforcementLevel.ADVISORY,
        "severity": _SEVERITIES[rule.severity],
        "framework": _parse_framework(rule),
        "tags": list(rule.frameworks) or None,
        "remediation_steps": rule.remediation,
        "url": rule.url,
        "config_schema": _SCHEMA,
    }
    if rule in RESOURCE_RULES:
        return ResourceValidationPolicy(validate=_create_resource_validator(rule, base), **metadata)
    assert rule in STACK_RULES, rule.id
    return StackValidationPolicy(validate=_create_stack_validator(rule, base), **metadata)


def _parse_framework(rule: Rule) -> PolicyComplianceFramework | None:
    """The rule's first framework: Pulumi supports one per policy; the others are tags."""
    if not rule.frameworks:
        return None
    name, _, reference = rule.frameworks[0].rpartition(" ")
    return PolicyComplianceFramework(name=name, reference=reference)


def _create_resource_validator(rule: Rule, base: Settings) -> Callable[[ResourceValidationArgs, ReportViolation], None]:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        resource = read_resource(args)
        evaluator = _create_evaluator(rule, base, args.get_config())
        _report(rule, evaluator.resource(resource, Stack((resource,)), find_own_accounts([resource])), report)

    return validate


def _create_stack_validator(rule: Rule, base: Settings) -> Callable[[StackValidationArgs, ReportViolation], None]:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        stack = read_stack(args.resources)
        evaluator = _create_evaluator(rule, base, args.get_config())
        accounts = find_own_accounts(stack.resources)
        if rule is EXEMPTED:
            _report(rule, [*report_exemptions(evaluator.find_exemptions(stack, accounts))], report)
        else:
            _report(rule, evaluator.together(stack, accounts), report)

    return validate


def _create_evaluator(rule: Rule, base: Settings, config: Mapping[str, Any]) -> Evaluator:
    return Evaluator(base, {rule.id: parse_settings(config, base)})


def _report(rule: Rule, findings: list[Finding], report: ReportViolation) -> None:
    for finding in findings:
        if finding.rule.id == rule.id:
            report(show_controls(finding.message), finding.urn)
