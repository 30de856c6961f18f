"""Retrying calls: attempts, exponential backoff with jitter, `Retry-After`, a deadline, renewal of credentials.

AWS and EKS are eventually consistent: for some seconds after a deployment a new role, binding or access entry may not
be visible yet, and a removed one may still be. Therefore a check is retried until the deadline of the whole probe while
its answer may still change:

- an allowed call that is denied or not authenticated, or a user whose groups are not the declared ones yet;
- a refused call that is allowed (a revocation may be under way) or not authenticated. An expected refusal is not
  retried: when it is asked, and that it is asked again at the end, is decided by `runner`.

Once nothing else is under way and no answer has changed for a while, waiting for the deadline is given up: see
`convergence`.

Transient failures (throttling, no response, 5xx) are retried a few times and then reported. Everything else is final at
once. A call that waits for its retry occupies no thread.
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from functools import partial
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_result, wait_random_exponential

from ..checks.check import Check
from ..outcome import Answer, FailedRequest, Outcome, Question, Result, Verdict, evaluate_answer
from .convergence import Convergence

MAX_ATTEMPTS = 3
"""Attempts at a check that end in a transient failure."""
MAX_REQUEST_ATTEMPTS = 5
"""Attempts at a request that end in a transient failure other than throttling."""
MAX_THROTTLED_ATTEMPTS = 30
"""Attempts at a request that end in throttling or in a failure with `Retry-After`."""
MAX_UNAUTHENTICATED_ATTEMPTS = 3
"""Tokens that a request is tried with: the current one, a new one, and one of a new session of the role."""
LATE_SECONDS = 10.0
"""A check that is begun when the deadline is near or past may be retried for this long, if any check may."""
CHECK_BACKOFF = wait_random_exponential(multiplier=0.5, max=5.0)
REQUEST_BACKOFF = wait_random_exponential(multiplier=0.25, max=5.0)

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")


def is_transient(answer: Answer) -> bool:
    """Whether the answer is a transient failure: throttling, no response or an error of the server."""
    server_error = answer.verdict is Verdict.COULD_NOT_ASK and (answer.status or 0) >= 500
    return answer.verdict in (Verdict.THROTTLED, Verdict.UNREACHABLE) or server_error


def may_be_inconsistent(question: Question, answer: Answer) -> bool:
    """Whether an unexpected answer may be due to eventual consistency."""
    if evaluate_answer(question, answer) is Result.AS_EXPECTED:
        return False
    return answer.verdict in (Verdict.ALLOWED, Verdict.DENIED, Verdict.NOT_AUTHENTICATED)


class RetryPolicy:
    """Repeats a call until its result is final, its attempts are exhausted, or the next attempt would be too late.

    `deadline` is a moment of `clock`.
    """

    def __init__(
        self,
        deadline: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._deadline = deadline
        self._clock = clock
        self._sleep = sleep

    async def _retry(
        self,
        attempt: Callable[[], Awaitable[_Result]],
        *,
        name: str,
        is_retryable: Callable[[_Result], bool],
        is_exhausted: Callable[[], bool],
        backoff: Callable[[RetryCallState], float],
        deadline: float | None = None,
    ) -> _Result:
        last = self._deadline if deadline is None else deadline

        def is_last(state: RetryCallState) -> bool:
            return is_exhausted() or self._clock() + state.upcoming_sleep > last

        result: _Result = await AsyncRetrying(
            sleep=self._sleep,
            retry=retry_if_result(is_retryable),
            wait=backoff,
            stop=is_last,
            before_sleep=partial(_log_retry, name),
            retry_error_callback=_last_result,
        )(attempt)
        return result


class CheckRetryPolicy(RetryPolicy):
    """Runs checks in the threads of `pool` until their answers are final or `seconds` from now have passed."""

    def __init__(
        self,
        seconds: float,
        pool: Executor,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        super().__init__(clock() + seconds, clock=clock, sleep=sleep)
        self._pool = pool
        self._late_seconds = min(seconds, LATE_SECONDS)
        self._convergence = Convergence(clock)

    async def run(self, check: Check, *, quiet_seconds: float | None = None) -> Outcome:
        """The outcome of the check. Its credential is renewed before each retry.

        With `quiet_seconds`, the deadline is not waited for once the run has been without a change for so long.
        """
        with self._convergence.follow(check):
            return await self._run(check, quiet_seconds)

    async def _run(self, check: Check, quiet_seconds: float | None) -> Outcome:
        loop = asyncio.get_running_loop()
        started = self._clock()
        attempts = transient_failures = 0

        async def attempt() -> Answer:
            nonlocal attempts, transient_failures
            if attempts:
                check.renew()
            attempts += 1
            answer = await loop.run_in_executor(self._pool, check.ask)
            transient_failures += is_transient(answer)
            self._convergence.record(check, answer, is_waiting=may_be_inconsistent(check.question, answer))
            return answer

        def is_exhausted() -> bool:
            is_settled = quiet_seconds is not None and self._convergence.has_been_quiet(check, quiet_seconds)
            return transient_failures >= MAX_ATTEMPTS or is_settled

        answer = await self._retry(
            attempt,
            name=check.question.call,
            is_retryable=lambda answer: may_be_inconsistent(check.question, answer) or is_transient(answer),
            is_exhausted=is_exhausted,
            backoff=CHECK_BACKOFF,
            deadline=max(self._deadline, started + self._late_seconds),
        )
        return Outcome(check.question, answer, attempts, round(self._clock() - started, 3))


class RequestRetryPolicy(RetryPolicy):
    """Repeats requests that fail in a transient way, after the server's `Retry-After` or a backoff.

    Before the retry of a request that was not authenticated, `renew` is called with the number of such failures so far:
    a token that is not accepted any more is renewed first, and the role's session only if that does not help.
    """

    def __init__(
        self,
        renew: Callable[[int], None],
        *,
        deadline: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        super().__init__(deadline, clock=clock, sleep=sleep)
        self._renew = renew

    async def run(
        self, request: Callable[[], Awaitable[_Result | FailedRequest]], *, max_attempts: int | None = None
    ) -> _Result | FailedRequest:
        """The request's result, or its last failure; `max_attempts` replaces MAX_REQUEST_ATTEMPTS."""
        transient_failures = throttled = unauthenticated = 0

        async def attempt() -> _Result | FailedRequest:
            nonlocal transient_failures, throttled, unauthenticated
            if unauthenticated:
                self._renew(unauthenticated)
            result = await request()
            if isinstance(result, FailedRequest):
                if result.answer.verdict is Verdict.NOT_AUTHENTICATED:
                    unauthenticated += 1
                elif result.retry_after is not None or result.answer.verdict is Verdict.THROTTLED:
                    throttled += 1
                else:
                    transient_failures += 1
            return result

        def is_exhausted() -> bool:
            return (
                transient_failures >= (max_attempts or MAX_REQUEST_ATTEMPTS)
                or throttled >= MAX_THROTTLED_ATTEMPTS
                or unauthenticated >= MAX_UNAUTHENTICATED_ATTEMPTS
            )

        return await self._retry(
            attempt,
            name="request",
            is_retryable=_is_retryable_request,
            is_exhausted=is_exhausted,
            backoff=_retry_after_or_backoff,
        )


def _is_retryable_request(result: object) -> bool:
    return isinstance(result, FailedRequest) and (
        is_transient(result.answer) or result.answer.verdict is Verdict.NOT_AUTHENTICATED
    )


def _retry_after_or_backoff(state: RetryCallState) -> float:
    result = _last_result(state)
    retry_after = result.retry_after if isinstance(result, FailedRequest) else None
    return REQUEST_BACKOFF(state) if retry_after is None else retry_after


def _last_result(state: RetryCallState) -> object:
    assert state.outcome is not None, "an attempt was made before its result is looked at"
    return state.outcome.result()


def _log_retry(name: str, state: RetryCallState) -> None:
    result = _last_result(state)
    answer = result.answer if isinstance(result, FailedRequest) else result
    reason = f"{answer.verdict}: {answer.evidence}" if isinstance(answer, Answer) else "not final"
    _log.debug("%s: retrying attempt %d in %.2f s: %s", name, state.attempt_number, state.upcoming_sleep, reason)
