"""A question together with the call that asks it."""

from collections.abc import Callable
from dataclasses import dataclass

from ..outcome import Answer, Question


def _nothing() -> None:
    return None


@dataclass(frozen=True)
class Check:
    """`ask` makes one call and never raises for what the other side answers. `renew` is called before asking again."""

    question: Question
    ask: Callable[[], Answer]
    renew: Callable[[], None] = _nothing
