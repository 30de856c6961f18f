"""Property values of the engine as plain Python, and back."""

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi.provider.experimental.property_value import Computed, PropertyValue
from pulumi.runtime.rpc import UNKNOWN as UNKNOWN_ON_THE_WIRE


class Unknown:
    """A value that is not known before the deployment."""

    def __repr__(self) -> str:
        return "an unknown value"


UNKNOWN = Unknown()

Properties = Mapping[str, PropertyValue]


def plain(value: PropertyValue | None) -> Any:
    """The value without marks of secrecy; a part that is unknown is UNKNOWN."""
    if value is None:
        return None
    inner = value.value
    # The SDK's reader leaves the engine's mark for an unknown value as the text that it is.
    if isinstance(inner, Computed) or inner == UNKNOWN_ON_THE_WIRE:
        return UNKNOWN
    if isinstance(inner, Mapping):
        return {key: plain(part) for key, part in inner.items()}
    if isinstance(inner, Sequence) and not isinstance(inner, str):
        return [plain(part) for part in inner]
    return inner


def is_known(value: Any) -> bool:
    """Is the (plain) value known, with everything in it?"""
    if isinstance(value, Mapping):
        return all(map(is_known, value.values()))
    if isinstance(value, list | tuple):
        return all(map(is_known, value))
    return not isinstance(value, Unknown)


def wrapped(value: Any) -> PropertyValue:
    """A plain value as the engine takes it; UNKNOWN becomes a value that is computed later."""
    if isinstance(value, Unknown):
        # Not `PropertyValue.computed()`, which the SDK's writer does not know.
        return PropertyValue(UNKNOWN_ON_THE_WIRE)
    if isinstance(value, Mapping):
        return PropertyValue({key: wrapped(part) for key, part in value.items()})
    if isinstance(value, list | tuple):
        return PropertyValue([wrapped(part) for part in value])
    if isinstance(value, int) and not isinstance(value, bool):
        return PropertyValue(float(value))
    return PropertyValue(value)
