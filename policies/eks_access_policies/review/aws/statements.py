"""Compares what a principal may do in AWS, action by action. Pure.

Permissions that both sides have are set aside and only the others are expanded, so the time for two large policies is
that for their difference. A Deny without conditions takes away what it covers; any other Deny is reported when it is
added, narrowed or removed (`denials`).
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from eks_access.model.aws_actions import describe_action
from eks_access.text_layout import format_count

from ...finding import Severity
from ...iam import Statement
from ...iam.actions import actions_of, expand_pattern
from ..change import Change, Direction, Plane, describe_other_side
from ..conditions import Conditions
from ..formatting import join_words, quote_name
from .denials import compare_denials
from .grading import grade
from .permissions import ALL, EVERYTHING, MAX_CANDIDATES, MAX_WILDCARDS, AwsPermission, AwsPermissions


def compare_statements(before: Sequence[Statement], after: Sequence[Statement]) -> list[Change]:
    """The actions that are gained from `before` to `after`, and those that are lost."""
    if list(before) == list(after):
        return []
    old, new = AwsPermissions(tuple(before)), AwsPermissions(tuple(after))
    return [
        *compare_allowed(Direction.GAINED, old, new),
        *compare_allowed(Direction.LOST, new, old),
        *compare_denials(Direction.GAINED, new, old),
        *compare_denials(Direction.LOST, old, new),
    ]


def compare_allowed(
    direction: Direction, one: AwsPermissions, other: AwsPermissions, within: AwsPermissions | None = None
) -> Iterator[Change]:
    """What the other allows beyond the one: whole wildcards first, then the actions that no such wildcard covers.

    `within`: a permissions boundary of the other, outside of which nothing is allowed.
    """
    wildcards = _Wildcards()
    actions: dict[str, list[AwsPermission]] = {}
    unknown: dict[str, list[AwsPermission]] = {}
    undenied = _find_undenied(one, other)
    new = other.allowed if undenied else other.allowed - one.allowed
    for number, permission in enumerate(sorted(new, key=lambda each: (not each.is_wildcard, each.written, each.where))):
        is_expanded = number < MAX_WILDCARDS or not permission.is_wildcard
        expanded = permission.actions if is_expanded else frozenset({permission.action})
        # Of a permission that both sides have, only what the one denies can be gained.
        gained = frozenset(
            action
            for action in (expanded & undenied if is_expanded and permission in one.allowed else expanded)
            if not other.denies(action, permission)
            and not one.allows(action, permission)
            and (within is None or _may_use(action, permission, within))
        )
        if permission.is_wildcard and 2 * len(gained) > len(expanded) and len(gained) > 1:
            wildcards.add(permission, gained)
            continue
        for service in _find_whole_services(permission, gained):
            whole = replace(permission, action=f"{service}:*", excluded_actions=frozenset())
            wildcards.add(whole, gained & whole.actions)
        for action in gained:
            if not wildcards.cover(action, permission):
                (actions if expand_pattern(action) else unknown).setdefault(action, []).append(permission)
    for written, permissions in wildcards.permissions.items():
        yield _describe_wildcard(direction, written, permissions, wildcards.actions[written])
    yield from _describe_actions(direction, actions, one, other)
    if direction is Direction.GAINED:
        yield from _describe_unknown_actions(unknown)


def _find_undenied(one: AwsPermissions, other: AwsPermissions) -> frozenset[str]:
    """The actions of the denials without conditions that the one has, and the other has not."""
    denials = (denial for denial in one.denied - other.denied if not denial.conditions)
    return frozenset(action for denial in denials for action in denial.actions)


def _may_use(action: str, permission: AwsPermission, boundary: AwsPermissions) -> bool:
    return boundary.may_allow(action, permission) and not boundary.denies(action, permission)


def _find_whole_services(permission: AwsPermission, gained: Collection[str]) -> list[str]:
    """The services of which every action is gained with a wildcard over several, as when a Deny of them goes."""
    if not permission.is_wildcard:
        return []
    numbers: dict[str, int] = defaultdict(int)
    for action in gained:
        numbers[action.partition(":")[0]] += 1
    return sorted(service for service, number in numbers.items() if 1 < number == len(actions_of(service)))


class _Wildcards:
    """The wildcards that are gained as a whole, by the wildcard as written."""

    def __init__(self) -> None:
        self.permissions: dict[str, list[AwsPermission]] = {}
        self.actions: dict[str, frozenset[str]] = {}

    def add(self, permission: AwsPermission, actions: frozenset[str]) -> None:
        self.permissions.setdefault(permission.written, []).append(permission)
        self.actions[permission.written] = self.actions.get(permission.written, frozenset()) | actions

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
    worst = Severity.CRITICAL if written == ALL else grade(actions, permissions[:MAX_CANDIDATES])
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
            where += describe_other_side(direction, _describe_resources(previous))
        denials = other.find_conditional_denials(action)
        exceptions = sorted({condition.words for denial in denials for condition in denial.conditions})
        if exceptions:
            where += f", except with {join_words(exceptions)}"
        worst = grade((action,), permissions[:MAX_CANDIDATES])
        is_gained = direction is Direction.GAINED
        group = (where, describe_action(action).sentence, worst if is_gained else None)
        groups.setdefault(group, []).append(action)
    for (where, risk, gained), same in groups.items():
        yield Change(direction, Plane.AWS, tuple(same), where, risk, gained, detail=tuple(same), key=f"aws-{direction}")


def _describe_unknown_actions(actions: Mapping[str, Sequence[AwsPermission]]) -> Iterator[Change]:
    """Actions that grant nothing, unless AWS has them and its reference does not yet."""
    for action, permissions in sorted(actions.items()):
        words = (
            f"what {quote_name(action)} allows {_describe_resources(permissions)}: AWS's reference has no such action"
        )
        yield Change(Direction.UNKNOWN, Plane.AWS, (), words, "read it before you approve", None, key="access-unknown")


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
