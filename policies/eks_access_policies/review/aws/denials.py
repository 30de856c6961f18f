"""Compares Deny statements that take away a part of what is allowed: under conditions, or on some resources. Pure.

A Deny of everything without conditions is in the comparison of allowed actions already (`statements`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from eks_access.model.aws_actions import describe_action

from ...finding import Severity
from ...iam.glob import is_anything
from ..change import Change, Direction, Plane
from ..conditions import Conditions
from ..formatting import join_words
from .grading import grade
from .permissions import ALL, AwsPermission, AwsPermissions


def compare_denials(direction: Direction, one: AwsPermissions, other: AwsPermissions) -> Iterator[Change]:
    """What the other denies, and the one allows: denials that are removed or narrowed, or for a loss added or widened.

    A Deny of what is not allowed anyway takes nothing away.
    """
    groups: dict[tuple[str, Conditions, tuple[str, ...]], dict[AwsPermission, list[str]]] = {}
    new = one.denied - other.denied
    for denial in sorted(other.denied - one.denied, key=lambda each: (each.written, each.where)):
        actions = [] if denial.is_unlimited else sorted(_find_undenied(denial, one))
        if actions:
            rest = tuple(sorted({_describe_place(each) for each in new if _is_most(each, denial)}))
            groups.setdefault((denial.where, denial.conditions, rest), {})[denial] = actions
    for (_, _, rest), denials in groups.items():
        yield _describe_denials(direction, denials, rest)


def _is_most(rest: AwsPermission, denial: AwsPermission) -> bool:
    """Whether it denies the same as the denial but for some more values or resources that it excepts."""
    values = {value for each in rest.conditions for value in each.values} | rest.excluded_resources
    return (
        (rest.written, rest.resource) == (denial.written, denial.resource)
        and {each.key for each in rest.conditions} == {each.key for each in denial.conditions}
        and denial.covers_resource(rest)
        and not any(map(is_anything, values))
    )


def _find_undenied(denial: AwsPermission, side: AwsPermissions) -> Iterator[str]:
    """The actions of another side's Deny that this side allows, and does not deny as widely."""
    for action in denial.actions:
        if side.may_allow(action, denial) and not side.includes_denial(action, denial):
            yield action


def _describe_denials(
    direction: Direction, denials: Mapping[AwsPermission, Sequence[str]], rest: Sequence[str]
) -> Change:
    """Denials with the same resources and conditions as one change, graded by the actions that they deny.

    `rest`: where the other side denies most of it. Then only some of what they deny is the change.
    """
    some = next(iter(denials))
    is_gained = direction is Direction.GAINED
    words = "no longer denied" if is_gained else "now denied"
    if rest:
        narrower = join_words(rest, 3)
        words = f"now denied only {narrower}" if is_gained else f"now denied, instead of only {narrower}"
    named: dict[str, None] = {}
    for denial, actions in denials.items():
        named.update(dict.fromkeys((denial.written,) if len(actions) == len(denial.actions) else actions))
    all_actions = sorted({action for actions in denials.values() for action in actions})
    # What is denied on a named resource is as a rule denied for what it is.
    worst = min(grade(all_actions, (replace(some, resource=ALL),)), Severity.HIGH)
    if not rest:
        worst = max(worst, grade(all_actions, (some,)))
    return Change(
        direction,
        Plane.AWS,
        tuple(named),
        f"{_describe_place(some)}, {words}",
        "can use some of what was denied" if rest and is_gained else describe_action(next(iter(named))).sentence,
        worst if is_gained else None,
        detail=tuple(all_actions),
        key=f"aws-{direction}",
    )


def _describe_place(denial: AwsPermission) -> str:
    """The resources and the conditions: "on everything with …"."""
    if not denial.conditions:
        return denial.where
    return f"{denial.where} with {join_words(sorted(each.words for each in denial.conditions), 3)}"
