"""A role's trust policy as it was found: a vendor takes from it what its arguments express, and the rest are notes."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..model.trust import has_wildcard

ASSUME_ROLE = "sts:AssumeRole"
WITH_WEB_IDENTITY = "sts:AssumeRoleWithWebIdentity"
WITH_SAML = "sts:AssumeRoleWithSAML"
_ELEMENTS = ("Sid", "Effect", "Principal", "Action", "Condition", "Resource")
_LITERAL = ("stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike")
_PATTERNS = ("stringlike", "arnlike", "arnequals")
_EXTERNAL_ID = "sts:externalid"
NOT_SHOWN = "[not shown]"
"""In place of an External ID, which only the configuration has in the clear."""


@dataclass(frozen=True)
class FoundPrincipal:
    """One principal of a statement: its type in the policy (`AWS`, `Service`, `Federated`), and its value."""

    kind: str
    value: str


@dataclass(frozen=True)
class FoundCondition:
    """One key of a statement's conditions, with all values that it may have."""

    operator: str
    key: str
    values: tuple[str, ...]

    @property
    def is_literal(self) -> bool:
        """Whether it asks for one of its values, and none of these is a pattern."""
        operator = _strip_operator(self.operator)
        is_pattern = operator in _PATTERNS and any(map(has_wildcard, self.values))
        return operator in _LITERAL and not is_pattern

    @property
    def is_pattern(self) -> bool:
        return _strip_operator(self.operator) in _PATTERNS

    def __str__(self) -> str:
        shown = NOT_SHOWN if self.key.lower() == _EXTERNAL_ID else " or ".join(self.values)
        return f"{self.key} {shown} ({self.operator})"


@dataclass(frozen=True)
class FoundStatement:
    """One statement of a trust policy. `unread` are elements that are not understood here, such as NotPrincipal."""

    effect: str
    principals: tuple[FoundPrincipal, ...]
    actions: tuple[str, ...]
    conditions: tuple[FoundCondition, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def meaning(self) -> object:
        """Equal for statements that differ in their principals alone, and so are one."""
        return self.effect, frozenset(self.actions), frozenset(self.conditions), self.unread

    def allows(self, action: str) -> bool:
        return self.effect == "Allow" and not self.unread and action.lower() in map(str.lower, self.actions)


class TrustReader:
    """Reads one statement of a trust policy into arguments, and remembers what of the policy was not taken."""

    def __init__(self, trust: Mapping[str, Any]) -> None:
        self._statements = list(_merge(parse_trust(trust)))
        self._chosen: FoundStatement | None = None
        self._principals: tuple[FoundPrincipal, ...] = ()
        self._taken: set[FoundCondition] = set()
        self._ignored_actions = {""}

    def choose(
        self, action: str, is_meant: Callable[[FoundPrincipal], bool], *, along_with: Iterable[str] = ()
    ) -> tuple[str, ...]:
        """Chooses the first statement that allows the action to a principal that is meant; all principals meant.

        `along_with` are actions that the vendor's own trust has besides.
        """
        for statement in self._statements:
            meant = tuple(filter(is_meant, statement.principals))
            if meant and statement.allows(action):
                self._chosen, self._principals = statement, meant
                self._ignored_actions = {each.lower() for each in (action, *along_with)}
                return tuple(each.value for each in meant)
        return ()

    def take(self, key: str) -> tuple[str, ...]:
        """The literal values of a condition key of the chosen statement; none where there is no such condition."""
        return self._take(key, lambda condition: condition.is_literal)

    def take_patterns(self, key: str) -> tuple[str, ...]:
        """The values of a condition key that is compared with patterns."""
        return self._take(key, lambda condition: condition.is_pattern)

    def _take(self, key: str, is_meant: Callable[[FoundCondition], bool]) -> tuple[str, ...]:
        found = [
            each
            for each in (self._chosen.conditions if self._chosen else ())
            if each.key.lower() == key.lower() and is_meant(each)
        ]
        # Two operators on one key restrict each other, which a list of values would not.
        if len(found) != 1:
            return ()
        self._taken.update(found)
        return found[0].values

    def list_notes(self) -> Iterator[str]:
        """What of the trust policy no argument keeps."""
        for statement in self._statements:
            if statement is not self._chosen:
                yield _describe_statement(statement)
                continue
            for condition in statement.conditions:
                if condition not in self._taken:
                    yield f"its trust policy requires {condition}: no argument keeps that condition"
            rest = replace(
                statement, principals=tuple(each for each in statement.principals if each not in self._principals)
            )
            if rest.principals:
                yield _describe_statement(rest)
            others = [each for each in statement.actions if each.lower() not in self._ignored_actions]
            if others:
                yield f"its trust policy also allows {', '.join(others)}: no argument keeps that"


def _describe_statement(statement: FoundStatement) -> str:
    who = " and ".join(each.value for each in statement.principals) or "principals that are not named"
    under = f" under {', '.join(map(str, statement.conditions))}" if statement.conditions else ""
    what = ", ".join(statement.actions) or "actions that are not named"
    if statement.unread:
        return f"its trust policy has a statement with {', '.join(statement.unread)}: it is not kept, so read it"
    if statement.effect == "Deny":
        return f"its trust policy denies {what} to {who}{under}: no argument keeps that, and without it more is allowed"
    return f"its trust policy also lets {who} assume the role ({what}){under}: no argument keeps that"


def parse_trust(trust: Mapping[str, Any]) -> Iterator[FoundStatement]:
    """The statements of a trust policy, each with single values as lists of one."""
    for statement in _as_list(trust.get("Statement")):
        if not isinstance(statement, Mapping):
            continue
        yield FoundStatement(
            str(statement.get("Effect", "")),
            tuple(_parse_principals(statement.get("Principal"))),
            tuple(map(str, _as_list(statement.get("Action")))),
            tuple(_parse_conditions(statement.get("Condition"))),
            tuple(key for key in statement if key not in _ELEMENTS),
        )


def _parse_principals(principal: Any) -> Iterator[FoundPrincipal]:
    if isinstance(principal, Mapping):
        for kind, values in principal.items():
            yield from (FoundPrincipal(str(kind), str(value)) for value in _as_list(values))
    else:
        yield from (FoundPrincipal("AWS", str(value)) for value in _as_list(principal))


def _parse_conditions(conditions: Any) -> Iterator[FoundCondition]:
    for operator, keys in (conditions if isinstance(conditions, Mapping) else {}).items():
        for key, values in (keys if isinstance(keys, Mapping) else {}).items():
            yield FoundCondition(str(operator), str(key), tuple(map(_format_value, _as_list(values))))


def _format_value(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _merge(statements: Iterable[FoundStatement]) -> Iterator[FoundStatement]:
    """The statements, with those that differ in their principals alone as one."""
    merged: dict[object, FoundStatement] = {}
    for each in statements:
        same = merged.get(each.meaning)
        principals = dict.fromkeys((*same.principals, *each.principals) if same else each.principals)
        merged[each.meaning] = replace(each, principals=tuple(principals))
    return iter(merged.values())


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _strip_operator(operator: str) -> str:
    """The operator without what it does for several values, or where the key is absent."""
    return operator.lower().rpartition(":")[2].removesuffix("ifexists")
