"""Runs the checks of all integrations concurrently, bounded by the thread pool of the retry policy."""

import asyncio
import logging
from collections.abc import Iterable

from ..checks.check import Check
from ..checks.plan import ClusterPlan, IntegrationPlan
from ..outcome import Answer, Outcome, Verdict
from .progress import ProgressListener
from .retry import CheckRetryPolicy

_log = logging.getLogger(__name__)


async def run_checks(
    plans: Iterable[IntegrationPlan], retry_policy: CheckRetryPolicy, listener: ProgressListener
) -> list[Outcome]:
    """The outcome of every check, in the order of the plans."""
    plans = list(plans)
    runner = _Runner(retry_policy, listener)
    async with asyncio.TaskGroup() as tasks:
        for plan in plans:
            tasks.create_task(runner.run_integration(plan))
    return [runner.outcomes[check] for plan in plans for check in plan]


class _Runner:
    def __init__(self, retry_policy: CheckRetryPolicy, listener: ProgressListener) -> None:
        self.outcomes: dict[Check, Outcome] = {}
        self._retry_policy = retry_policy
        self._listener = listener

    async def run_integration(self, plan: IntegrationPlan) -> None:
        _log.debug("integration %s: %d checks, %d clusters", plan.name, len(list(plan)), len(plan.clusters))
        first = await self._run(plan.assume)
        if plan.is_assumed and first.answer.verdict is not Verdict.ALLOWED:
            # The refusal of a tampered request proves nothing while the genuine one is refused as well.
            for check in plan:
                if check is not plan.assume:
                    self._skip(check, first, Verdict.COULD_NOT_ASK)
            return
        async with asyncio.TaskGroup() as tasks:
            for check in plan.account_checks:
                tasks.create_task(self._run(check))
            for cluster in plan.clusters.values():
                tasks.create_task(self._run_cluster(cluster))

    async def _run_cluster(self, plan: ClusterPlan) -> None:
        first = await self._run(plan.identity)
        if first.answer.verdict is not Verdict.ALLOWED:
            for check in plan.calls:
                self._skip(check, first, first.answer.verdict)
            return
        async with asyncio.TaskGroup() as tasks:
            for check in plan.calls:
                tasks.create_task(self._run(check))

    async def _run(self, check: Check) -> Outcome:
        return self._record(check, await self._retry_policy.run(check))

    def _skip(self, check: Check, first: Outcome, verdict: Verdict) -> None:
        """Record that the check was not run since the `first` one, which it depends on, failed."""
        call = first.question.call
        answer = Answer(verdict, None, "", f"not asked, because this failed: {call}")
        self._record(check, Outcome(check.question, answer, attempts=0, seconds=0.0, waits_for=call))

    def _record(self, check: Check, outcome: Outcome) -> Outcome:
        question = outcome.question
        _log.debug(
            "%s%s: %s: %s, %s after %d attempts in %.3f s",
            question.integration,
            f" in {question.cluster}" if question.cluster else "",
            question.call,
            outcome.result,
            outcome.answer.verdict,
            outcome.attempts,
            outcome.seconds,
        )
        self.outcomes[check] = outcome
        self._listener.check_finished(outcome)
        return outcome
