"""Asking until the answer stands.

AWS and EKS are eventually consistent: for some seconds after a deployment a new role, binding or access entry may not
be known yet, and a removed one may still be. So an answer that may still change is asked for again until the deadline
of the whole probe. Which ones may:

- an allowed call that is denied or not authenticated, or a user whose groups are not the declared ones yet;
- a refused call that is allowed (a revocation may be under way) or not authenticated. A refusal that holds is final.

What passes by itself (throttling, no answer, an error of the server) is asked a few times and then told. Everything
else is final at once. Waits are jittered, and nobody waits in the place of another: a waiting call holds no thread.
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor

from tenacity import AsyncRetrying, RetryCallState, retry_if_result, wait_random_exponential

from ..checks.check import Check
from ..outcome import Answer, Outcome, Question, Result, Verdict, judge

PASSING_ATTEMPTS = 3
_LONGEST_WAIT = 5.0


def may_still_change(question: Question, answer: Answer) -> bool:
    """Whether this answer may be one of an AWS that has not caught up yet."""
    if judge(question, answer) is Result.AS_EXPECTED:
        return False
    return answer.verdict in (Verdict.ALLOWED, Verdict.DENIED, Verdict.NOT_AUTHENTICATED)


def is_passing(answer: Answer) -> bool:
    """Whether this answer tells of a hindrance that passes by itself."""
    server_error = answer.verdict is Verdict.COULD_NOT_ASK and (answer.status or 0) >= 500
    return answer.verdict in (Verdict.THROTTLED, Verdict.UNREACHABLE) or server_error


class Patience:
    """Asks checks, in the threads of `pool`, until their answers stand or `seconds` from now have passed."""

    def __init__(
        self,
        seconds: float,
        pool: Executor,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._pool = pool
        self._deadline = clock() + seconds

    async def settled(self, check: Check) -> Outcome:
        loop = asyncio.get_running_loop()
        started = self._clock()
        attempts = hindered = 0

        async def ask() -> Answer:
            nonlocal attempts, hindered
            if attempts:
                check.renew()
            attempts += 1
            answer = await loop.run_in_executor(self._pool, check.ask)
            hindered += is_passing(answer)
            return answer

        def stands(state: RetryCallState) -> bool:
            return hindered >= PASSING_ATTEMPTS or self._clock() + state.upcoming_sleep > self._deadline

        answer: Answer = await AsyncRetrying(
            sleep=self._sleep,
            retry=retry_if_result(lambda answer: may_still_change(check.question, answer) or is_passing(answer)),
            wait=wait_random_exponential(multiplier=0.5, max=_LONGEST_WAIT),
            stop=stands,
            retry_error_callback=_last,
        )(ask)
        return Outcome(check.question, answer, attempts, round(self._clock() - started, 3))


def _last(state: RetryCallState) -> Answer:
    assert state.outcome is not None, "a call was made before it was given up"
    answer: Answer = state.outcome.result()
    return answer
