"""Progress events: the protocol through which a run reports to a listener, which may show it."""

from typing import Protocol

from ..outcome import Outcome


class ProgressListener(Protocol):
    """Receives the events of a run, in the thread of its event loop."""

    def check_finished(self, outcome: Outcome) -> None:
        """A check has its final answer, or was skipped since one that it depends on failed."""
