"""Differences of two values, field by field, as the engine shows them. Pure."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ..values import is_known

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@dataclass(frozen=True)
class Difference:
    """One difference.

    Attributes:
        path: where it is: https://www.pulumi.com/docs/iac/concepts/miscellaneous/property-paths/
        kind: what happens to the old value.
        old: the old value; None if there is none.
        new: the new value; None if there is none.
        replaces: is the resource replaced for it?
    """

    path: str
    kind: Literal["add", "delete", "update"]
    old: Any
    new: Any
    replaces: bool = False

    @property
    def property(self) -> str:
        """The name of the resource's property that it is in."""
        return re.split(r"[.\[]", self.path, maxsplit=1)[0]


def compare(path: str, old: Any, new: Any) -> Iterator[Difference]:
    """Yield the differences, as deep in the values as possible. Lists are compared position by position."""
    if is_known(new) and old == new and type(old) is type(new):
        return
    if old is None and new is None:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys((*old, *new)):
            yield from compare(_join(path, key), old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            item = tuple(values[index] if index < len(values) else None for values in (old, new))
            yield from compare(f"{path}[{index}]", *item)
    elif old is None:
        yield Difference(path, "add", None, new)
    elif new is None:
        yield Difference(path, "delete", old, None)
    else:
        yield Difference(path, "update", old, new)


def describe(difference: Difference) -> str:
    """The difference as a sentence, where the new value is what was found."""
    old, new = (json.dumps(each, ensure_ascii=False, sort_keys=True) for each in (difference.old, difference.new))
    if difference.kind == "add":
        return f"{difference.path} was added: {new}"
    if difference.kind == "delete":
        return f"{difference.path} was removed: {old}"
    return f"{difference.path} was changed from {old} to {new}"


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if _PLAIN_KEY.fullmatch(key) else f"{path}[{json.dumps(key, ensure_ascii=False)}]"
