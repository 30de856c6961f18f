"""Whether a cluster answers, found out once for everybody who has to do with it.

A cluster that does not answer takes seconds to show it. So until one has answered, only one caller at a time knocks,
in a thread that nobody else needs; and where one stops answering, nobody goes on asking it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from ..outcome import FailedRequest, Verdict

KNOCKS = 3
"""How many times a cluster is knocked at."""
AT_ONCE = 3
"""How many lists one cluster is asked for at the same time."""
UNANSWERED = 9
"""After so many calls in a row without an answer, a cluster counts as gone."""
_Got = TypeVar("_Got")


@dataclass
class Door:
    """One cluster's API server."""

    closed: FailedRequest | None = None
    """Why nobody is let in; None while nothing speaks against it."""
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    """To be held for as long as a list is read: the longest one, begun early, would otherwise end long after all."""
    _first: asyncio.Lock = field(default_factory=asyncio.Lock)
    _is_known: bool = False
    _unanswered: int = 0

    async def knock(self, ask: Callable[[], Awaitable[str | FailedRequest]]) -> str | FailedRequest:
        """The cluster's answer to this caller."""
        async with self._first:
            if self.closed is None and not self._is_known:
                answer = await ask()
                self._is_known = True
                self.closed = _unreachable(answer)
                return answer
        return await ask() if self.closed is None else self.closed

    async def call(self, ask: Callable[[], Awaitable[_Got | FailedRequest]]) -> _Got | FailedRequest:
        """One call, of whoever holds a place."""
        if self.closed is not None:
            return self.closed
        answer = await ask()
        failed = _unreachable(answer)
        self._unanswered = self._unanswered + 1 if failed else 0
        if self._unanswered >= UNANSWERED:
            self.closed = failed
        return answer


class Doors:
    """The doors by the address behind them."""

    def __init__(self) -> None:
        self._by_endpoint: dict[str, Door] = {}

    def of(self, endpoint: str) -> Door:
        return self._by_endpoint.setdefault(endpoint, Door())


def _unreachable(got: object) -> FailedRequest | None:
    """The failure, where there was no answer at all."""
    if isinstance(got, FailedRequest) and got.answer.verdict is Verdict.UNREACHABLE and got.answer.status is None:
        return got
    return None
