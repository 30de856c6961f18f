"""Paths of escalation that a change opens: actions that together lead to more rights than they say. Pure.

What the paths are, and whether a policy opens them, is the pack's own judgement (`iam.escalation`); here only the two
sides are compared. Paths that fall under one of its policies are told together.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from ..finding import Rule
from ..iam import Statement
from ..iam.effective import EffectivePermissions
from ..iam.escalation import ESCALATION_ACTIONS, OpenPath, find_open_paths
from .change import Change, Direction, Plane
from .names import code

_FEW = 4


def difference(before: Sequence[Statement], after: Sequence[Statement]) -> list[Change]:
    """The paths that are opened, or opened wider, from `before` to `after`, and those that are closed."""
    if list(before) == list(after):
        return []
    was, now = _paths(before), _paths(after)
    opened = [step for key, step in now.items() if key not in was or step.rule.severity > was[key].rule.severity]
    closed = [step for key, step in was.items() if key not in now]
    return [*_changes(Direction.GAINED, opened), *_changes(Direction.LOST, closed)]


def _paths(statements: Sequence[Statement]) -> dict[tuple[str, ...], OpenPath]:
    effective = EffectivePermissions.from_statements(statements, ESCALATION_ACTIONS, datetime.now(UTC))
    return {(*step.path.needs, step.path.gains): step for step in find_open_paths(effective)}


def _changes(direction: Direction, steps: Iterable[OpenPath]) -> list[Change]:
    by_rule: dict[Rule, list[OpenPath]] = {}
    for step in steps:
        by_rule.setdefault(step.rule, []).append(step)
    return [_change(direction, rule, found) for rule, found in by_rule.items()]


def _change(direction: Direction, rule: Rule, steps: Sequence[OpenPath]) -> Change:
    gained = direction is Direction.GAINED
    ways = list(dict.fromkeys(step.path.gains for step in steps))
    more = f"; and {len(ways) - _FEW} ways more" if len(ways) > _FEW else ""
    actions = dict.fromkeys(str(grant.action) for step in steps for grant in step.grants)
    return Change(
        direction,
        Plane.AWS,
        tuple(actions),
        f"against the policy {code(rule.id)}",
        f"{'opens' if gained else 'closes'} escalation: can {'; '.join(ways[:_FEW])}{more}",
        rule.severity if gained else None,
        detail=tuple(dict.fromkeys(step.description for step in steps)),
        key="escalation-opened" if gained else "escalation-closed",
    )
