"""Finds statements of policies that IAM would not accept, so that their effect cannot be determined. Pure."""

from collections.abc import Iterable, Iterator

from ..iam import Statement
from .change import Change, Direction, Plane


def find_unreadable(plane: Plane, before: Iterable[Statement], after: Iterable[Statement]) -> Iterator[Change]:
    """What one side has and the other has not, and neither allows nor denies anything that can be determined."""
    known = {_explain(statement) for statement in before}
    for reason in dict.fromkeys(map(_explain, after)):
        if reason and reason not in known:
            policy = "its trust policy" if plane is Plane.TRUST else "one of its policies"
            where = f"{policy} has a statement {reason}"
            yield Change(Direction.UNKNOWN, plane, (), where, "read it before you approve", None, key="access-unknown")


def _explain(statement: Statement) -> str:
    """What is wrong with the statement; empty if nothing is."""
    if not statement.effect:
        return "whose Effect is neither Allow nor Deny"
    if not statement.elements & {"Action", "NotAction"}:
        return "with neither Action nor NotAction"
    if statement.elements & {"Principal", "NotPrincipal"} and not (statement.principals or statement.not_principals):
        return "whose Principal is of no known type"
    return ""
