"""What every report format is given, and what it must do."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from eks_access.manifest.models import IntegrationAccess, Manifest

from ..collector.inventory import Inventory
from ..outcome import Outcome, Result
from ..run.shards import Shard


@dataclass(frozen=True)
class Proof:
    """Everything that one run of the probe found."""

    manifest: Manifest
    outcomes: Sequence[Outcome]
    started_at: datetime
    seconds: float
    secrets: frozenset[str] = frozenset()
    """Values of the manifest that the user gave as secrets: no report holds one."""
    inventory: Inventory | None = None
    """What each integration sees, where that was asked for."""
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
        """0: all as expected; 1: a mismatch; 3: no mismatch, but something could not be asked or not be read whole."""
        read_whole = self.inventory is None or self.inventory.is_whole
        return exit_code(self.counts) or (0 if read_whole else NOT_WHOLE)


NOT_WHOLE = 3


def exit_code(counts: Mapping[Result, int]) -> int:
    """0: all as expected; 1: a mismatch; 3: no mismatch, but something could not be asked."""
    if counts[Result.MISMATCH]:
        return 1
    return 3 if counts[Result.NOT_PROVEN] else 0


class ReportFormat(ABC):
    @abstractmethod
    def write(self, proof: Proof) -> None:
        """Write the report to where this format was told to write."""
