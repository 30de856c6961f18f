"""Asking again for what passes by itself: 429, an error of the server, a dropped connection, a body that is cut off.

A token that is not accepted any more is renewed; then, if that was not it, the role's session. Waits are jittered, or
as long as the server asks for, and hold no thread.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_result, wait_random_exponential

from ..collector.fetch import FailedRequest
from ..outcome import Verdict
from .retry import is_passing

HINDERED = 5
"""How many times is asked, while nothing but the server's own wish makes it wait."""
THROTTLED = 30
"""How many times while the server asks for patience."""
NOT_RECOGNISED = 3
"""How many tokens are tried: the one at hand, a new one, and one of a new session of the role."""
_BACK_OFF = wait_random_exponential(multiplier=0.25, max=5.0)
_Got = TypeVar("_Got")


class Patient:
    """Asks until there is an answer, or asking again cannot help.

    `renew` is told how many times in a row the caller was not recognised; `deadline` is a moment of `clock`, after
    which nothing is asked again.
    """

    def __init__(
        self,
        renew: Callable[[int], None],
        *,
        deadline: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._renew = renew
        self._deadline = deadline
        self._clock = clock
        self._sleep = sleep

    async def __call__(
        self, ask: Callable[[], Awaitable[_Got | FailedRequest]], *, attempts: int | None = None
    ) -> _Got | FailedRequest:
        hindered = throttled = unknown = 0

        async def once() -> _Got | FailedRequest:
            nonlocal hindered, throttled, unknown
            if unknown:
                self._renew(unknown)
            got = await ask()
            if isinstance(got, FailedRequest):
                is_unknown = got.answer.verdict is Verdict.NOT_AUTHENTICATED
                is_throttled = got.after is not None or got.answer.verdict is Verdict.THROTTLED
                unknown += is_unknown
                throttled += is_throttled and not is_unknown
                hindered += not is_throttled and not is_unknown
            return got

        def stands(state: RetryCallState) -> bool:
            enough = hindered >= (attempts or HINDERED) or throttled >= THROTTLED or unknown >= NOT_RECOGNISED
            return enough or self._clock() + state.upcoming_sleep > self._deadline

        got: _Got | FailedRequest = await AsyncRetrying(
            sleep=self._sleep,
            retry=retry_if_result(_may_pass),
            wait=_wait,
            stop=stands,
            retry_error_callback=_result,
        )(once)
        return got


def _may_pass(got: object) -> bool:
    return isinstance(got, FailedRequest) and (
        is_passing(got.answer) or got.answer.verdict is Verdict.NOT_AUTHENTICATED
    )


def _wait(state: RetryCallState) -> float:
    got = _result(state)
    asked = got.after if isinstance(got, FailedRequest) else None
    return _BACK_OFF(state) if asked is None else asked


def _result(state: RetryCallState) -> object:
    assert state.outcome is not None, "it was asked for before it was given up"
    return state.outcome.result()
