"""A question together with the call that answers it."""

from collections.abc import Callable
from dataclasses import dataclass

from ..outcome import Answer, Question


def _renew_nothing() -> None:
    return None


@dataclass(frozen=True)
class Check:
    """`ask` makes one call and returns every response as an answer. `renew` is called before each retry."""

    question: Question
    ask: Callable[[], Answer]
    renew: Callable[[], None] = _renew_nothing
