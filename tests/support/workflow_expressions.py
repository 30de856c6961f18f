"""Evaluates the expressions of GitHub's workflows, as far as ours use them.

https://docs.github.com/en/actions/writing-workflows/choosing-what-your-workflow-does/evaluate-expressions-in-workflows-and-actions
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<name>[A-Za-z_][\w.*-]*)|(?P<sign>\|\||&&|==|!=|[!(),]))")
STATUS_FUNCTIONS = ("always", "cancelled", "failure", "success")


def evaluate(expression: str, contexts: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]) -> Any:
    """The value of an expression, without its `${{ }}`."""
    known = {"fromJSON": json.loads, "contains": lambda where, what: what in where, **functions}
    return _Parser(_tokens(expression), contexts, known).parse()


def interpolate(text: str, contexts: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]) -> Any:
    """A text with the values of its expressions; the value itself if the text is one expression alone."""
    whole = re.fullmatch(r"\s*\$\{\{((?:(?!\}\}).)*)\}\}\s*", text, re.DOTALL)
    if whole:
        return evaluate(whole[1], contexts, functions)
    return re.sub(r"\$\{\{(.*?)\}\}", lambda found: to_text(evaluate(found[1], contexts, functions)), text)


def to_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def _tokens(expression: str) -> list[str]:
    tokens, position = [], 0
    expression = expression.strip()
    while position < len(expression):
        match = _TOKEN.match(expression, position)
        assert match, f"cannot be read: {expression[position:]}"
        tokens.append(match[match.lastgroup or ""])
        position = match.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[str], contexts: Mapping[str, Any], functions: Mapping[str, Any]) -> None:
        self.tokens, self.contexts, self.functions = tokens, contexts, functions

    def parse(self) -> Any:
        value = self._parse_or()
        assert not self.tokens, f"left over: {self.tokens}"
        return value

    def _accept(self, *signs: str) -> str | None:
        return self.tokens.pop(0) if self.tokens and self.tokens[0] in signs else None

    def _parse_or(self) -> Any:
        value = self._parse_and()
        while self._accept("||"):
            other = self._parse_and()
            value = value or other
        return value

    def _parse_and(self) -> Any:
        value = self._parse_comparison()
        while self._accept("&&"):
            other = self._parse_comparison()
            value = value and other
        return value

    def _parse_comparison(self) -> Any:
        value = self._parse_unary()
        if sign := self._accept("==", "!="):
            return (to_text(value) == to_text(self._parse_unary())) is (sign == "==")
        return value

    def _parse_unary(self) -> Any:
        return not self._parse_unary() if self._accept("!") else self._parse_primary()

    def _parse_primary(self) -> Any:
        token = self.tokens.pop(0)
        if token == "(":
            value = self._parse_or()
            assert self._accept(")")
            return value
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        return self._call(token) if self._accept("(") else self._look_up(token)

    def _call(self, name: str) -> Any:
        arguments = []
        while not self._accept(")"):
            arguments.append(self._parse_or())
            self._accept(",")
        return self.functions[name](*arguments)

    def _look_up(self, path: str) -> Any:
        value: Any = self.contexts
        for part in path.split("."):
            value = value.get(part, "") if isinstance(value, Mapping) else ""
        return value
