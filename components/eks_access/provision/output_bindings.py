"""Outputs in descriptions: each stands there as a placeholder, and is put back where a resource takes the value.

A text depends on just the Outputs that it mentions, so a secret makes secret only what holds it, and what is known
is known at preview.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

import pulumi

from ..model.iam import compact
from ..model.placeholders import fill, is_known, map_texts, mentioned, placeholder


class Binding:
    def __init__(self) -> None:
        self._outputs: dict[str, pulumi.Output[str]] = {}
        self._texts: dict[str, pulumi.Output[str]] = {}
        """Texts that were bound before: most of a description's recur, and an Output costs far more than a text."""

    def take(self, key: str, value: Any) -> Any:
        """The value with every Output in it, at any depth, replaced by its placeholder."""
        if isinstance(value, pulumi.Output | Awaitable):
            self._outputs[key] = pulumi.Output.from_input(cast("pulumi.Input[str]", value))
            return placeholder(key)
        if isinstance(value, Mapping):
            return {name: self.take(f"{key}.{name}", part) for name, part in value.items()}
        if isinstance(value, list | tuple):
            return [self.take(f"{key}[{index}]", part) for index, part in enumerate(value)]
        return value

    def put(self, stands_for: str, value: pulumi.Input[str]) -> None:
        """Give a placeholder, which is in a description already, its value."""
        (key,) = mentioned(stands_for)
        self._outputs[key] = pulumi.Output.from_input(value)

    def gate(self, check: Callable[[Mapping[str, str]], object]) -> None:
        """Let no Output's value be used before `check` has seen it; `check` refuses by raising."""

        def gated(key: str) -> Callable[[str], str]:
            def passed(value: str) -> str:
                check({key: value})
                return value

            return passed

        for key, output in list(self._outputs.items()):
            self._outputs[key] = output.apply(gated(key))
        self._texts.clear()

    def text(self, text: str) -> pulumi.Input[str]:
        """The text with its values."""
        if is_known(text):
            return text
        if text not in self._texts:
            self._texts[text] = self._values(text).apply(lambda known: fill(text, known))
        return self._texts[text]

    def tree(self, tree: Any) -> Any:
        """The tree with every text in it bound by itself, so that only what holds a secret is secret."""
        return map_texts(tree, self.text)

    def whole(self, tree: Any) -> pulumi.Output[Any]:
        """The tree as one Output, which is secret if anything in it is: one, where `Output.all` makes thousands."""
        values = self._values(compact(tree))
        return values.apply(lambda known: map_texts(tree, lambda text: fill(text, known)))

    def json(self, tree: Mapping[str, Any]) -> pulumi.Input[str]:
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
