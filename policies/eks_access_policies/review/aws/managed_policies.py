"""Compares the AWS permissions of all policies of a principal. Pure.

Its own policies are compared action by action. A managed policy of AWS that is attached or detached is one change, with
its name and the worst of what it adds to the rest, since it may have a thousand actions. What gives rights that are not
in the stack is reported by name.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from ...finding import Severity
from ...iam import Statement
from ...iam.aws_policies import is_aws_policy, load_aws_policies
from ...iam.glob import covers
from ..change import Change, Direction, Plane
from ..formatting import join_words, quote_name
from ..side import Elsewhere, PrincipalAccess
from .permissions import ALL
from .statements import compare_statements

_Policies = Mapping[str, tuple[Statement, ...]]
_SHOWN_RISKS = 3


def compare_policies(before: PrincipalAccess, after: PrincipalAccess) -> Iterator[Change]:
    """What a principal gains and loses by all of its policies."""
    old, new = before.all_statements, after.all_statements
    if before.aws_policies.keys() == after.aws_policies.keys():
        yield from compare_statements(old, new)
    else:
        yield from _compare_own_policies(before, after)
        yield from _compare_aws_policies(Direction.GAINED, before.aws_policies, after.aws_policies, old)
        yield from _compare_aws_policies(Direction.LOST, after.aws_policies, before.aws_policies, new)
    yield from (_describe_gain(each) for each in sorted(after.elsewhere - before.elsewhere, key=str))
    has_rights = bool(new or after.elsewhere)
    for each in sorted(before.elsewhere - after.elsewhere, key=str):
        yield from _describe_loss(each, has_rights=has_rights)


def _compare_own_policies(before: PrincipalAccess, after: PrincipalAccess) -> Iterator[Change]:
    """What is gained and lost by the policies of the stack, and by denials of the policies of AWS that come or go."""
    old, new = before.aws_policies, after.aws_policies
    is_same = before.statements == after.statements
    shared = [each for arn, of_arn in new.items() if arn in old for each in of_arn]
    if not is_same or _has_denial(old, new):
        changes = compare_statements(before.all_statements, [*after.statements, *shared])
        yield from (change for change in changes if change.direction is not Direction.LOST)
    if not is_same or _has_denial(new, old):
        changes = compare_statements([*before.statements, *shared], after.all_statements)
        yield from _select(Direction.LOST, changes)


def _has_denial(one: _Policies, other: _Policies) -> bool:
    """Whether a policy that only the one has denies something."""
    return any(statement.denies for arn in one.keys() - other.keys() for statement in one[arn])


def _select(direction: Direction, changes: Sequence[Change]) -> list[Change]:
    return [change for change in changes if change.direction is direction]


def _compare_aws_policies(
    direction: Direction, one: _Policies, other: _Policies, rest: Sequence[Statement]
) -> Iterator[Change]:
    """The policies that only the other has, as far as they allow more than the rest."""
    for arn in sorted(other.keys() - one.keys()):
        if changes := _find_changes(direction, tuple(_find_relevant(rest, other[arn])), other[arn]):
            yield _summarize(direction, arn, changes)


def _find_relevant(rest: Sequence[Statement], policy: tuple[Statement, ...]) -> Iterator[Statement]:
    """The statements that decide what a policy adds: those that may cover a resource of it.

    Others name resources of their own. Without them a fleet's principals have the rest in common.
    """
    resources = _list_resources(policy)
    for statement in rest:
        is_wide = statement.denies or bool(statement.not_resources)
        if is_wide or any(covers(one, other) for one in statement.resources for other in resources):
            yield statement


@lru_cache(maxsize=4096)
def _list_resources(policy: tuple[Statement, ...]) -> frozenset[str]:
    """The resources of a policy; the widest for all but some."""
    return frozenset(resource for each in policy for resource in each.resources or (ALL,))


@lru_cache(maxsize=4096)
def _find_changes(
    direction: Direction, rest: tuple[Statement, ...], policy: tuple[Statement, ...]
) -> tuple[Change, ...]:
    """What a policy adds to the rest, or takes away with it. A fleet has the same policies many times."""
    whole = (*rest, *policy)
    changes = compare_statements(rest, whole) if direction is Direction.GAINED else compare_statements(whole, rest)
    return tuple(_select(direction, changes))


def _summarize(direction: Direction, arn: str, changes: Sequence[Change]) -> Change:
    """All that a policy gives or takes, as one change: the worst of it in words, and every action in the detail."""
    worst_first = sorted(changes, key=lambda each: -(each.severity or 0))
    severity = worst_first[0].severity
    risks = list(dict.fromkeys(each.risk for each in worst_first if each.severity == severity))
    return Change(
        direction,
        Plane.AWS,
        (arn.rpartition("/")[2],),
        f"by the managed policy {quote_name(arn)}",
        join_words(risks, _SHOWN_RISKS),
        severity,
        detail=tuple(dict.fromkeys(action for each in worst_first for action in each.what)),
        key=f"aws-{direction}",
    )


def _describe_gain(each: Elsewhere) -> Change:
    if each.what == "managed policy" and not is_aws_policy(each.name):
        return _describe_policy(Direction.GAINED, each)
    what = f"the rights of the {each.what} {quote_name(each.name)} are not in this stack"
    if each.what == "managed policy":
        what += f", nor among the policies of AWS that are known here ({load_aws_policies()})"
    return Change(Direction.UNKNOWN, Plane.AWS, (), what, "read it before you approve", None, key="access-unknown")


def _describe_loss(each: Elsewhere, *, has_rights: bool) -> Iterator[Change]:
    """What is taken away with it; what it denied is allowed from now on, if anything else allows it."""
    yield _describe_policy(Direction.LOST, each)
    if has_rights:
        what = f"what the {each.what} {quote_name(each.name)} denied until now, since it is not in this stack"
        yield Change(Direction.UNKNOWN, Plane.AWS, (), what, "read it before you approve", None, key="access-unknown")


def _describe_policy(direction: Direction, each: Elsewhere) -> Change:
    is_gained = direction is Direction.GAINED
    verb, advice = ("has", ": read the policy") if is_gained else ("loses", "")
    return Change(
        direction,
        Plane.AWS,
        (each.name.rpartition("/")[2],),
        f"by the {each.what} {quote_name(each.name)}",
        f"{verb} rights that are not in this stack{advice}",
        Severity.MEDIUM if is_gained else None,
        key=f"aws-{direction}",
    )
