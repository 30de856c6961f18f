"""Values of resources as they come from programs and states: of any shape, some of them not known yet.

A judge reads them only with these functions, none of which raises: what is not as expected reads as absent.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

Value: TypeAlias = Any
"""JSON, in which any part may be `UNKNOWN`."""

MAX_DEPTH = 200
"""Deeper than any real document, and shallow enough for recursion."""


class Unknown:
    """A value that is known only when the deployment has made what it comes from."""

    def __repr__(self) -> str:
        return "<not known yet>"

    def __deepcopy__(self, _memo: object) -> "Unknown":
        return self


UNKNOWN: Final = Unknown()


def is_unknown(value: Value) -> bool:
    return isinstance(value, Unknown)


def holds_unknown(value: Value) -> bool:
    """Whether any part of it is not known."""
    return any(is_unknown(leaf) for leaf in leaves(value))


def leaves(value: Value, depth: int = 0) -> Iterator[Value]:
    if depth < MAX_DEPTH and isinstance(value, Mapping):
        for part in value.values():
            yield from leaves(part, depth + 1)
    elif depth < MAX_DEPTH and is_sequence(value):
        for part in value:
            yield from leaves(part, depth + 1)
    else:
        yield value


def is_sequence(value: Value) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def mapping(value: Value) -> Mapping[str, Value]:
    return value if isinstance(value, Mapping) else {}


def items(value: Value) -> list[Value]:
    """The items of a list; a single value stands for a list of itself, as IAM and many charts have it."""
    if value is None or is_unknown(value):
        return []
    return list(value) if is_sequence(value) else [value]


def text(value: Value) -> str | None:
    """A text, or a number or truth value as its text; None for everything else, the unknown included."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else None


def texts(value: Value) -> tuple[str, ...]:
    """The known texts of a list, in order."""
    return tuple(found for item in items(value) if (found := text(item)) is not None)


def get(value: Value, *path: str | int) -> Value:
    """What is at a path, None where there is nothing, `UNKNOWN` where something on the way is not known."""
    for step in path:
        if is_unknown(value):
            return UNKNOWN
        if isinstance(step, int):
            value = value[step] if is_sequence(value) and len(value) > step else None
        else:
            value = value.get(step) if isinstance(value, Mapping) else None
    return value
