"""What the policies of a role that was found allow, as far as arguments are derived from it."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..model.found import FoundRole


def list_statements(role: FoundRole | None) -> Iterator[Mapping[str, Any]]:
    """The statements of all policies that could be read."""
    for policy in role.policies if role is not None else ():
        statements = (policy.document or {}).get("Statement")
        for statement in statements if isinstance(statements, list | tuple) else [statements]:
            if isinstance(statement, Mapping):
                yield statement


def find_statements(role: FoundRole | None, action: str, *, effect: str = "Allow") -> list[Mapping[str, Any]]:
    """The statements that name the action itself."""
    return [
        each
        for each in list_statements(role)
        if each.get("Effect") == effect and action.lower() in map(str.lower, list_texts(each.get("Action")))
    ]


def find_condition(statement: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """The values of a condition key, whatever it is compared by."""
    conditions = statement.get("Condition")
    found: list[str] = []
    for keys in conditions.values() if isinstance(conditions, Mapping) else ():
        for name, values in keys.items() if isinstance(keys, Mapping) else ():
            if str(name).lower() == key.lower():
                found += list_texts(values)
    return tuple(found)


def list_texts(value: Any) -> list[str]:
    """An element's values: a single one is a list of one."""
    if value is None:
        return []
    return [str(each) for each in value] if isinstance(value, list | tuple) else [str(value)]
