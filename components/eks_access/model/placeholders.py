"""Placeholders for values in a description that are not known yet.

A description is built by plain functions with plain f-strings, yet some of its values (an ExternalId from another
stack, a role's ARN) are only known while deploying. Each such value is represented by a placeholder: a key between two
private-use characters, which no IAM, EKS or Kubernetes name may contain. So the description's shape is known at once,
and `OutputBindings` fills each text with only the values that it mentions.
"""

import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

_OPEN, _CLOSE = "\ue000", "\ue001"
_PLACEHOLDER = re.compile(f"{_OPEN}([^{_OPEN}{_CLOSE}]+){_CLOSE}")


def placeholder(key: str) -> str:
    """The placeholder of the value `key`."""
    return f"{_OPEN}{key}{_CLOSE}"


def is_known(text: str) -> bool:
    """Whether the text contains no placeholder, so that it can be validated."""
    return _OPEN not in text


def mentioned(text: str) -> list[str]:
    """The keys of the placeholders in the text, each once, in order."""
    return list(dict.fromkeys(_PLACEHOLDER.findall(text)))


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with each placeholder replaced by its value. Placeholders without a value stay."""
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text)


def map_texts(tree: Any, transform: Callable[[str], Any]) -> Any:
    """The same tree of mappings and lists with every text (not the keys) replaced by `transform(text)`."""
    if isinstance(tree, Enum):
        return tree
    if isinstance(tree, str):
        return transform(tree)
    if isinstance(tree, Mapping):
        return {key: map_texts(value, transform) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [map_texts(value, transform) for value in tree]
    return tree
