"""Compares Deny statements that take away a part of what is allowed: under conditions, or on some resources. Pure.

A Deny of everything without conditions is in the comparison of allowed actions already (`statements`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from eks_access.model.aws_actions import describe_action

from ...finding import Severity
from ..change import Change, Direction, Plane
from ..conditions import Conditions
from ..formatting import join_words
from .grading import grade
from .permissions import ALL, AwsPermission, AwsPermissions


def compare_denials(direction: Direction, one: AwsPermissions, other: AwsPermissions) -> Iterator[Change]:
    """What the other denies, and the one allows: denials that are removed or narrowed, or for a loss added or widened.

    A Deny of what is not allowed anyway takes nothing away.
    """
    groups: dict[tuple[str, Conditions], dict[AwsPermission, list[str]]] = {}
    for denial in sorted(other.denied - one.denied, key=lambda each: (each.written, each.where)):
        actions = [] if denial.is_unlimited else sorted(_find_undenied(denial, one))
        if actions:
            groups.setdefault((denial.where, denial.conditions), {})[denial] = actions
    for denials in groups.values():
        yield _describe_denials(direction, denials)


def _find_undenied(denial: AwsPermission, side: AwsPermissions) -> Iterator[str]:
    """The actions of another side's Deny that this side allows, and does not deny as widely."""
    for action in denial.actions:
        if side.may_allow(action, denial) and not side.includes_denial(action, denial):
            yield action


def _describe_denials(direction: Direction, denials: Mapping[AwsPermission, Sequence[str]]) -> Change:
    """Denials with the same resources and conditions as one change, graded by the actions that they deny."""
    some = next(iter(denials))
    required = f" with {join_words(sorted(each.words for each in some.conditions), 3)}" if some.conditions else ""
    is_gained = direction is Direction.GAINED
    named: dict[str, None] = {}
    for denial, actions in denials.items():
        named.update(dict.fromkeys((denial.written,) if len(actions) == len(denial.actions) else actions))
    all_actions = sorted({action for actions in denials.values() for action in actions})
    everywhere = replace(some, resource=ALL)
    return Change(
        direction,
        Plane.AWS,
        tuple(named),
        f"{some.where}{required}, {'no longer' if is_gained else 'now'} denied",
        describe_action(next(iter(named))).sentence,
        # What is denied on a named resource is as a rule denied for what it is.
        max(grade(all_actions, (some,)), min(grade(all_actions, (everywhere,)), Severity.HIGH)) if is_gained else None,
        detail=tuple(all_actions),
        key=f"aws-{direction}",
    )
