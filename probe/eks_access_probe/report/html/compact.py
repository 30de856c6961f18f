"""Values for the page's script: small, though texts repeat a thousandfold, and harmless inside a script element."""

import json
from collections.abc import Hashable
from typing import Any, Generic, TypeVar

from markupsafe import Markup

_Value = TypeVar("_Value", bound=Hashable)

_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}
"""What could end the element or begin another: https://html.spec.whatwg.org/#restrictions-for-contents-of-script-elements"""


def script_json(value: Any) -> Markup:
    """JSON that stays JSON whatever it holds: no `</script>` and no `<!--` can be in it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # A lone surrogate is valid in Python's texts and not in a page's encoding.
    return Markup(text.encode("utf-8", "backslashreplace").decode("utf-8").translate(_ESCAPES))


class Pool(Generic[_Value]):
    """Each value once, and a number for it."""

    def __init__(self) -> None:
        self._numbers: dict[_Value, int] = {}

    def __call__(self, value: _Value) -> int:
        return self._numbers.setdefault(value, len(self._numbers))

    @property
    def values(self) -> list[_Value]:
        return list(self._numbers)
