"""What differs between two package schemas, in words: one line for each resource, type or property."""

from collections.abc import Iterator, Mapping
from typing import Any

_PROPERTIES = ("inputProperties", "properties")
_ABSENT: Mapping[str, Any] = {}


def describe_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    for section, what in (("resources", "resource"), ("types", "type")):
        found += _describe_members(what, old.get(section, _ABSENT), new.get(section, _ABSENT))
    found += _describe_rest("the package", old, new, besides=("resources", "types"))
    return found


def _describe_members(what: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted({*old, *new}):
        title = f"{what} {name}"
        if name not in old or name not in new:
            yield f"{title}: {'removed' if name in old else 'added'}"
            continue
        for group in _PROPERTIES:
            kind = "input" if group == "inputProperties" else "property"
            before, after = old[name].get(group, _ABSENT), new[name].get(group, _ABSENT)
            for key in sorted({*before, *after}):
                if key not in before or key not in after:
                    yield f"{title}: {kind} {key} {'removed' if key in before else 'added'}"
                else:
                    yield from _describe_rest(f"{title}: {kind} {key}", before[key], after[key])
        yield from _describe_rest(title, old[name], new[name], besides=_PROPERTIES)


def _describe_rest(
    title: str, old: Mapping[str, Any], new: Mapping[str, Any], besides: tuple[str, ...] = ()
) -> Iterator[str]:
    for key in sorted({*old, *new} - {*besides}):
        if old.get(key) != new.get(key):
            yield f"{title}: {key} is {new.get(key)!r}, was {old.get(key)!r}"
