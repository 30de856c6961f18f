"""A plan as a JSON document. Pure."""

from dataclasses import asdict
from typing import Any

from .plan import AssociatePolicy, MakeBinding, MakeEntry, Plan, PlannedMapping, Step
from .steps import describe_step, format_undo
from .translation import PlannedEntry

SCHEMA_VERSION = 1


def to_document(plan: Plan) -> dict[str, Any]:
    """The plan for programs. Keys and outcomes keep their meaning within a schema version."""
    return {
        "schemaVersion": SCHEMA_VERSION,
        "cluster": plan.cluster,
        "authenticationMode": plan.mode.value,
        "mappings": [_to_mapping(each) for each in plan.mappings],
        "steps": [_to_step(step, plan.cluster) for step in plan.steps],
        "losesAccessInModeApi": [each.label for each in plan.losses],
        "notes": list(plan.notes),
    }


def _to_mapping(mapping: PlannedMapping) -> dict[str, Any]:
    source = mapping.source
    return {
        "section": source.section,
        "line": source.line,
        "arn": source.arn,
        "username": source.identity.username,
        "groups": list(source.identity.groups),
        "outcome": mapping.outcome.value,
        "principalArn": mapping.arn,
        "entry": _to_entry(mapping.entry) if mapping.entry else None,
        "why": mapping.why,
        "advice": mapping.advice,
        "notes": list(mapping.notes),
    }


def _to_entry(entry: PlannedEntry) -> dict[str, Any]:
    return {
        "principalArn": entry.principal_arn,
        "type": entry.type,
        "username": entry.username,
        "groups": list(entry.groups),
        "accessPolicy": entry.policy.name if entry.policy else None,
    }


def _to_step(step: Step, cluster: str) -> dict[str, Any]:
    common = {"description": describe_step(step), "undo": format_undo(step, cluster)}
    match step:
        case MakeEntry(entry):
            return {"kind": "access-entry", "entry": _to_entry(entry), **common}
        case AssociatePolicy(entry):
            return {"kind": "access-policy", "entry": _to_entry(entry), **common}
        case MakeBinding(copy):
            return {"kind": "binding", "binding": asdict(copy.binding), **common}
