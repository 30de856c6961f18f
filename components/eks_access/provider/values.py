"""Conversion between the engine's property values and plain Python."""

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi.provider.experimental.property_value import Computed, PropertyValue


class Unknown:
    """A value that is not known before the deployment. `UNKNOWN` is the only one."""

    def __repr__(self) -> str:
        return "an unknown value"


UNKNOWN = Unknown()

_UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWN_SENTINELS = frozenset(
    {
        _UNKNOWN_STRING,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
"""How the engine sends an unknown string, bool, number, list and mapping. The SDK passes them on as strings, and cannot
send its own `Computed`.
https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/plugin/rpc.go"""

Properties = Mapping[str, PropertyValue]


def unwrap(value: PropertyValue | None) -> Any:
    """The value as plain Python, without marks of secrecy; an unknown part is UNKNOWN, and no value is None."""
    if value is None:
        return None
    inner = value.value
    if isinstance(inner, Computed) or (isinstance(inner, str) and inner in _UNKNOWN_SENTINELS):
        return UNKNOWN
    if isinstance(inner, Mapping):
        return {key: unwrap(part) for key, part in inner.items()}
    if isinstance(inner, Sequence) and not isinstance(inner, str):
        return [unwrap(part) for part in inner]
    # The engine has floats alone, and Kubernetes takes no 80.0 for a port.
    return int(inner) if isinstance(inner, float) and inner.is_integer() else inner


def is_known(value: Any) -> bool:
    """Is the (plain) value known, with all its parts?"""
    if isinstance(value, Mapping):
        return all(map(is_known, value.values()))
    if isinstance(value, list | tuple):
        return all(map(is_known, value))
    return not isinstance(value, Unknown)


def wrap(value: Any) -> PropertyValue:
    """A plain value in the form that the engine accepts. UNKNOWN is sent as an unknown string."""
    if isinstance(value, Unknown):
        return PropertyValue(_UNKNOWN_STRING)
    if isinstance(value, Mapping):
        return PropertyValue({key: wrap(part) for key, part in value.items()})
    if isinstance(value, list | tuple):
        return PropertyValue([wrap(part) for part in value])
    if isinstance(value, int) and not isinstance(value, bool):
        return PropertyValue(float(value))
    return PropertyValue(value)
