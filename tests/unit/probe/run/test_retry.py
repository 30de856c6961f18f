import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, repeat

import pytest

from eks_access_probe.checks.check import Check
from eks_access_probe.outcome import Answer, Outcome, Plane, Question, Verdict
from eks_access_probe.run.retry import MAX_ATTEMPTS, CheckRetryPolicy

ALLOWED, DENIED = Answer(Verdict.ALLOWED, 200), Answer(Verdict.DENIED, 403)
UNKNOWN_YET = Answer(Verdict.NOT_AUTHENTICATED, 401)
THROTTLED, UNREACHABLE = Answer(Verdict.THROTTLED, 429), Answer(Verdict.UNREACHABLE)
SERVER_ERROR, NO_CREDENTIAL = Answer(Verdict.COULD_NOT_ASK, 500), Answer(Verdict.COULD_NOT_ASK)
OTHER_GROUPS = Answer(Verdict.ALLOWED, 201, differences=("the group 'x' is missing",))
DEADLINE = 60.0


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.waits: list[float] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def settled(expected_allowed: bool, answers: Sequence[Answer], deadline: float = DEADLINE) -> tuple[Outcome, Time, int]:
    """The outcome where these answers come one after the other, the last one for ever."""
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
        (True, [UNKNOWN_YET, UNKNOWN_YET, ALLOWED]),
        (True, [UNKNOWN_YET, DENIED, ALLOWED]),
        (True, [OTHER_GROUPS, OTHER_GROUPS, ALLOWED]),
        (False, [ALLOWED, ALLOWED, DENIED]),
        (False, [UNKNOWN_YET, ALLOWED, DENIED]),
        (True, [THROTTLED, UNREACHABLE, ALLOWED]),
    ],
)
def test_an_answer_that_is_not_consistent_yet_is_asked_for_again(allowed: bool, answers: list[Answer]) -> None:
    outcome, time, renewed = settled(allowed, answers)
    assert outcome.answer is answers[-1]
    assert outcome.attempts == 3
    assert renewed == 2, "each new attempt comes with a new token"
    assert len(time.waits) == 2


@pytest.mark.parametrize(
    ("allowed", "answer"), [(True, ALLOWED), (False, DENIED), (True, NO_CREDENTIAL), (False, NO_CREDENTIAL)]
)
def test_a_final_answer_is_asked_for_once(allowed: bool, answer: Answer) -> None:
    outcome, time, renewed = settled(allowed, [answer])
    assert (outcome.attempts, time.waits, renewed) == (1, [], 0)


@pytest.mark.parametrize(
    ("allowed", "answer"), [(True, DENIED), (True, UNKNOWN_YET), (True, OTHER_GROUPS), (False, ALLOWED)]
)
def test_an_answer_that_never_changes_is_told_at_the_deadline_and_not_after_it(allowed: bool, answer: Answer) -> None:
    outcome, time, _ = settled(allowed, [answer])
    assert outcome.answer is answer
    assert outcome.attempts > 5, "it was asked again and again"
    assert DEADLINE - 5.0 <= time.now - 1000.0 <= DEADLINE, "the last attempt was close to the deadline"


def test_waits_are_jittered_and_grow_to_a_limit() -> None:
    _, time, _ = settled(True, [DENIED])
    assert len(set(time.waits)) == len(time.waits), "no two waits are the same"
    assert max(time.waits) <= 5.0


@pytest.mark.parametrize("answer", [THROTTLED, UNREACHABLE, SERVER_ERROR])
def test_a_hindrance_is_tried_a_few_times_and_not_to_the_deadline(answer: Answer) -> None:
    outcome, time, _ = settled(True, [answer])
    assert outcome.attempts == MAX_ATTEMPTS
    assert time.now - 1000.0 < DEADLINE / 2, "one unreachable cluster must not use up everybody's time"


def test_without_a_deadline_everything_is_asked_once() -> None:
    outcome, time, _ = settled(True, [DENIED], deadline=0)
    assert (outcome.attempts, time.waits) == (1, [])
