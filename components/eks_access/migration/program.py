"""A plan as a Pulumi YAML program: the same entries, policies and bindings as resources of a stack. Pure.

https://www.pulumi.com/docs/languages-sdks/yaml/yaml-language-reference/
"""

import re
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from ..model.arn import parse
from .objects import to_binding, to_tags
from .plan import AssociatePolicy, MakeBinding, MakeEntry, Plan
from .translation import BindingCopy, PlannedEntry

_UNSAFE = re.compile(r"[^a-z0-9]+")


def to_program(plan: Plan, region: str) -> dict[str, Any]:
    """The program that makes what the plan's steps make; a project with nothing else in it."""
    copies = [step.copy for step in plan.steps if isinstance(step, MakeBinding)]
    names = {copy.group: [_name_binding(each) for each in copies if each.group == copy.group] for copy in copies}
    resources: dict[str, Any] = {_name_binding(copy): _to_binding_resource(copy) for copy in copies}
    for step in plan.steps:
        if isinstance(step, MakeEntry):
            needed = [name for group in step.entry.groups for name in names.get(group, ())]
            resources |= _to_entry_resources(plan.cluster, step.entry, needed)
        elif isinstance(step, AssociatePolicy):
            resources |= _to_policy_resource(plan.cluster, step.entry, ())
    return {
        "name": f"migrate-{plan.cluster}",
        "runtime": "yaml",
        "description": f"The access entries of cluster {plan.cluster} in place of its aws-auth mappings",
        "config": {"aws:region": {"value": region}},
        "resources": resources,
    }


def _to_binding_resource(copy: BindingCopy) -> dict[str, Any]:
    manifest = to_binding(copy)
    api, kind = manifest.pop("apiVersion"), manifest.pop("kind")
    return {"type": f"kubernetes:{api}:{kind}", "properties": _escape(manifest)}


def _to_entry_resources(cluster: str, entry: PlannedEntry, needed: Iterable[str]) -> dict[str, Any]:
    name = _name("entry", entry.principal_arn)
    properties: dict[str, Any] = {
        "clusterName": cluster,
        "principalArn": entry.principal_arn,
        "type": entry.type,
        "tags": to_tags(entry),
    }
    if entry.username:
        properties["userName"] = entry.username
    if entry.groups:
        properties["kubernetesGroups"] = list(entry.groups)
    resource: dict[str, Any] = {"type": "aws:eks:AccessEntry", "properties": _escape(properties)}
    if needed:
        resource["options"] = {"dependsOn": [f"${{{each}}}" for each in needed]}
    return {name: resource} | (_to_policy_resource(cluster, entry, (name,)) if entry.policy else {})


def _to_policy_resource(cluster: str, entry: PlannedEntry, needed: Iterable[str]) -> dict[str, Any]:
    arn = parse(entry.principal_arn)
    assert arn is not None, "IAM's ARNs are ARNs"
    assert entry.policy is not None, "the step is for its policy"
    properties = {
        "clusterName": cluster,
        "principalArn": entry.principal_arn,
        "policyArn": entry.policy.arn(arn.partition),
        "accessScope": {"type": "cluster"},
    }
    resource: dict[str, Any] = {"type": "aws:eks:AccessPolicyAssociation", "properties": _escape(properties)}
    if needed:
        resource["options"] = {"dependsOn": [f"${{{each}}}" for each in needed]}
    return {_name("policy", entry.principal_arn): resource}


def _name_binding(copy: BindingCopy) -> str:
    return _name("binding", copy.name, copy.source.namespace or "")


def _name(kind: str, text: str, namespace: str = "") -> str:
    """A resource's name that an expression can have in it: no dots, no slashes; unique by the hash of what it is of."""
    words = _UNSAFE.sub("-", re.split(r"[/]", text)[-1].lower()).strip("-")
    return f"{kind}-{words}-{sha256(f'{namespace}/{text}'.encode()).hexdigest()[:8]}"


def _escape(value: Any) -> Any:
    """Literally, although it may look like an expression of Pulumi's YAML."""
    match value:
        case str():
            return value.replace("${", "$${")
        case dict():
            return {key: _escape(each) for key, each in value.items()}
        case list():
            return [_escape(each) for each in value]
    return value
