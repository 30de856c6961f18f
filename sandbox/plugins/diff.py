"""What differs between two values, each difference with its own path.

A path for each leaf lets the engine's `replaceOnChanges` and `ignoreChanges` name a single tag or list item.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from .values import Path, Unknown

Kind = Literal["add", "delete", "update"]


@dataclass(frozen=True)
class Change:
    path: Path
    kind: Kind
    replaces: bool = False

    def replacing(self) -> "Change":
        return replace(self, replaces=True)


def changes(old: Any, new: Any, path: Path = ()) -> list[Change]:
    """The differences from `old` to `new`, by leaf for mappings and by item for lists."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return [c for key in _keys(old, new) for c in changes(old.get(key), new.get(key), (*path, key))]
    if isinstance(old, list) and isinstance(new, list):
        pairs = ((_item(old, i), _item(new, i)) for i in range(max(len(old), len(new))))
        return [c for i, (before, after) in enumerate(pairs) for c in changes(before, after, (*path, i))]
    if not isinstance(new, Unknown) and same(old, new):
        return []
    if old is None:
        return _leaves(new, path, "add")
    if new is None:
        return _leaves(old, path, "delete")
    return [Change(path, "update")]


def set_changes(old: list[Any], new: list[Any], path: Path) -> list[Change]:
    """The differences between two lists whose order means nothing."""
    kept = {_canonical(item) for item in old} & {_canonical(item) for item in new}
    gone = {i for i, item in enumerate(old) if _canonical(item) not in kept}
    come = {i for i, item in enumerate(new) if _canonical(item) not in kept}
    return [
        Change((*path, i), "update" if i in gone and i in come else "add" if i in come else "delete")
        for i in sorted(gone | come)
    ]


def same(old: Any, new: Any) -> bool:
    """Equality in which True is not 1, as in JSON."""
    return bool(old == new) and isinstance(old, bool) == isinstance(new, bool)


def matches(path: Path, pattern: Path) -> bool:
    """Whether the path is, or lies under, the pattern; `*` in the pattern matches any one step."""
    return len(path) >= len(pattern) and all(p in ("*", step) for p, step in zip(pattern, path, strict=False))


def _canonical(item: Any) -> str:
    return json.dumps(item, sort_keys=True, default=repr)


def _keys(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return [*new, *(key for key in old if key not in new)]


def _item(items: list[Any], index: int) -> Any:
    return items[index] if index < len(items) else None


def _leaves(value: Any, path: Path, kind: Kind) -> list[Change]:
    if isinstance(value, Mapping) and value:
        return [c for key, item in value.items() for c in _leaves(item, (*path, key), kind)]
    return [Change(path, kind)]
