"""Conditions that every request of a role or user meets: a Deny under them is one without."""

from datetime import datetime

from .conditions import Binding, Family, Test, binding
from .glob import is_anything
from .satisfiability import CLOCK, time_of

_ALWAYS_THERE = frozenset(
    {*CLOCK, "aws:principalaccount", "aws:principalarn", "aws:principaltype", "aws:securetransport", "aws:userid"}
)
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html, "Availability\""""


def is_always_met(test: Test, now: datetime) -> bool:
    """Does it hold whatever is asked, and whoever asks? Where that is not sure, it does not."""
    kind, there = test.operator, test.lower_key in _ALWAYS_THERE
    if kind.family is Family.NULL:
        return there and binding(test) is Binding.PRESENT
    if kind.family is Family.DATE and test.lower_key in CLOCK and "greaterthan" in kind.base:
        return any(time is not None and time < now for time in map(time_of, test.values))
    if kind.family is Family.BOOL and test.lower_key == "aws:securetransport":
        return "true" in map(str.lower, test.values)
    if kind.family is not Family.STRING or not kind.globs or kind.negated or kind.quantifier == "ForAnyValue":
        return False
    return (there or kind.lets_absent_through) and any(map(is_anything, test.values))
