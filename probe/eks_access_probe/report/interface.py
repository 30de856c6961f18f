"""What every report format is given, and what it must do."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from eks_access.manifest import IntegrationAccess, Manifest

from ..outcome import Outcome, Result
from ..shards import Shard


@dataclass(frozen=True)
class Proof:
    """Everything that one run of the probe found."""

    manifest: Manifest
    outcomes: Sequence[Outcome]
    started_at: datetime
    seconds: float
    by_operator: bool = False
    """Whether an operator asked what the integrations could do, in the place of acting as them."""
    shard: Shard | None = None
    places: Sequence[int] | None = None
    """The place of each outcome in a run that is not sharded; None where this is one."""

    @property
    def integrations(self) -> Mapping[str, IntegrationAccess]:
        """Those that were probed, in the manifest's order."""
        probed = {outcome.question.integration for outcome in self.outcomes}
        return {name: access for name, access in self.manifest.integrations.items() if name in probed}

    @cached_property
    def counts(self) -> Mapping[Result, int]:
        return {result: sum(o.result is result for o in self.outcomes) for result in Result}

    @property
    def exit_code(self) -> int:
        return exit_code(self.counts)


def exit_code(counts: Mapping[Result, int]) -> int:
    """0: all as expected; 1: a mismatch; 3: no mismatch, but something could not be asked."""
    if counts[Result.MISMATCH]:
        return 1
    return 3 if counts[Result.NOT_PROVEN] else 0


class ReportFormat(ABC):
    @abstractmethod
    def write(self, proof: Proof) -> None:
        """Write the report to where this format was told to write."""
