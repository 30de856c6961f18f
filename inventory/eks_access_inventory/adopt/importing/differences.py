"""Differences of a resource, property by property, as text. What is secret, or an External ID, is hidden. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .steps import UNKNOWN

UNSHOWN = ("kubeconfig", "adopt", "__defaults")
HIDDEN = "(hidden)"
_EXTERNAL_ID = "sts:externalid"
PARTIAL = "PartialObjectMetadata"
"""The kind of an object whose metadata alone was requested.
https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches"""
_OF_ALL_OBJECTS = ("apiVersion", "kind")
_SECRET = "[secret]"
"""What the engine prints in place of a secret."""
_UNKNOWN_VALUE = "(known only afterwards)"


@dataclass(frozen=True)
class Difference:
    """A property with its value before and after, as text; empty where there is none."""

    property: str
    before: str
    after: str


def format_value(value: Any) -> str:
    """A value as text. A document's External ID is hidden: it is shown only where the user writes it."""
    if value is None:
        return ""
    if isinstance(value, str):
        try:
            parsed = json.loads(value)
        except ValueError:
            return value
        if not isinstance(parsed, dict | list):
            return value
        value = parsed
    return json.dumps(_hide(value), ensure_ascii=False, sort_keys=True)


def _hide(tree: Any) -> Any:
    if isinstance(tree, Mapping):
        return {
            key: HIDDEN if str(key).lower() == _EXTERNAL_ID else _hide(value)
            for key, value in tree.items()
            if key not in UNSHOWN
        }
    return [_hide(each) for each in tree] if isinstance(tree, list) else tree


def find_object_differences(live: Mapping[str, Any], inputs: Mapping[str, Any]) -> Iterator[Difference]:
    """What server-side apply makes of an object that exists: what the inputs have, and all else stays.

    Of a Secret only the metadata was read.
    """
    if live.get("kind") == PARTIAL:
        yield from _compare("metadata", live.get("metadata"), inputs.get("metadata"))
        if inputs.get("data"):
            yield Difference("data", HIDDEN, HIDDEN)
        return
    for name, value in inputs.items():
        if name in _OF_ALL_OBJECTS or name in UNSHOWN:
            continue
        if value == _SECRET:
            # Its content is neither read nor compared.
            yield Difference(name, HIDDEN, HIDDEN)
        else:
            yield from _compare(name, live.get(name), value)


def _compare(path: str, before: Any, after: Any) -> Iterator[Difference]:
    if before == after or after in ({}, None):
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name, value in after.items():
            yield from _compare(f"{path}.{name}", before.get(name), value)
    elif isinstance(before, list) and isinstance(after, list) and (named := _by_name(before)) and _by_name(after):
        for name, value in _by_name(after).items():
            yield from _compare(f"{path}[{name}]", named.get(name), value)
    elif isinstance(after, str) and UNKNOWN in after:
        yield Difference(path, format_value(before), _UNKNOWN_VALUE)
    elif after == _SECRET:
        yield Difference(path, HIDDEN, HIDDEN)
    else:
        yield Difference(path, format_value(before), format_value(after))


def _by_name(items: Sequence[Any]) -> dict[str, Any]:
    """The items of a list that Kubernetes merges by their names; empty for any other list."""
    named = {str(each["name"]): each for each in items if isinstance(each, Mapping) and "name" in each}
    return named if len(named) == len(items) else {}
