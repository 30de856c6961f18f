"""Finds what of a resource is not evaluated: all of it, by its type, or properties that are not known yet. Pure."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
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
            for path, reason in known.unread.items():
                if _gives_any(resource, known, [path]):
                    yield NotEvaluated(resource, reason, fingerprint=_compute_fingerprint(resource, known, [path]))
        elif not known.properties or _gives_any(resource, known, known.properties):
            paths = [*known.properties, *known.where] if known.properties else []
            yield NotEvaluated(resource, known.reason, fingerprint=_compute_fingerprint(resource, known, paths))


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
        any(is_unknown(found) or found in values for found in _find_values(resource, known, path))
        for path, values in known.where.items()
    )


def _gives_any(resource: Resource, known: ResourceType, paths: Iterable[Path]) -> bool:
    """Whether any of the properties has a value with which it may give access."""
    return any(
        value not in _EMPTY and value not in known.unless.get(path, ())
        for path in paths
        for value in _find_values(resource, known, path)
    )


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


def _compute_fingerprint(resource: Resource, known: ResourceType, paths: Sequence[Path]) -> str:
    """A digest of these properties; of all of them if there are none."""
    properties = resource.inputs if resource.inputs is not None else resource.properties
    relevant: Value = {name: value for name, value in properties.items() if not name.startswith("__")}
    if paths:
        relevant = [list(_find_values(resource, known, path)) for path in paths]
    try:
        written = json.dumps(relevant, sort_keys=True, default=repr)
    except RecursionError:
        return f"too deep to compare {id(relevant)}"  # equal to nothing
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()
