"""Outputs in descriptions: each is a placeholder there, which is filled where a resource takes the value.

A text depends on only those Outputs that it mentions: so a secret makes secret only the values that contain it, and
everything else is known at preview.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

import pulumi

from ..model.iam import compact
from ..model.placeholders import fill, is_known, map_texts, mentioned, placeholder


class OutputBindings:
    """The Outputs behind the placeholders of a description."""

    def __init__(self) -> None:
        self._outputs: dict[str, pulumi.Output[str]] = {}
        self._texts: dict[str, pulumi.Output[str]] = {}
        """Texts already filled: most texts of a description recur, and an Output costs far more than a text."""

    def capture(self, key: str, value: Any) -> Any:
        """The value with every Output in it, at any depth, replaced by a placeholder that is bound to it."""
        if isinstance(value, pulumi.Output | Awaitable):
            self._outputs[key] = pulumi.Output.from_input(cast("pulumi.Input[str]", value))
            return placeholder(key)
        if isinstance(value, Mapping):
            return {name: self.capture(f"{key}.{name}", part) for name, part in value.items()}
        if isinstance(value, list | tuple):
            return [self.capture(f"{key}[{index}]", part) for index, part in enumerate(value)]
        return value

    def resolve(self, unresolved: str, value: pulumi.Input[str]) -> None:
        """Binds a placeholder that a description already contains to its value."""
        (key,) = mentioned(unresolved)
        self._outputs[key] = pulumi.Output.from_input(value)

    def validate_before_use(self, validate: Callable[[Mapping[str, str]], object]) -> None:
        """Passes the value of every Output captured so far to `validate` before anything can use it.

        `validate` gets one value at a time, by its key, and raises if it is invalid.
        """

        def validated(key: str) -> Callable[[str], str]:
            def passed(value: str) -> str:
                _require_text(key, value)
                validate({key: value})
                return value

            return passed

        for key, output in list(self._outputs.items()):
            self._outputs[key] = output.apply(validated(key))
        self._texts.clear()

    def fill_text(self, text: str) -> pulumi.Input[str]:
        """The text with its values."""
        if is_known(text):
            return text
        if text not in self._texts:
            self._texts[text] = self._values(text).apply(lambda known: fill(text, known))
        return self._texts[text]

    def fill_tree(self, tree: Any) -> Any:
        """The tree with every text in it filled by itself, so that only texts that contain a secret are secret."""
        return map_texts(tree, self.fill_text)

    def fill_as_one(self, tree: Any) -> pulumi.Output[Any]:
        """The tree as a single Output, secret if anything in it is. `Output.all` would create thousands."""
        values = self._values(compact(tree))
        return values.apply(lambda known: map_texts(tree, lambda text: fill(text, known)))

    def fill_json(self, tree: Mapping[str, Any]) -> pulumi.Input[str]:
        """The tree as one JSON text."""
        text = compact(tree)
        if is_known(text):
            return text
        return self._values(text).apply(
            lambda known: fill(text, {key: json.dumps(value)[1:-1] for key, value in known.items()})
        )

    def _values(self, text: str) -> pulumi.Output[dict[str, str]]:
        """The values that the text mentions, by their keys."""
        keys = mentioned(text)
        if not keys:
            return pulumi.Output.from_input({})
        if len(keys) == 1:
            (key,) = keys
            return self._outputs[key].apply(lambda value: {key: value})
        values: pulumi.Output[dict[str, str]] = pulumi.Output.all(**{key: self._outputs[key] for key in keys})
        return values


def _require_text(key: str, value: Any) -> None:
    """Check that the value of an Output is a string.

    Raises:
        pulumi.RunError: it is not. A program in YAML makes a number of a configuration value of digits alone.
    """
    if not isinstance(value, str):
        kind = "number" if isinstance(value, int | float) else type(value).__name__
        raise pulumi.RunError(f"{key.removeprefix('args.')} has a value of type {kind}: give it as a string")
