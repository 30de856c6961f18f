"""Finds what of a resource is not evaluated: all of it, by its type, or properties that are not known yet. Pure."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

from ..stack import Resource, Stack, Value, is_unknown
from ..stack.values import contains_unknown, get, items
from .table import COMPONENT, UNEXPANDED, UNLISTED, Evaluation, Path, ResourceType, find_type

_REFERENCES = frozenset(
    (  # noqa: SIM905 (a list of texts is no better to read)
        "clusterName kubeconfig principalArn roleArn policyArn policyArns managedPolicyArn managedPolicyArns"
        " managedPolicies customerManagedPolicyReference customerManagedPolicyReferences permissionsBoundary"
        " policyNames permissionSetArn instanceArn role roleName roles user userName users group groupName groups"
    ).split()
)
"""Properties that name another resource. While the value is not known, the resource that it comes from is read."""


@dataclass(frozen=True)
class NotEvaluated:
    """A resource that may give access which was not evaluated, in all or in part."""

    resource: Resource
    reason: str
    """How it may give access, as the end of a sentence that begins with the type."""
    properties: tuple[str, ...] = ()
    """Those that are not known before the deployment; empty if the whole resource was not evaluated."""
    fingerprint: str = ""
    """Equal for resources whose properties that may give access are equal."""


def find_not_evaluated_resources(stack: Stack) -> Iterator[NotEvaluated]:
    """Every resource of the stack that may give access and that, or a part of which, was not evaluated."""
    for resource in stack.resources:
        known = _classify(resource, stack)
        if known.evaluation is Evaluation.HARMLESS or not _has_values(resource, known):
            continue
        if known.evaluation is Evaluation.UNDERSTOOD:
            unknown = tuple(_find_unknown(resource, known, stack))
            if unknown:
                yield NotEvaluated(resource, "is not known before the deployment", unknown)
        elif _may_give_access(resource, known):
            yield NotEvaluated(resource, known.reason, fingerprint=_compute_fingerprint(resource, known))


def _classify(resource: Resource, stack: Stack) -> ResourceType:
    known = find_type(resource.type)
    if resource.is_component and (known is None or known is COMPONENT):
        return COMPONENT if resource.urn in stack.parents else UNEXPANDED
    return known or UNLISTED


def _find_unknown(resource: Resource, known: ResourceType, stack: Stack) -> Iterator[str]:
    """The properties that give access and are set to something that is not known yet.

    What a provider computes for a property that the program does not set is not known before either, and gives nothing
    that another resource does not.
    """
    for path in known.properties:
        if not any(contains_unknown(value) for value in _find_values(resource, known, path)):
            continue
        if path[-1] in _REFERENCES and any(stack.sources(resource, path[0])):
            continue
        yield ".".join(path)


def _has_values(resource: Resource, known: ResourceType) -> bool:
    """Whether the properties have, or may have, the values without which the resource is harmless."""
    return all(
        any(is_unknown(found) or found == value for found in _find_values(resource, known, path))
        for path, value in known.where.items()
    )


def _may_give_access(resource: Resource, known: ResourceType) -> bool:
    if not known.properties:
        return True
    return any(value not in _EMPTY for path in known.properties for value in _find_values(resource, known, path))


_EMPTY: tuple[Value, ...] = (None, "", [], {})


def _find_values(resource: Resource, known: ResourceType, path: Path) -> Iterator[Value]:
    """The values that a resource, or each item of a list, has at a path."""
    properties = resource.inputs if resource.inputs is not None else resource.properties
    if not known.is_list:
        yield get(properties, *path)
    elif is_unknown(listed := get(properties, "items")):
        yield listed
    else:
        yield from (get(item, *path) for item in items(listed))


def _compute_fingerprint(resource: Resource, known: ResourceType) -> str:
    properties = resource.inputs if resource.inputs is not None else resource.properties
    relevant: Value = {name: value for name, value in properties.items() if not name.startswith("__")}
    if known.properties:
        relevant = [list(_find_values(resource, known, path)) for path in (*known.properties, *known.where)]
    try:
        written = json.dumps(relevant, sort_keys=True, default=repr)
    except RecursionError:
        return f"too deep to compare {id(relevant)}"  # equal to nothing
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()
