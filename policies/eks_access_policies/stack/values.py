"""Property values of resources: JSON of any shape, parts of which may be unknown.

Rules read them only with these functions, none of which raises: a value of an unexpected type reads as absent.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

Value: TypeAlias = Any
"""JSON, in which any part may be `UNKNOWN`."""

MAX_DEPTH = 200
"""Deeper than any real document, and shallow enough for recursion."""


class Unknown:
    """A value that is known only after the deployment of the resource that it comes from."""

    def __repr__(self) -> str:
        return "<not known yet>"

    def __deepcopy__(self, _memo: object) -> "Unknown":
        return self


UNKNOWN: Final = Unknown()


def is_unknown(value: Value) -> bool:
    return isinstance(value, Unknown)


def contains_unknown(value: Value) -> bool:
    """Whether any part of the value is unknown."""
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
    """The items of a list; a single value reads as a list of one, as in IAM documents and many charts."""
    if value is None or is_unknown(value):
        return []
    return list(value) if is_sequence(value) else [value]


def text(value: Value) -> str | None:
    """A string, or a number or boolean as a string; None for everything else, including unknown values."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else None


def texts(value: Value) -> tuple[str, ...]:
    """The known strings of a list, in order."""
    return tuple(found for item in items(value) if (found := text(item)) is not None)


def has_only_texts(value: Value) -> bool:
    """Whether a text or list of texts is just that: no part of it is unknown, or has another shape."""
    return not is_unknown(value) and all(text(item) is not None for item in items(value))


def get(value: Value, *path: str | int) -> Value:
    """The value at a path; None if there is none, `UNKNOWN` if any part on the way is unknown."""
    for step in path:
        if is_unknown(value):
            return UNKNOWN
        if isinstance(step, int):
            value = value[step] if is_sequence(value) and len(value) > step else None
        else:
            value = value.get(step) if isinstance(value, Mapping) else None
    return value
