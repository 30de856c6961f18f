"""Encodes data for the page's script: repeated values once, and safe inside a script element."""

import json
from collections.abc import Hashable
from typing import Any, Generic, TypeVar

from markupsafe import Markup

_Value = TypeVar("_Value", bound=Hashable)

_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}
"""Characters that could end the element or begin another: https://html.spec.whatwg.org/#restrictions-for-contents-of-script-elements"""


def encode_script_data(value: Any) -> Markup:
    """JSON that is safe in a script element: it never contains `</script>` or `<!--`."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # A lone surrogate is valid in a Python string, and cannot be encoded as UTF-8.
    return Markup(text.encode("utf-8", "backslashreplace").decode("utf-8").translate(_ESCAPES))


class Pool(Generic[_Value]):
    """A constant pool: each value once, referred to by its index."""

    def __init__(self) -> None:
        self._indexes: dict[_Value, int] = {}

    def add(self, value: _Value) -> int:
        """The index of the value, which is added if it is new."""
        return self._indexes.setdefault(value, len(self._indexes))

    @property
    def values(self) -> list[_Value]:
        return list(self._indexes)
