"""Compares escalation paths: actions that together lead to more rights than they grant by themselves. Pure.

`iam.escalation` defines the paths and finds those that a policy opens; here only the two sides are compared. Paths of
the same rule of the policy pack are one change.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from ...finding import Rule
from ...iam import Statement
from ...iam.effective import EffectivePermissions
from ...iam.escalation import ESCALATION_ACTIONS, OpenPath, find_open_paths
from ...iam.policy import allows_everything
from ..change import Change, Direction, Plane
from ..formatting import quote_name

_SHOWN_PATHS = 4


def compare_paths(before: Sequence[Statement], after: Sequence[Statement]) -> list[Change]:
    """The paths that are opened, or opened more widely, from `before` to `after`, and those that are closed."""
    if list(before) == list(after):
        return []
    old, new = _read_permissions(before), _read_permissions(after)
    changes: list[Change] = []
    # Who newly may do everything needs no path; that is a change by itself.
    if _allows_everything(old) or not _allows_everything(new):
        changes += _describe_steps(Direction.GAINED, _find_opened(old, new))
    if _allows_everything(new) or not _allows_everything(old):
        changes += _describe_steps(Direction.LOST, _find_closed(old, new))
    return changes


def _read_permissions(statements: Sequence[Statement]) -> EffectivePermissions:
    return EffectivePermissions.from_statements(statements, ESCALATION_ACTIONS, datetime.now(UTC))


def _allows_everything(permissions: EffectivePermissions) -> bool:
    return any(map(allows_everything, permissions.allowed))


def _find_opened(old: EffectivePermissions, new: EffectivePermissions) -> list[OpenPath]:
    known = _find_paths(old)
    return [
        step
        for key, step in _find_paths(new).items()
        if key not in known or step.rule.severity > known[key].rule.severity
    ]


def _find_closed(old: EffectivePermissions, new: EffectivePermissions) -> list[OpenPath]:
    remaining = _find_paths(new)
    return [step for key, step in _find_paths(old).items() if key not in remaining]


def _find_paths(permissions: EffectivePermissions) -> dict[tuple[str, ...], OpenPath]:
    return {(*step.path.needs, step.path.gains): step for step in find_open_paths(permissions)}


def _describe_steps(direction: Direction, steps: Iterable[OpenPath]) -> list[Change]:
    by_rule: dict[Rule, list[OpenPath]] = {}
    for step in steps:
        by_rule.setdefault(step.rule, []).append(step)
    return [_create_change(direction, rule, of_rule) for rule, of_rule in by_rule.items()]


def _create_change(direction: Direction, rule: Rule, steps: Sequence[OpenPath]) -> Change:
    is_gained = direction is Direction.GAINED
    gains = list(dict.fromkeys(step.path.gains for step in steps))
    more = f"; and {len(gains) - _SHOWN_PATHS} more" if len(gains) > _SHOWN_PATHS else ""
    actions = dict.fromkeys(str(grant.action) for step in steps for grant in step.grants)
    return Change(
        direction,
        Plane.AWS,
        tuple(actions),
        f"against the policy {quote_name(rule.id)}",
        f"{'opens' if is_gained else 'closes'} escalation: can {'; '.join(gains[:_SHOWN_PATHS])}{more}",
        rule.severity if is_gained else None,
        detail=tuple(dict.fromkeys(step.description for step in steps)),
        key="escalation-opened" if is_gained else "escalation-closed",
    )
