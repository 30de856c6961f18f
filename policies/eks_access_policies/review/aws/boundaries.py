"""Compares permissions boundaries, which limit what all other policies of a principal allow. Pure.

A boundary that goes, or is widened, is graded by what it kept out: the actions that the principal's policies allow, and
that the boundary did not. https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from collections.abc import Sequence

from ...finding import Severity
from ...iam import Statement
from ..change import Change, Direction, Plane
from ..formatting import join_words, quote_name
from ..side import PrincipalAccess
from .denials import compare_denials
from .permissions import AwsPermissions
from .statements import compare_allowed, compare_statements

_SHOWN_RISKS = 4


def compare_boundaries(before: PrincipalAccess, after: PrincipalAccess) -> list[Change]:
    """A permissions boundary that is removed, added or changed, and what that makes possible."""
    old, new = before.boundary_statements, after.boundary_statements
    if before.boundary == after.boundary and old == new:
        return []
    if before.boundary is None:
        where = f"now limited by {quote_name(after.boundary)}"
        return [_create_change(Direction.LOST, where, "rights beyond it are lost")]
    if after.boundary is None:
        return [_describe_removal(before, after)]
    if before.boundary == after.boundary:
        where = f"limited by {quote_name(after.boundary)}, which is changed"
    else:
        where = f"limited by {quote_name(after.boundary)}, instead of {quote_name(before.boundary)}"
    if old is None or new is None:
        return [_create_change(Direction.GAINED, where, "can use rights that the boundary denied", Severity.MEDIUM)]
    return _compare_documents(where, old, new, after)


def _describe_removal(before: PrincipalAccess, after: PrincipalAccess) -> Change:
    where = f"no longer limited by {quote_name(before.boundary)}"
    if before.boundary_statements is None or after.elsewhere:
        return _create_change(Direction.GAINED, where, "can use rights that the boundary denied", Severity.HIGH)
    kept_out = _find_kept_out(before.boundary_statements, None, after)
    return _describe_gain(where, kept_out)


def _compare_documents(
    where: str, old: Sequence[Statement], new: Sequence[Statement], after: PrincipalAccess
) -> list[Change]:
    """What a boundary lets through that the earlier one did not."""
    changes = compare_statements(old, new)
    widened = [each for each in changes if each.direction is Direction.GAINED]
    if widened:
        return [_describe_gain(where, widened if after.elsewhere else _find_kept_out(old, new, after))]
    if changes:
        return [_create_change(Direction.LOST, where, "rights beyond it are lost")]
    return []


def _find_kept_out(
    old: Sequence[Statement], new: Sequence[Statement] | None, after: PrincipalAccess
) -> Sequence[Change]:
    """The rights that the policies give, that the old boundary kept out and that the new one lets through."""
    within = None if new is None else AwsPermissions(tuple(new))
    limit = AwsPermissions(tuple(old))
    rights = AwsPermissions((*after.all_statements, *(each for each in new or () if each.denies)))
    return [
        *compare_allowed(Direction.GAINED, limit, rights, within),
        *compare_denials(Direction.GAINED, rights, limit),
    ]


def _describe_gain(where: str, kept_out: Sequence[Change]) -> Change:
    if not kept_out:
        risk = "can use every right that its policies are given later; the boundary kept out none of those it has"
        return _create_change(Direction.GAINED, where, risk, Severity.LOW)
    risks = list(dict.fromkeys(each.risk for each in sorted(kept_out, key=lambda each: each.order)))
    return _create_change(
        Direction.GAINED,
        where,
        f"can use rights that the boundary denied: {join_words(risks, _SHOWN_RISKS)}",
        Severity(max(each.severity or 0 for each in kept_out)),
        tuple(sorted({action for each in kept_out for action in each.detail})),
    )


def _create_change(
    direction: Direction, where: str, risk: str, severity: Severity | None = None, detail: tuple[str, ...] = ()
) -> Change:
    what = ("permissions boundary",)
    return Change(direction, Plane.AWS, what, where, risk, severity, detail=detail, key=f"aws-{direction}")
