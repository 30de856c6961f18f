"""Stacks and resources from what the policy SDK hands to a policy.

Its property maps raise when a value is read that is not known yet, by `[]`, `get`, `in` and `items` alike; only their
keys and lengths can be asked for safely. (pulumi_policy.proxy)
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pulumi_policy import PolicyResource, ResourceValidationArgs
from pulumi_policy.proxy import UnknownValueError

from .model import Resource, Stack, stack_in
from .values import MAX_DEPTH, UNKNOWN, Value, is_sequence


def of_resources(resources: Iterable[PolicyResource]) -> Stack:
    """The stack that a stack policy is asked about."""
    found = tuple(
        Resource(
            urn=each.urn,
            type=each.resource_type,
            name=each.name,
            properties=plain(each.props),
            parent=each.parent.urn if each.parent else None,
            provider=each.provider.urn if each.provider else None,
            dependencies=tuple(other.urn for other in each.dependencies),
            property_dependencies={
                name: tuple(other.urn for other in others) for name, others in each.property_dependencies.items()
            },
            is_protected=bool(each.opts.protect),
        )
        for each in resources
    )
    return Stack(found, stack_in(found[0].urn) if found else "")


def of_resource(args: ResourceValidationArgs) -> Resource:
    """The resource that a resource policy is asked about."""
    return Resource(
        urn=args.urn,
        type=args.resource_type,
        name=args.name,
        properties=plain(args.props),
        parent=args.opts.parent,
        provider=args.provider.urn if args.provider else None,
        is_protected=bool(args.opts.protect),
    )


def plain(value: Any, depth: int = 0) -> Value:
    """The value without the SDK's proxies, with `UNKNOWN` where they would raise."""
    if depth >= MAX_DEPTH:
        return None
    if isinstance(value, Mapping):
        return {str(key): _part(value, key, depth) for key in value.keys()}  # noqa: SIM118 (items() would raise)
    if is_sequence(value):
        return [_part(value, index, depth) for index in range(len(value))]
    return value


def _part(value: Any, key: Any, depth: int) -> Value:
    try:
        return plain(value[key], depth + 1)
    except UnknownValueError:
        return UNKNOWN
