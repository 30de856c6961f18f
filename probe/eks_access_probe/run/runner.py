"""Runs the checks of all integrations concurrently, bounded by the thread pool of the retry policy.

A refusal shows something only once what was deployed has become visible: before that, everything is refused. So in each
plane (the trust policy, AWS, each cluster) the calls that must be allowed come first, and those that must be refused
after them; and every refusal is asked for once more when all other checks are done.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..checks.check import Check
from ..checks.plan import ClusterPlan, IntegrationPlan
from ..outcome import Answer, Outcome, Result, Verdict
from .progress import ProgressListener
from .retry import CheckRetryPolicy

QUIET_SECONDS = 30.0
"""Without any change for so long, an answer that is not as expected is final. The API server remembers the refusals of
EKS' authorizer for 30 seconds (authorization-webhook-cache-unauthorized-ttl).
https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/
"""
RBAC_QUIET_SECONDS = 10.0
"""The same for what RBAC alone grants: the API server evaluates that itself, and has shown the user's groups."""

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
    await runner.repeat_refusals()
    return [runner.outcomes[check] for plan in plans for check in plan]


class _Runner:
    def __init__(self, retry_policy: CheckRetryPolicy, listener: ProgressListener) -> None:
        self.outcomes: dict[Check, Outcome] = {}
        self._retry_policy = retry_policy
        self._listener = listener
        self._refused: set[Check] = set()
        """The checks whose refusal is not final before it is repeated."""

    async def run_integration(self, plan: IntegrationPlan) -> None:
        _log.debug("integration %s: %d checks, %d clusters", plan.name, len(list(plan)), len(plan.clusters))
        first = await self._run(plan.assume)
        if plan.is_assumed and first.answer.verdict is not Verdict.ALLOWED:
            # The refusal of a tampered request proves nothing while the genuine one is refused as well.
            for check in plan:
                if check is not plan.assume:
                    self._skip(check, first, Verdict.COULD_NOT_ASK)
            return
        by_rbac = not plan.access.identity.access_policies
        async with asyncio.TaskGroup() as tasks:
            if plan.has_account_checks:
                tasks.create_task(self._run_all(plan.tampered if plan.has_trust_checks else ()))
                tasks.create_task(self._run_plane(plan.aws, QUIET_SECONDS))
            for cluster in plan.clusters.values():
                tasks.create_task(self._run_cluster(cluster, by_rbac=by_rbac))

    async def repeat_refusals(self) -> None:
        """Ask once more for every refusal, in case that what would allow the call became visible only since."""
        for renew in {check.renew for check in self._refused}:
            # One new token for all checks of a session, as the API server keeps a user's groups with the old one.
            renew()
        async with asyncio.TaskGroup() as tasks:
            for check in self._refused:
                tasks.create_task(self._repeat(check))

    async def _run_cluster(self, plan: ClusterPlan, *, by_rbac: bool) -> None:
        first = await self._run(plan.identity)
        if first.answer.verdict is not Verdict.ALLOWED:
            for check in plan.calls:
                self._skip(check, first, first.answer.verdict)
            return
        # RBAC is in force at once, for the groups that the API server has shown.
        is_caught_up = by_rbac and first.result is Result.AS_EXPECTED
        await self._run_plane(plan.calls, RBAC_QUIET_SECONDS if by_rbac else QUIET_SECONDS, is_caught_up=is_caught_up)

    async def _run_plane(self, checks: Sequence[Check], quiet_seconds: float, *, is_caught_up: bool = False) -> None:
        """First what must be allowed, until it is or is not expected to be any more; then what must be refused.

        Unless something else shows that the plane `is_caught_up`, refusals show nothing where nothing is allowed.
        """
        allowed, refused = ([c for c in checks if c.question.allowed is which] for which in (True, False))
        await self._run_all(allowed, quiet_seconds)
        await self._run_all(refused, quiet_seconds)
        nothing_is_allowed = allowed and all(self.outcomes[check].result is Result.MISMATCH for check in allowed)
        if nothing_is_allowed and not is_caught_up:
            for check in set(refused) & self._refused:
                self._discount(check, self.outcomes[allowed[0]])

    async def _run_all(self, checks: Iterable[Check], quiet_seconds: float = QUIET_SECONDS) -> None:
        async with asyncio.TaskGroup() as tasks:
            for check in checks:
                tasks.create_task(self._run(check, quiet_seconds))

    async def _run(self, check: Check, quiet_seconds: float = QUIET_SECONDS) -> Outcome:
        outcome = await self._retry_policy.run(check, quiet_seconds=quiet_seconds)
        self.outcomes[check] = outcome
        if not check.question.allowed and outcome.result is Result.AS_EXPECTED:
            self._refused.add(check)
            return outcome
        return self._record(check, outcome)

    async def _repeat(self, check: Check) -> None:
        self._record(check, await self._retry_policy.run(check, quiet_seconds=QUIET_SECONDS))

    def _discount(self, check: Check, first: Outcome) -> None:
        """Record that the refusal shows nothing: not even the calls that must be allowed are, of which this is one."""
        self._refused.discard(check)
        outcome, call = self.outcomes[check], first.question.call
        answer = Answer(Verdict.COULD_NOT_ASK, None, "", f"refused, as is everything that must be allowed here: {call}")
        self._record(check, replace(outcome, answer=answer, waits_for=call))

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
