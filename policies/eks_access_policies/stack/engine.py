"""Converts the policy SDK's resources to ours.

The SDK's property maps raise on every access to an unknown value, by `[]`, `get`, `in` and `items` alike; only their
keys and lengths can be read safely. (pulumi_policy.proxy)
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pulumi_policy import PolicyResource, ResourceValidationArgs
from pulumi_policy.proxy import UnknownValueError

from .model import Resource, Stack, parse_stack_name
from .values import MAX_DEPTH, UNKNOWN, Value, is_sequence


def read_stack(resources: Iterable[PolicyResource]) -> Stack:
    """The stack that a stack policy validates."""
    stack_resources = tuple(
        Resource(
            urn=each.urn,
            type=each.resource_type,
            name=each.name,
            properties=unwrap_proxies(each.props),
            parent=each.parent.urn if each.parent else None,
            provider=each.provider.urn if each.provider else None,
            dependencies=tuple(other.urn for other in each.dependencies),
            property_dependencies={
                name: tuple(other.urn for other in others) for name, others in each.property_dependencies.items()
            },
            is_protected=bool(each.opts.protect),
            is_component=each.provider is None,
        )
        for each in resources
    )
    return Stack(stack_resources, parse_stack_name(stack_resources[0].urn) if stack_resources else "")


def read_resource(args: ResourceValidationArgs) -> Resource:
    """The resource that a resource policy validates."""
    return Resource(
        urn=args.urn,
        type=args.resource_type,
        name=args.name,
        properties=unwrap_proxies(args.props),
        parent=args.opts.parent,
        provider=args.provider.urn if args.provider else None,
        is_protected=bool(args.opts.protect),
    )


def unwrap_proxies(value: Any, depth: int = 0) -> Value:
    """The value without the SDK's proxies, with `UNKNOWN` where they would raise."""
    if depth >= MAX_DEPTH:
        return None
    if isinstance(value, Mapping):
        return {str(key): _unwrap_item(value, key, depth) for key in value.keys()}  # noqa: SIM118 (items() would raise)
    if is_sequence(value):
        return [_unwrap_item(value, index, depth) for index in range(len(value))]
    return value


def _unwrap_item(value: Any, key: Any, depth: int) -> Value:
    try:
        return unwrap_proxies(value[key], depth + 1)
    except UnknownValueError:
        return UNKNOWN
