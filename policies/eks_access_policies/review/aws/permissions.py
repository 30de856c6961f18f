"""The AWS permissions of one principal, by action: which permissions cover which others. Pure.

Wildcards are expanded to the actions that AWS has. NotAction and NotResource are one set each: everything that is
outside of all of their entries. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notresource.html
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property

from ...iam import Statement
from ...iam.actions import expand_pattern, expand_patterns, find_action
from ...iam.glob import covers, is_anything, is_pattern, may_overlap
from ...iam.resources import Reach, compute_reach
from ..conditions import Conditions, entails_all, parse_conditions
from ..formatting import join_words, quote_name

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
    excluded_resources: frozenset[str] = frozenset()
    """From NotResource: every resource except these; `resource` is then `*`."""

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
        if self.excluded_resources:
            return f"on everything but {join_words(list(map(quote_name, sorted(self.excluded_resources))))}"
        return f"on {EVERYTHING}" if self.resource == ALL else f"on {quote_name(self.resource)}"

    @property
    def is_unlimited(self) -> bool:
        """Whether it applies to every resource, in every request."""
        return not self.conditions and not self.excluded_resources and is_anything(self.resource)

    def is_broad(self, action: str) -> bool:
        """Whether it is for all resources of the action in an account or region, or for all of them but some."""
        if is_anything(self.resource):
            return True
        known = find_action(action) if is_pattern(self.resource) else None
        return known is not None and compute_reach(self.resource, known) is Reach.ALL

    def covers_resource(self, other: "AwsPermission") -> bool:
        """Whether it applies to the other's resources in every request in which the other does; False if that cannot
        be determined."""
        if not entails_all(other.conditions, self.conditions):
            return False
        if not self.excluded_resources:
            return covers(self.resource, other.resource)
        if other.excluded_resources:
            return all(any(covers(wide, each) for wide in other.excluded_resources) for each in self.excluded_resources)
        return not any(may_overlap(each, other.resource) for each in self.excluded_resources)

    def may_meet(self, other: "AwsPermission") -> bool:
        """Whether both may apply to one resource; True if that cannot be determined."""
        if self.excluded_resources and other.excluded_resources:
            return True
        if other.excluded_resources:
            return other.may_meet(self)
        if self.excluded_resources:
            return not any(covers(each, other.resource) for each in self.excluded_resources)
        return may_overlap(self.resource, other.resource)


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

    def may_allow(self, action: str, permission: AwsPermission) -> bool:
        """Whether the action may be allowed on a resource that the permission applies to."""
        candidates = self.find_allowed(action)
        return len(candidates) > MAX_CANDIDATES or any(permission.may_meet(each) for each in candidates)

    def includes_denial(self, action: str, denial: AwsPermission) -> bool:
        """Whether the action is denied in every request in which the denial applies."""
        return any(
            each.covers_resource(denial)
            for index in (self._unconditional_denials, self._conditional_denials)
            for each in index.get(action.lower(), [])[:MAX_CANDIDATES]
        )

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
            conditions = parse_conditions(statement)
            excluded = frozenset(statement.not_resources)
            for resource in (ALL,) if excluded else statement.resources or (ALL,):
                for action in statement.actions:
                    yield AwsPermission(action.strip(), resource, conditions, excluded_resources=excluded)
                if "NotAction" in statement.elements:
                    not_actions = frozenset(map(_normalize_action, statement.not_actions))
                    yield AwsPermission(ALL, resource, conditions, not_actions, excluded)


@cache
def _expand_actions(action: str, excluded: frozenset[str]) -> frozenset[str]:
    if excluded:
        return frozenset(map(str, expand_patterns((), excluded)))
    return frozenset(map(str, expand_pattern(action))) or frozenset({action})


def _normalize_action(written: str) -> str:
    """As AWS writes it, or in lower case if AWS has no such action; IAM ignores the case."""
    written = written.strip()
    return str(find_action(written) or written.lower())


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
