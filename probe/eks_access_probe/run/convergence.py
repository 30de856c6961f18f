"""Whether the answers of a run still change, so that it is worth waiting for those that are not as expected.

Used within one event loop.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..checks.check import Check
from ..outcome import Answer


class Convergence:
    """Follows the checks that are under way, and when an answer changed last."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._answers: dict[Check, Answer] = {}
        self._waiting_since: dict[Check, float | None] = {}
        """The checks under way; with the moment since when one waits for another answer, or None if it does not."""
        self._changed_at = clock()

    @contextmanager
    def follow(self, check: Check) -> Iterator[None]:
        """Count the check as under way."""
        self._waiting_since[check] = None
        try:
            yield
        finally:
            del self._waiting_since[check]
            self._answers.pop(check, None)

    def record(self, check: Check, answer: Answer, *, is_waiting: bool) -> None:
        """Record an answer to a check under way, and whether the check waits for another one."""
        now, before = self._clock(), self._answers.get(check)
        if before is not None and _summarize(before) != _summarize(answer):
            self._changed_at = now
        self._answers[check] = answer
        since = self._waiting_since[check]
        self._waiting_since[check] = (now if since is None else since) if is_waiting else None

    def has_been_quiet(self, check: Check, seconds: float) -> bool:
        """Whether all checks under way wait for another answer, this one for so long, and no answer changed since."""
        since = self._waiting_since[check]
        if since is None or any(other is None for other in self._waiting_since.values()):
            return False
        return self._clock() - max(since, self._changed_at) >= seconds


def _summarize(answer: Answer) -> tuple[object, ...]:
    """What a change of the granted access would change: messages may have a new request id in every response."""
    return answer.verdict, answer.reason, answer.differences
