"""Fills the placeholders in a definition's texts with the values of the place and the arguments."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import InvalidInputError

_PLACEHOLDER = re.compile(r"(?<!\{)\{([a-z_]+(?::[A-Za-z0-9_]+)?)\}(?!\})")
"""In single braces: double ones are EKS's own, as in `{{SessionName}}`."""

Value = str | list[str]


class Templates:
    """Fills templates. `values` are those of the place; `arguments` are available as `{arg:NAME}`."""

    def __init__(self, values: Mapping[str, Value], arguments: Mapping[str, Value]) -> None:
        self._values = {**values, **{f"arg:{name}": value for name, value in arguments.items()}}

    def with_values(self, values: Mapping[str, Value]) -> "Templates":
        """A copy with more values, such as those of one cluster."""
        extended = Templates({}, {})
        extended._values = {**self._values, **values}
        return extended

    def find(self, name: str) -> str | None:
        """The value of a placeholder; None where there is none, or a list."""
        value = self._values.get(name)
        return value if isinstance(value, str) else None

    def fill(self, template: str) -> str:
        """The template with its values.

        Raises:
            InvalidInputError: a placeholder is unknown here, or is a list.
        """

        def value_of(match: re.Match[str]) -> str:
            value = self._value(match[1], template)
            if isinstance(value, list):
                raise InvalidInputError(
                    template, None, f"contains {{{match[1]}}}, a list, which must be a whole item of a list"
                )
            return value

        return _PLACEHOLDER.sub(value_of, template)

    def fill_optional(self, template: str | None) -> str | None:
        return None if template is None else self.fill(template)

    def fill_list(self, templates: Sequence[str]) -> list[str]:
        """Every template with its values; one that is nothing but a list's placeholder expands to the list's items."""
        return [item for template in templates for item in self._items(template)]

    def fill_tree(self, tree: Any) -> Any:
        """The same tree of mappings and lists with every text in it, keys included, filled."""
        if isinstance(tree, str):
            return self.fill(tree)
        if isinstance(tree, Mapping):
            return {self.fill(key): self.fill_tree(value) for key, value in tree.items()}
        if isinstance(tree, list):
            return [
                self.fill_tree(item)
                for part in tree
                for item in (self._items(part) if isinstance(part, str) else [part])
            ]
        return tree

    def _items(self, template: str) -> list[str]:
        alone = _PLACEHOLDER.fullmatch(template)
        value = self._value(alone[1], template) if alone else None
        return value if isinstance(value, list) else [self.fill(template)]

    def _value(self, name: str, template: str) -> Value:
        if name not in self._values:
            known = ", ".join(f"{{{key}}}" for key in self._values)
            raise InvalidInputError(template, None, f"contains {{{name}}}, which is unknown here", f"Known: {known}.")
        return self._values[name]
