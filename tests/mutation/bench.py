"""A bench for mutations: one change of what is granted, the lines that it must turn, and nothing else turned.

The probe's own checks are asked directly, against a real sandbox. A change takes a moment to be seen, so the line that
it is about is asked until it turns; then all lines of the same place are asked once.
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
"""For a change to be seen where nothing else runs; it is a fraction of one."""
E_ = TypeVar("E_")


@dataclass(frozen=True)
class Line(Generic[E_]):
    """One expectation and the check that asks it."""

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
    """What a run over mutations found."""

    detected: int = 0
    several: list[str] = field(default_factory=list)
    """Mutations that turned more lines than one, as they must: the right is in several lines."""
    missed: list[str] = field(default_factory=list)
    not_grantable: list[str] = field(default_factory=list)
    """Lines that nothing granted could turn, with the reason."""

    def add(self, other: "Tally") -> None:
        self.detected += other.detected
        for mine, theirs in ((self.several, other.several), (self.missed, other.missed)):
            mine += theirs
        self.not_grantable += other.not_grantable

    def turned(self, where: str, line: Line[Any], expected: set[str], turned: set[str]) -> None:
        if line.call in turned and turned == expected:
            self.detected += 1
            if len(turned) > 1:
                self.several.append(f"{where}: {line.call}: {len(turned)} lines")
        else:
            told = f"turned {sorted(turned - expected)}, did not turn {sorted(expected - turned)}"
            self.missed.append(f"{where}: {line.call}: {told}")


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

    def plan(self, name: str, *, anew: bool = False) -> IntegrationPlan:
        """What is asked as this integration, with one session for all; `anew` with none yet."""
        if anew or name not in self._plans:
            (self._plans[name],) = build_plans(self.manifest, self.identities, self._aws, integrations=[name])
        return self._plans[name]

    def session_name(self, access: IntegrationAccess) -> str:
        """The name of the session that the probe acts in."""
        (name,) = (name for name, one in self.manifest.integrations.items() if one == access)
        return Actor(self._aws, name, access, self.identities).session().arn.rpartition("/")[2]

    def aws_lines(self, name: str) -> list[Line[AwsExpectation]]:
        """The calls; what else is asked about AWS, a registration or a role's policies, is not among them."""
        calls = [check for check in self.plan(name).aws if check.question.verb == "call"]
        return [Line(e, c) for e, c in zip(self.access(name).aws, calls, strict=True)]

    def cluster_lines(self, name: str, cluster: str) -> list[Line[KubernetesExpectation]]:
        """The calls to one cluster; the line over what is beyond is not among them."""
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
        """Make the change, see what it turns, take it back, and see that it turned back."""
        with mutated:
            until(lambda: not line.holds())
            tally.turned(where, line, expected, self.not_holding(lines))
        assert until(line.holds), f"{where}: {line.call} holds again when the change is taken back"


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
    """This process's own environment moved into the sandbox: the probe's checks are asked from here."""
    with pytest.MonkeyPatch.context() as patch:
        for name in set(os.environ) - set(sandbox.env):
            patch.delenv(name)
        for name, value in sandbox.env.items():
            patch.setenv(name, value)
        yield


def with_identities(known: Identities, more: Mapping[str, Identity]) -> Identities:
    return known.model_copy(update={"integrations": {**known.integrations, **more}})
