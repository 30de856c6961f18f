"""Translates trust policies for MiniStack's evaluator, which has no policy variables and no SAML.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

_VARIABLE = re.compile(r"\$\{\s*(?P<key>[^},]+?)\s*(,\s*'(?P<default>[^']*)'\s*)?\}")
_SPECIAL = {"*": "*", "?": "?", "$": "$"}

Lookup = Callable[[str], Any]
"""The request's value of a condition key; None where it has none."""


class UnresolvedVariableError(Exception):
    """A variable has no value in this request, nor a default."""


def with_variables(document: Mapping[str, Any], value_of: Lookup) -> dict[str, Any]:
    """The document with its variables' values. A statement with one that has no value matches no request."""
    if document.get("Version") != "2012-10-17":
        return dict(document)
    statements = []
    for statement in _statements(document):
        try:
            statements.append({**statement, "Condition": _filled(statement.get("Condition", {}), value_of)})
        except UnresolvedVariableError:
            continue
    return {**document, "Statement": statements}


def for_principal(document: Mapping[str, Any], kind: str, name: str) -> dict[str, Any]:
    """The document with only the statements that name this principal, which is taken for granted then.

    `kind` is `Federated` or `Service`, as policies have it.
    """
    statements = [
        {**statement, "Principal": "*"} for statement in _statements(document) if name in _named(statement, kind)
    ]
    return {**document, "Statement": statements}


def _statements(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = document.get("Statement", [])
    return [found] if isinstance(found, Mapping) else list(found)


def _named(statement: Mapping[str, Any], kind: str) -> list[str]:
    principal = statement.get("Principal", {})
    named = principal.get(kind, []) if isinstance(principal, Mapping) else []
    return [named] if isinstance(named, str) else list(named)


def _filled(tree: Any, value_of: Lookup) -> Any:
    if isinstance(tree, Mapping):
        return {key: _filled(value, value_of) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_filled(value, value_of) for value in tree]
    if not isinstance(tree, str):
        return tree

    def value(match: re.Match[str]) -> str:
        if match["key"] in _SPECIAL:
            return _SPECIAL[match["key"]]
        found = value_of(match["key"])
        if not isinstance(found, str):
            found = match["default"]
        if found is None:
            raise UnresolvedVariableError(match["key"])
        return str(found)

    return _VARIABLE.sub(value, tree)
