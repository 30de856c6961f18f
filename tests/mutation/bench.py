"""A bench for mutation tests: one change of the granted access must make its checks fail, and no others.

The probe's own checks are run directly against a real sandbox. A change takes a moment to become visible, so its check
is repeated until it fails; then all checks of the same place are run once.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import pytest

from eks_access.manifest import models as manifests
from eks_access.manifest.models import AwsExpectation, IntegrationAccess, KubernetesExpectation, Manifest
from eks_access_probe.checks.check import Check
from eks_access_probe.checks.plan import IntegrationPlan
from eks_access_probe.identity.assume_role import Actor
from eks_access_probe.identity.aws_clients import Aws
from eks_access_probe.identity.identities import Identities, Identity
from eks_access_probe.outcome import Result, evaluate_answer
from eks_access_probe.run.plan import build_plans
from sandbox import Sandbox

SECONDS = 20
"""Time-out for a change to become visible; it takes a fraction of a second if nothing else runs."""
E_ = TypeVar("E_")


@dataclass(frozen=True)
class Line(Generic[E_]):
    """One expectation with its check."""

    expectation: E_
    check: Check

    @property
    def call(self) -> str:
        question = self.check.question
        return f"{'may' if question.allowed else 'may not'} {question.call} ({question.detail})"

    def holds(self) -> bool:
        self.check.renew()
        return evaluate_answer(self.check.question, self.check.ask()) is Result.AS_EXPECTED


@dataclass
class Tally:
    """The results of a run over mutations."""

    detected: int = 0
    several: list[str] = field(default_factory=list)
    """Mutations that made several checks fail, as they must: the right is in several of them."""
    missed: list[str] = field(default_factory=list)
    not_grantable: list[str] = field(default_factory=list)
    """Checks that no grant can make fail, with the reason."""

    def add(self, other: "Tally") -> None:
        self.detected += other.detected
        for mine, theirs in ((self.several, other.several), (self.missed, other.missed)):
            mine += theirs
        self.not_grantable += other.not_grantable

    def turned(self, where: str, line: Line[Any], expected: set[str], turned: set[str]) -> None:
        if line.call in turned and turned == expected:
            self.detected += 1
            if len(turned) > 1:
                self.several.append(f"{where}: {line.call}: {len(turned)} checks")
        else:
            difference = f"also failed {sorted(turned - expected)}, did not fail {sorted(expected - turned)}"
            self.missed.append(f"{where}: {line.call}: {difference}")


class Bench:
    def __init__(self, sandbox: Sandbox, manifest: Mapping[str, Any], identities: Identities) -> None:
        self.sandbox = sandbox
        self.manifest: Manifest = manifests.read(manifest)
        self.identities = identities
        self._aws = Aws(sandbox.endpoint)
        self._plans: dict[str, IntegrationPlan] = {}
        self._pool = ThreadPoolExecutor(4)

    def access(self, name: str) -> IntegrationAccess:
        return self.manifest.integrations[name]

    def plan(self, name: str, *, fresh: bool = False) -> IntegrationPlan:
        """The checks of this integration, with one session for all of them; with a new one if `fresh`."""
        if fresh or name not in self._plans:
            (self._plans[name],) = build_plans(self.manifest, self.identities, self._aws, integrations=[name])
        return self._plans[name]

    def session_name(self, access: IntegrationAccess) -> str:
        """The name of the session that the probe assumes."""
        (name,) = (name for name, one in self.manifest.integrations.items() if one == access)
        return Actor(self._aws, name, access, self.identities).session().arn.rpartition("/")[2]

    def aws_lines(self, name: str) -> list[Line[AwsExpectation]]:
        """The checks of calls, without those of registrations and of undeclared permissions."""
        calls = [check for check in self.plan(name).aws if check.question.verb == "call"]
        return [Line(e, c) for e, c in zip(self.access(name).aws, calls, strict=True)]

    def cluster_lines(self, name: str, cluster: str) -> list[Line[KubernetesExpectation]]:
        """The checks of calls to one cluster, without that of undeclared permissions."""
        *calls, _ = self.plan(name).clusters[cluster].calls
        return [Line(e, c) for e, c in zip(self.access(name).kubernetes, calls, strict=True)]

    def not_holding(self, lines: Sequence[Line[Any]]) -> set[str]:
        results = self._pool.map(lambda line: line.holds(), lines)
        return {line.call for line, holds in zip(lines, results, strict=True) if not holds}

    def try_out(
        self,
        tally: Tally,
        where: str,
        line: Line[Any],
        lines: Sequence[Line[Any]],
        expected: set[str],
        mutated: AbstractContextManager[None],
    ) -> None:
        """Apply the change, record which checks fail, revert it, and assert that they pass again."""
        with mutated:
            until(lambda: not line.holds())
            tally.turned(where, line, expected, self.not_holding(lines))
        assert until(line.holds), f"{where}: {line.call} passes again after the change is reverted"


def until(happened: Callable[[], bool], seconds: float = SECONDS) -> bool:
    """Whether it happened before the deadline."""
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@contextmanager
def environment(sandbox: Sandbox) -> Iterator[None]:
    """This process's environment replaced by the sandbox's, since the checks are run from here."""
    with pytest.MonkeyPatch.context() as patch:
        for name in set(os.environ) - set(sandbox.env):
            patch.delenv(name)
        for name, value in sandbox.env.items():
            patch.setenv(name, value)
        yield


def with_identities(known: Identities, more: Mapping[str, Identity]) -> Identities:
    return known.model_copy(update={"integrations": {**known.integrations, **more}})
