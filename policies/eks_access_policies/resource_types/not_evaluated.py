"""Finds what of a resource is not evaluated: all of it, by its type, or properties that are not known yet. Pure."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from eks_access.kubernetes.kubeconfig import find_cluster_name

from ..stack import Resource, Stack, Value, is_unknown
from ..stack.values import contains_unknown, get, items, text
from .table import COMPONENT, UNEXPANDED, UNLISTED, Evaluation, Path, ResourceType, find_type

_REFERENCES = frozenset(
    (  # noqa: SIM905 (a list of texts is no better to read)
        "clusterName kubeconfig principalArn roleArn policyArn policyArns managedPolicyArn managedPolicyArns"
        " managedPolicies customerManagedPolicyReference customerManagedPolicyReferences permissionsBoundary"
        " policyNames permissionSetArn instanceArn role roleName roles user userName users group groupName groups"
    ).split()
)
"""Properties that name another resource. While the value is not known, the resource that it comes from is read."""

_PLACES = ("allowedAccountIds", "assumeRole", "assumeRoles", "profile", "region")
"""Inputs of a provider that decide in which account and region it makes resources."""


@dataclass(frozen=True)
class NotEvaluated:
    """A resource that may give access which was not evaluated, in all or in part."""

    resource: Resource
    reason: str
    """How it may give access, as the end of a sentence that begins with the type."""
    properties: tuple[str, ...] = ()
    """Those that are not known before the deployment; empty if the whole resource was not evaluated."""
    fingerprint: str = ""
    """Equal for resources whose properties that may give access are equal, in the same account or cluster."""
    is_limit: bool = False
    """Whether it limits access as it is: only a change of it, or its end, may give some."""
    is_comparable: bool = True
    """Whether the fingerprint says all: no property is secret or not known."""


def find_not_evaluated_resources(stack: Stack) -> Iterator[NotEvaluated]:
    """Every resource of the stack that may give access and that, or a part of which, was not evaluated."""
    for resource in stack.resources:
        known = _classify(resource, stack)
        if not _has_values(resource, known):
            continue
        if known.evaluation is Evaluation.NOT_EVALUATED:
            set_ = _list_set(resource, known, known.properties)
            gives_any = not known.properties or _gives_any(set_, known)
            if gives_any or (known.is_limit and set_):
                paths = [*known.properties, *known.where] if known.properties else []
                yield _create(resource, known, known.reason, paths, stack, is_limit=not gives_any)
            continue
        unknown = tuple(_find_unknown(resource, known, stack))
        if unknown:
            yield NotEvaluated(resource, "is not known before the deployment", unknown)
        for path, reason in known.unread.items():
            if _gives_any(_list_set(resource, known, [path]), known):
                yield _create(resource, known, reason, [path], stack)


def _create(
    resource: Resource, known: ResourceType, reason: str, paths: Sequence[Path], stack: Stack, is_limit: bool = False
) -> NotEvaluated:
    """What was not evaluated of a resource: these properties, or all of it if there are none."""
    properties = _get_inputs(resource)
    relevant: Value = {name: value for name, value in properties.items() if not name.startswith("__")}
    if paths:
        relevant = [list(_find_values(resource, known, path)) for path in paths]
    place = _identify_place(resource, stack)
    fingerprint = _compute_fingerprint([relevant, place])
    return NotEvaluated(
        resource, reason, (), fingerprint, is_limit=is_limit, is_comparable=not contains_unknown(relevant)
    )


def _classify(resource: Resource, stack: Stack) -> ResourceType:
    known = find_type(resource.type)
    # Any program can give a component the type of something that a provider makes.
    is_read = known is not None and known.evaluation is Evaluation.UNDERSTOOD
    if resource.is_component and not is_read and not resource.type.startswith("pulumi:"):
        expanded = known if known is not None and known.is_component else COMPONENT
        return expanded if resource.urn in stack.parents else UNEXPANDED
    return known or UNLISTED


def _get_inputs(resource: Resource) -> Mapping[str, Value]:
    return resource.inputs if resource.inputs is not None else resource.properties


def _identify_place(resource: Resource, stack: Stack) -> Value:
    """The account or cluster that a resource is made in, by what its provider was given, without credentials."""
    provider = stack.by_urn.get(resource.provider or "")
    if provider is None:
        return None
    if provider.type == "pulumi:providers:kubernetes":
        return find_cluster_name(text(provider.get("kubeconfig")) or "") or provider.name
    return {name: provider.get(name) for name in _PLACES}


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


def _list_set(resource: Resource, known: ResourceType, paths: Iterable[Path]) -> list[tuple[Path, Value]]:
    """The properties that are set to something, with their values."""
    return [(path, value) for path in paths for value in _find_values(resource, known, path) if value not in _EMPTY]


def _gives_any(set_: Iterable[tuple[Path, Value]], known: ResourceType) -> bool:
    """Whether any of the properties has a value with which it may give access."""
    return any(value not in known.unless.get(path, ()) for path, value in set_)


_EMPTY: tuple[Value, ...] = (None, "", [], {})


def _find_values(resource: Resource, known: ResourceType, path: Path) -> Iterator[Value]:
    """The values that a resource, or each item of a list, has at a path."""
    properties = _get_inputs(resource)
    if not known.is_list:
        yield get(properties, *path)
    elif is_unknown(listed := get(properties, "items")):
        yield listed
    else:
        yield from (get(item, *path) for item in items(listed))


def _compute_fingerprint(value: Value) -> str:
    try:
        written = json.dumps(value, sort_keys=True, default=repr)
    except RecursionError:
        return f"too deep to compare {id(value)}"  # equal to nothing
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()
