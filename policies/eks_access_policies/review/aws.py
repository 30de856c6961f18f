"""Compares what a principal may do in AWS, action by action. Pure.

Permissions that both sides have are set aside and only the others are expanded, so the time for two large policies is
that for their difference. A Deny without conditions takes away what it covers; a Deny with conditions is reported when
it is added or removed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from eks_access.model.aws_actions import describe_action, is_catalogued
from eks_access.text_layout import format_count

from ..finding import Severity
from ..iam import Statement
from ..iam.actions import AccessLevel, find_action
from .aws_permissions import ALL, EVERYTHING, MAX_CANDIDATES, MAX_WILDCARDS, AwsPermission, AwsPermissions
from .change import Change, Direction, Plane
from .conditions import Conditions
from .formatting import join_words, quote_name


def compare_statements(before: Sequence[Statement], after: Sequence[Statement]) -> list[Change]:
    """The actions that are gained from `before` to `after`, and those that are lost."""
    if list(before) == list(after):
        return []
    old, new = AwsPermissions(tuple(before)), AwsPermissions(tuple(after))
    return [
        *_compare_permissions(Direction.GAINED, old, new),
        *_compare_permissions(Direction.LOST, new, old),
        *_compare_denials(old, new),
    ]


def _compare_permissions(direction: Direction, one: AwsPermissions, other: AwsPermissions) -> Iterator[Change]:
    """What the other allows beyond the one: whole wildcards first, then the actions that no such wildcard covers."""
    wildcards = _Wildcards()
    actions: dict[str, list[AwsPermission]] = {}
    # Permissions that both sides have can still differ in effect if the denials differ.
    common = one.allowed if one.denied == other.denied else frozenset()
    new = sorted(other.allowed - common, key=lambda each: (not each.is_wildcard, each.written, each.where))
    for number, permission in enumerate(new):
        is_expanded = number < MAX_WILDCARDS or not permission.is_wildcard
        expanded = permission.actions if is_expanded else frozenset({permission.action})
        gained = frozenset(
            action for action in expanded if not other.denies(action, permission) and not one.allows(action, permission)
        )
        if permission.is_wildcard and gained and gained == expanded:
            wildcards.add(permission, gained)
            continue
        for action in gained:
            if not wildcards.cover(action, permission):
                actions.setdefault(action, []).append(permission)
    for written, permissions in wildcards.permissions.items():
        yield _describe_wildcard(direction, written, permissions, wildcards.actions[written])
    yield from _describe_actions(direction, actions, one, other)


class _Wildcards:
    """The wildcards that are gained as a whole, by the wildcard as written."""

    def __init__(self) -> None:
        self.permissions: dict[str, list[AwsPermission]] = {}
        self.actions: dict[str, frozenset[str]] = {}

    def add(self, permission: AwsPermission, actions: frozenset[str]) -> None:
        self.permissions.setdefault(permission.written, []).append(permission)
        self.actions[permission.written] = actions

    def cover(self, action: str, permission: AwsPermission) -> bool:
        """Whether one of them includes the action everywhere the permission applies."""
        return any(
            action in self.actions[written]
            and any(each.covers_resource(permission) for each in permissions[:MAX_CANDIDATES])
            for written, permissions in list(self.permissions.items())[:MAX_CANDIDATES]
        )


def _describe_wildcard(
    direction: Direction, written: str, permissions: Sequence[AwsPermission], actions: frozenset[str]
) -> Change:
    pattern = replace(permissions[0], excluded_actions=frozenset()).action
    risk = describe_action(pattern)
    broad = any(permission.resource == ALL for permission in permissions)
    worst = max((severity(action, broad) for action in actions), default=Severity.MEDIUM)
    if written == ALL or (written == "iam:*" and broad):
        worst = Severity.CRITICAL
    return Change(
        direction,
        Plane.AWS,
        (written,),
        f"{_describe_resources(permissions)} ({format_count(len(actions), 'action')})",
        risk.sentence,
        worst if direction is Direction.GAINED else None,
        detail=tuple(sorted(actions)),
        key=f"aws-{direction}",
    )


def _describe_actions(
    direction: Direction, actions: Mapping[str, Sequence[AwsPermission]], one: AwsPermissions, other: AwsPermissions
) -> Iterator[Change]:
    """Actions with the same risk on the same resources as one change."""
    groups: dict[tuple[str, str, Severity | None], list[str]] = {}
    for action, permissions in sorted(actions.items()):
        where = _describe_resources(permissions)
        previous = [each for each in one.find_allowed(action) if each not in permissions]
        if previous:
            where += f", instead of only {_describe_resources(previous)}"
        denials = other.find_conditional_denials(action)
        exceptions = sorted({condition.words for denial in denials for condition in denial.conditions})
        if exceptions:
            where += f", except with {join_words(exceptions)}"
        worst = severity(action, any(permission.resource == ALL for permission in permissions))
        is_gained = direction is Direction.GAINED
        group = (where, describe_action(action).sentence, worst if is_gained else None)
        groups.setdefault(group, []).append(action)
    for (where, risk, gained), same in groups.items():
        yield Change(direction, Plane.AWS, tuple(same), where, risk, gained, detail=tuple(same), key=f"aws-{direction}")


def _describe_resources(permissions: Sequence[AwsPermission]) -> str:
    """The resources, with the conditions under which each applies."""
    by_conditions: dict[Conditions, set[str]] = {}
    for permission in permissions:
        by_conditions.setdefault(permission.conditions, set()).add(permission.where.removeprefix("on "))
    if EVERYTHING in by_conditions.get(frozenset(), ()):
        return f"on {EVERYTHING}"
    parts = []
    for conditions, resources in by_conditions.items():
        required = join_words(sorted(condition.words for condition in conditions), 3)
        parts.append(f"on {join_words(sorted(resources))}" + (f", only with {required}" if required else ""))
    return join_words(sorted(parts), 3)


def _compare_denials(before: AwsPermissions, after: AwsPermissions) -> Iterator[Change]:
    """Denials that are removed, of actions that are still allowed, and those that are added.

    Denials of everything without conditions are in the comparison of allowed actions already.
    """
    for direction, one, other in ((Direction.GAINED, after, before), (Direction.LOST, before, after)):
        groups: dict[tuple[str, Conditions], list[str]] = {}
        for denial in sorted(other.denied - one.denied, key=lambda each: (each.written, each.where)):
            # A Deny of an action that is not allowed anyway takes nothing away.
            allowing = after if direction is Direction.GAINED else before
            if any(allowing.find_allowed(action) for action in denial.actions):
                if not denial.conditions and denial.resource == ALL:
                    continue
                groups.setdefault((denial.where, denial.conditions), []).append(denial.written)
        for (where, conditions), actions in groups.items():
            yield _describe_denial(direction, where, conditions, actions)


def _describe_denial(direction: Direction, where: str, conditions: Conditions, actions: Sequence[str]) -> Change:
    required = f" with {join_words(sorted(each.words for each in conditions), 3)}" if conditions else ""
    is_gained = direction is Direction.GAINED
    return Change(
        direction,
        Plane.AWS,
        tuple(actions),
        f"{where}{required}, {'no longer' if is_gained else 'now'} denied",
        describe_action(actions[0]).sentence,
        max(severity(action, True) for action in actions) if is_gained else None,
        detail=tuple(actions),
        key=f"aws-{direction}",
    )


def severity(action: str, broad: bool) -> Severity:
    """Severity of being allowed the action, on every resource (`broad`) or on named ones."""
    if action == ALL:
        return Severity.CRITICAL
    if not describe_action(action).is_severe:
        return Severity.LOW
    known = find_action(action)
    if known and known.access_level in (AccessLevel.READ, AccessLevel.LIST) and not is_catalogued(action):
        return Severity.LOW
    return Severity.HIGH if broad else Severity.MEDIUM


def compare_boundaries(before: str | None, after: str | None) -> list[Change]:
    """A permissions boundary that is removed, added or changed. It limits all other policies."""
    if before == after:
        return []
    direction, severity_gained, risk = Direction.GAINED, Severity.MEDIUM, "can use rights that the boundary denied"
    if before is None:
        where, direction, risk = f"now limited by {quote_name(after)}", Direction.LOST, "rights beyond it are lost"
    elif after is None:
        where, severity_gained = f"no longer limited by {quote_name(before)}", Severity.HIGH
    else:
        where = f"limited by {quote_name(after)}, instead of {quote_name(before)}"
    return [
        Change(
            direction,
            Plane.AWS,
            ("permissions boundary",),
            where,
            risk,
            severity_gained if direction is Direction.GAINED else None,
            key=f"aws-{direction}",
        )
    ]
