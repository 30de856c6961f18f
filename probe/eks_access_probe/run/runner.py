"""The flow: become each integration, then ask everything at once, bounded by the pool that asks."""

import asyncio
from collections.abc import Iterable
from typing import Protocol

from ..checks.check import Check
from ..outcome import Answer, Outcome, Verdict
from .plan import ClusterPlan, IntegrationPlan
from .retry import Patience


class Listener(Protocol):
    """Is told of each outcome as it comes."""

    def settled(self, outcome: Outcome) -> None: ...


async def run(plans: Iterable[IntegrationPlan], patience: Patience, listener: Listener) -> list[Outcome]:
    """The outcome of every check, in the order of the plan."""
    plans = list(plans)
    run = _Run(patience, listener)
    async with asyncio.TaskGroup() as tasks:
        for integration in plans:
            tasks.create_task(run.integration(integration))
    return [run.outcomes[check] for integration in plans for check in integration]


class _Run:
    def __init__(self, patience: Patience, listener: Listener) -> None:
        self.outcomes: dict[Check, Outcome] = {}
        self._patience = patience
        self._listener = listener

    async def integration(self, integration: IntegrationPlan) -> None:
        first = await self._ask(integration.assume)
        if integration.assumed and first.answer.verdict is not Verdict.ALLOWED:
            # A refusal of a changed request shows nothing while the unchanged one is refused as well.
            for check in integration:
                if check is not integration.assume:
                    self._leave(check, first, Verdict.COULD_NOT_ASK)
            return
        async with asyncio.TaskGroup() as tasks:
            for check in integration.once:
                tasks.create_task(self._ask(check))
            for cluster in integration.clusters.values():
                tasks.create_task(self._cluster(cluster))

    async def _cluster(self, cluster: ClusterPlan) -> None:
        first = await self._ask(cluster.identity)
        if first.answer.verdict is not Verdict.ALLOWED:
            for check in cluster.calls:
                self._leave(check, first, first.answer.verdict)
            return
        async with asyncio.TaskGroup() as tasks:
            for check in cluster.calls:
                tasks.create_task(self._ask(check))

    async def _ask(self, check: Check) -> Outcome:
        return self._settle(check, await self._patience.settled(check))

    def _leave(self, check: Check, first: Outcome, verdict: Verdict) -> None:
        call = first.question.call
        answer = Answer(verdict, None, "", f"not asked, because this failed: {call}")
        self._settle(check, Outcome(check.question, answer, attempts=0, seconds=0.0, waits_for=call))

    def _settle(self, check: Check, outcome: Outcome) -> Outcome:
        self.outcomes[check] = outcome
        self._listener.settled(outcome)
        return outcome
