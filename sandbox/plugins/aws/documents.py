"""Whether two IAM policy documents mean the same, however they are written.

IAM gives documents back rewritten (key order, single values for lists, statements' order), so text is no basis
for a diff. The rules follow https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html.
"""

import json
import re
from typing import Any

_VALUE_LISTS = ("Action", "NotAction", "Resource", "NotResource")
_ACCOUNT_ROOT = re.compile(r"arn:[\w-]+:iam::(\d{12}):root\Z")


class InvalidDocumentError(ValueError):
    """The text is not a JSON object."""


def parse(document: str) -> dict[str, Any]:
    """The document as data.

    Raises:
        InvalidDocumentError: it is no JSON object.
    """
    try:
        parsed: object = json.loads(document)
    except ValueError as cause:
        raise InvalidDocumentError(f"contains an invalid JSON: {cause}") from cause
    if not isinstance(parsed, dict):
        raise InvalidDocumentError(
            f"contains an invalid JSON policy: expected an object, found {type(parsed).__name__}"
        )
    return parsed


def dump(document: str | dict[str, Any]) -> str:
    """The document as compact text."""
    data = parse(document) if isinstance(document, str) else document
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False)


def means_the_same(old: str, new: str) -> bool:
    if old == new:
        return True
    try:
        return bool(_canonical(parse(old)) == _canonical(parse(new)))
    except InvalidDocumentError:
        return False


def _canonical(document: dict[str, Any]) -> Any:
    statements = [_statement(s) for s in _list(document.get("Statement")) if isinstance(s, dict)]
    rest = {key: value for key, value in document.items() if key != "Statement"}
    return {**rest, "Statement": sorted(statements, key=lambda s: json.dumps(s, sort_keys=True))}


def _statement(statement: dict[str, Any]) -> dict[str, Any]:
    canonical: dict[str, Any] = {}
    for key, value in statement.items():
        if key in _VALUE_LISTS:
            canonical[key] = _set(value)
        elif key in ("Principal", "NotPrincipal"):
            canonical[key] = _principal(value)
        elif key == "Condition" and isinstance(value, dict):
            canonical[key] = {
                operator: {name: _set(values) for name, values in test.items()} if isinstance(test, dict) else test
                for operator, test in value.items()
            }
        elif not (key == "Sid" and value == ""):
            canonical[key] = value
    return canonical


def _principal(value: Any) -> Any:
    if value == "*":
        return {"AWS": ["*"]}
    if not isinstance(value, dict):
        return value
    return {
        kind: sorted({_account(v) for v in _set(names)}) if kind == "AWS" else _set(names)
        for kind, names in value.items()
    }


def _account(principal: str) -> str:
    """An account may be named by its number or by its root's ARN."""
    root = _ACCOUNT_ROOT.match(principal)
    return root.group(1) if root else principal


def _set(value: Any) -> list[str]:
    """A single value or a list, as sorted texts: IAM reads true and "true" alike."""
    return sorted({v if isinstance(v, str) else json.dumps(v) for v in _list(value)})


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
