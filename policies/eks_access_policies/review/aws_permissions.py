"""The AWS permissions of one principal, by action: which permissions cover which others. Pure.

Wildcards are expanded to the actions that AWS has.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property

from ..iam import Statement
from ..iam.actions import expand_pattern, expand_patterns
from ..iam.glob import covers, is_pattern
from .conditions import Conditions, entails_all, parse_conditions
from .formatting import quote_name

ALL = "*"
EVERYTHING = "everything"
MAX_WILDCARDS = 500
"""Wildcards of one principal that are expanded; further ones are compared as written."""
MAX_CANDIDATES = 200
"""Permissions of one action that are searched for one that covers another; beyond that, a gain is reported."""


@dataclass(frozen=True)
class AwsPermission:
    """One action, or pattern, on one resource, or pattern, as an Allow or a Deny statement has it."""

    action: str
    resource: str
    conditions: Conditions
    excluded_actions: frozenset[str] = frozenset()
    """From NotAction: every action except these; `action` is then `*`."""
    is_resource_excluded: bool = False
    """From NotResource: every resource except `resource`."""

    @property
    def actions(self) -> frozenset[str]:
        """The actions that it applies to; an action that AWS does not have stays as written."""
        return _expand_actions(self.action, self.excluded_actions)

    @property
    def is_wildcard(self) -> bool:
        return bool(self.excluded_actions) or is_pattern(self.action)

    @property
    def written(self) -> str:
        """The action as in the statement: `eks:*`, or `* but iam:*` for NotAction."""
        return f"{self.action} but {', '.join(sorted(self.excluded_actions))}" if self.excluded_actions else self.action

    @property
    def where(self) -> str:
        if self.is_resource_excluded:
            return f"on everything but {quote_name(self.resource)}"
        return f"on {EVERYTHING}" if self.resource == ALL else f"on {quote_name(self.resource)}"

    def covers_resource(self, other: "AwsPermission") -> bool:
        """Whether it applies to the other's resource in every request in which the other does."""
        if not entails_all(other.conditions, self.conditions):
            return False
        if self.is_resource_excluded or other.is_resource_excluded:
            is_same = (self.is_resource_excluded, self.resource) == (other.is_resource_excluded, other.resource)
            return is_same or (self.resource == ALL and not self.is_resource_excluded)
        return covers(self.resource, other.resource)


@dataclass(frozen=True)
class AwsPermissions:
    """The permissions of all statements of one principal."""

    statements: tuple[Statement, ...]

    @cached_property
    def allowed(self) -> frozenset[AwsPermission]:
        return frozenset(self._find_permissions("Allow"))

    @cached_property
    def denied(self) -> frozenset[AwsPermission]:
        return frozenset(self._find_permissions("Deny"))

    def allows(self, action: str, permission: AwsPermission) -> bool:
        """Whether the action is allowed everywhere the permission applies."""
        candidates = self.find_allowed(action)[:MAX_CANDIDATES]
        return any(each.covers_resource(permission) for each in candidates) and not self.denies(action, permission)

    def denies(self, action: str, permission: AwsPermission) -> bool:
        """Whether a Deny without conditions takes away the whole permission."""
        candidates = self._unconditional_denials.get(action.lower(), ())[:MAX_CANDIDATES]
        return any(each.covers_resource(permission) for each in candidates)

    def find_allowed(self, action: str) -> list[AwsPermission]:
        """Every permission that allows the action."""
        return self._allowed_by_action.get(action.lower(), [])

    def find_conditional_denials(self, action: str) -> list[AwsPermission]:
        """Denials of the action under conditions: it is allowed except where they apply."""
        return self._conditional_denials.get(action.lower(), [])[:MAX_CANDIDATES]

    @cached_property
    def _allowed_by_action(self) -> Mapping[str, list[AwsPermission]]:
        return _index_by_action(self.allowed)

    @cached_property
    def _unconditional_denials(self) -> Mapping[str, list[AwsPermission]]:
        return _index_by_action(permission for permission in self.denied if not permission.conditions)

    @cached_property
    def _conditional_denials(self) -> Mapping[str, list[AwsPermission]]:
        return _index_by_action(permission for permission in self.denied if permission.conditions)

    def _find_permissions(self, effect: str) -> Iterator[AwsPermission]:
        for statement in self.statements:
            if statement.effect != effect:
                continue
            conditions, is_excluded = parse_conditions(statement), bool(statement.not_resources)
            for resource in statement.not_resources or statement.resources or (ALL,):
                if statement.not_actions:
                    yield AwsPermission(ALL, resource, conditions, frozenset(statement.not_actions), is_excluded)
                for action in statement.actions:
                    yield AwsPermission(action.strip(), resource, conditions, is_resource_excluded=is_excluded)


@cache
def _expand_actions(action: str, excluded: frozenset[str]) -> frozenset[str]:
    expanded = expand_patterns((), excluded) if excluded else expand_pattern(action)
    return frozenset(map(str, expanded)) or frozenset({action})


def _index_by_action(permissions: Iterable[AwsPermission]) -> dict[str, list[AwsPermission]]:
    index: dict[str, list[AwsPermission]] = {}
    wildcards: dict[tuple[str, frozenset[str]], list[AwsPermission]] = {}
    for permission in permissions:
        if permission.is_wildcard:
            wildcards.setdefault((permission.action, permission.excluded_actions), []).append(permission)
        else:
            index.setdefault(permission.action.lower(), []).append(permission)
    for number, same in enumerate(wildcards.values()):
        for action in same[0].actions if number < MAX_WILDCARDS else ():
            index.setdefault(action.lower(), []).extend(same)
    return index
