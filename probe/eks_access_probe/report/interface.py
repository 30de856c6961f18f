"""The input of reports, and the interface of report formats."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from eks_access.manifest.models import IntegrationAccess, Manifest

from ..collector.inventory import Inventory
from ..outcome import Outcome, Result
from ..run.shards import Shard
from .models import Report

EXIT_MISMATCH = 1
EXIT_INCONCLUSIVE = 3


@dataclass(frozen=True)
class Proof:
    """The result of one run of the probe."""

    manifest: Manifest
    outcomes: Sequence[Outcome]
    started_at: datetime
    seconds: float
    secrets: frozenset[str] = frozenset()
    """Values of the manifest that the user declared as secrets. Reports redact them."""
    inventory: Inventory | None = None
    """What each integration sees; None without --collect."""
    by_operator: bool = False
    """Whether an operator evaluated the access, in place of acting as the integrations."""
    shard: Shard | None = None
    places: Sequence[int] | None = None
    """The index of each outcome in a run without shards; None if this is one."""

    @property
    def integrations(self) -> Mapping[str, IntegrationAccess]:
        """The integrations that were probed, in the manifest's order."""
        probed = {outcome.question.integration for outcome in self.outcomes}
        return {name: access for name, access in self.manifest.integrations.items() if name in probed}

    @cached_property
    def counts(self) -> Mapping[Result, int]:
        return {result: sum(o.result is result for o in self.outcomes) for result in Result}

    @property
    def exit_code(self) -> int:
        """0: all as expected; 1: a mismatch; 3: no mismatch, but a check is inconclusive or a list incomplete."""
        is_complete = self.inventory is None or self.inventory.is_whole
        return exit_code(self.counts) or (0 if is_complete else EXIT_INCONCLUSIVE)


def exit_code(counts: Mapping[Result, int]) -> int:
    """0: all as expected; 1: a mismatch; 3: no mismatch, but a check is inconclusive."""
    if counts[Result.MISMATCH]:
        return EXIT_MISMATCH
    return EXIT_INCONCLUSIVE if counts[Result.NOT_PROVEN] else 0


@dataclass(frozen=True)
class FullReport:
    """The report, and the inventory that was collected with it."""

    report: Report
    inventory: Inventory | None = None


class ReportFormat(ABC):
    @abstractmethod
    def write(self, full: FullReport) -> None:
        """Write the report to the format's own output."""
