import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, repeat

import pytest

from eks_access_probe.checks.check import Check
from eks_access_probe.outcome import Answer, Outcome, Plane, Question, Verdict
from eks_access_probe.run.retry import MAX_ATTEMPTS, CheckRetryPolicy

ALLOWED, DENIED = Answer(Verdict.ALLOWED, 200), Answer(Verdict.DENIED, 403)
NOT_YET_KNOWN = Answer(Verdict.NOT_AUTHENTICATED, 401)
THROTTLED, UNREACHABLE = Answer(Verdict.THROTTLED, 429), Answer(Verdict.UNREACHABLE)
SERVER_ERROR, NO_CREDENTIAL = Answer(Verdict.COULD_NOT_ASK, 500), Answer(Verdict.COULD_NOT_ASK)
OTHER_GROUPS = Answer(Verdict.ALLOWED, 201, differences=("the group 'x' is missing",))
DEADLINE = 60.0


class Time:
    """A clock that advances only by sleeping."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.waits: list[float] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def run(expected_allowed: bool, answers: Sequence[Answer], deadline: float = DEADLINE) -> tuple[Outcome, Time, int]:
    """The outcome of a check with this sequence of answers, the last of them for ever."""
    time, renewed = Time(), []
    coming = chain(answers, repeat(answers[-1]))
    question = Question("acme", Plane.KUBERNETES, "list", "pods", expected_allowed, "", "api")
    check = Check(question, lambda: next(coming), lambda: renewed.append(1))
    with ThreadPoolExecutor(1) as pool:
        outcome = asyncio.run(CheckRetryPolicy(deadline, pool, clock=time.clock, sleep=time.sleep).run(check))
    return outcome, time, len(renewed)


@pytest.mark.parametrize(
    ("allowed", "answers"),
    [
        (True, [NOT_YET_KNOWN, NOT_YET_KNOWN, ALLOWED]),
        (True, [NOT_YET_KNOWN, DENIED, ALLOWED]),
        (True, [OTHER_GROUPS, OTHER_GROUPS, ALLOWED]),
        (False, [ALLOWED, ALLOWED, DENIED]),
        (False, [NOT_YET_KNOWN, ALLOWED, DENIED]),
        (True, [THROTTLED, UNREACHABLE, ALLOWED]),
    ],
)
def test_an_inconsistent_answer_is_retried(allowed: bool, answers: list[Answer]) -> None:
    outcome, time, renewed = run(allowed, answers)
    assert outcome.answer is answers[-1]
    assert outcome.attempts == 3
    assert renewed == 2, "each new attempt comes with a new token"
    assert len(time.waits) == 2


@pytest.mark.parametrize(
    ("allowed", "answer"), [(True, ALLOWED), (False, DENIED), (True, NO_CREDENTIAL), (False, NO_CREDENTIAL)]
)
def test_a_final_answer_is_not_retried(allowed: bool, answer: Answer) -> None:
    outcome, time, renewed = run(allowed, [answer])
    assert (outcome.attempts, time.waits, renewed) == (1, [], 0)


@pytest.mark.parametrize(
    ("allowed", "answer"), [(True, DENIED), (True, NOT_YET_KNOWN), (True, OTHER_GROUPS), (False, ALLOWED)]
)
def test_an_answer_that_never_changes_is_retried_until_the_deadline(allowed: bool, answer: Answer) -> None:
    outcome, time, _ = run(allowed, [answer])
    assert outcome.answer is answer
    assert outcome.attempts > 5, "it was retried many times"
    assert DEADLINE - 5.0 <= time.now - 1000.0 <= DEADLINE, "the last attempt was close to the deadline"


def test_waits_are_jittered_and_grow_to_a_limit() -> None:
    _, time, _ = run(True, [DENIED])
    assert len(set(time.waits)) == len(time.waits), "no two waits are the same"
    assert max(time.waits) <= 5.0


@pytest.mark.parametrize("answer", [THROTTLED, UNREACHABLE, SERVER_ERROR])
def test_a_transient_failure_is_retried_a_few_times_and_not_until_the_deadline(answer: Answer) -> None:
    outcome, time, _ = run(True, [answer])
    assert outcome.attempts == MAX_ATTEMPTS
    assert time.now - 1000.0 < DEADLINE / 2, "one unreachable cluster must not use up the time of the others"


def test_a_deadline_of_zero_allows_one_attempt() -> None:
    outcome, time, _ = run(True, [DENIED], deadline=0)
    assert (outcome.attempts, time.waits) == (1, [])


def test_a_retry_is_logged_with_its_attempt_delay_and_reason(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG", "eks_access_probe.run.retry"):
        _, time, _ = run(True, [THROTTLED, ALLOWED])
    (line,) = caplog.messages
    assert line == f"list pods: retrying attempt 1 in {time.waits[0]:.2f} s: throttled: 429"
