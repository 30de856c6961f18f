"""The placeholders in a definition's texts, filled with what the place and the arguments have."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import InvalidInputError

_PLACEHOLDER = re.compile(r"(?<!\{)\{([a-z_]+(?::[A-Za-z0-9_]+)?)\}(?!\})")
"""In single braces: double ones are EKS's own, as in `{{SessionName}}`."""

Value = str | list[str]


class Texts:
    """Fills texts. `values` are the place's, `arguments` stand as `{arg:NAME}`."""

    def __init__(self, values: Mapping[str, Value], arguments: Mapping[str, Value]) -> None:
        self._values = {**values, **{f"arg:{name}": value for name, value in arguments.items()}}

    def within(self, values: Mapping[str, Value]) -> "Texts":
        """The same, with more values."""
        narrower = Texts({}, {})
        narrower._values = {**self._values, **values}
        return narrower

    def text(self, text: str) -> str:
        """
        Raises:
            InvalidInputError: a placeholder is unknown here, or is a list.
        """

        def filled(match: re.Match[str]) -> str:
            value = self._value(match[1], text)
            if isinstance(value, list):
                raise InvalidInputError(
                    text, None, f"has {{{match[1]}}} in it, a list: it stands alone, as an item of a list"
                )
            return value

        return _PLACEHOLDER.sub(filled, text)

    def optional(self, text: str | None) -> str | None:
        return None if text is None else self.text(text)

    def texts(self, texts: Sequence[str]) -> list[str]:
        """The texts; one that is nothing but a list's placeholder becomes the list's items."""
        return [item for text in texts for item in self._items(text)]

    def tree(self, tree: Any) -> Any:
        """The same tree with every text in it filled."""
        if isinstance(tree, str):
            return self.text(tree)
        if isinstance(tree, Mapping):
            return {self.text(key): self.tree(value) for key, value in tree.items()}
        if isinstance(tree, list):
            return [
                self.tree(item) for part in tree for item in (self._items(part) if isinstance(part, str) else [part])
            ]
        return tree

    def _items(self, text: str) -> list[str]:
        alone = _PLACEHOLDER.fullmatch(text)
        value = self._value(alone[1], text) if alone else None
        return value if isinstance(value, list) else [self.text(text)]

    def _value(self, name: str, text: str) -> Value:
        if name not in self._values:
            known = ", ".join(f"{{{key}}}" for key in self._values)
            raise InvalidInputError(text, None, f"has {{{name}}} in it, which is not known here", f"Known: {known}.")
        return self._values[name]
