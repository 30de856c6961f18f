"""What changed between two reports, as part of the later one."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from ..outcome import Plane, Result, Verdict
from .part import Part


class FlipKind(StrEnum):
    BROKE = "broke"
    """It was as expected, and is not any more."""
    UNPROVEN = "unproven"
    """It was shown one way or the other, and could not be asked this time."""
    MENDED = "mended"
    PROVEN = "proven"
    """It could not be asked before."""
    EXPECTATION = "expectation"
    """What is expected is another thing now: what was to be refused must work, or the other way round."""


class Flip(Part):
    """One expectation whose result is another than before."""

    kind: FlipKind
    integration: str
    cluster: str | None
    plane: Plane
    call: str
    detail: str
    why: str
    expected: Verdict
    before: Result
    after: Result
    verdict_before: Verdict
    verdict_after: Verdict


class RightChange(Part):
    """A declared right that the other report has not, or not as widely."""

    integration: str
    plane: str = Field(description="`aws` or `kubernetes`.")
    what: list[str]
    where: str
    risk: str
    grave: bool


class AccessChange(Part):
    """Who may act, or as whom: an integration or a cluster that came or went, another trust, another user."""

    integration: str
    cluster: str | None
    words: str


class SeenChange(Part):
    """Objects of one kind that an integration sees now and did not before, or the other way round."""

    integration: str
    cluster: str
    kind: str
    count_before: int | None = Field(description="null where they could not be seen, or were not looked for.")
    count_after: int | None
    appeared: list[str] = Field(description="namespace/name; of what comes and goes by itself, only numbers are kept.")
    disappeared: list[str]


class Changes(Part):
    """What changed since the baseline."""

    baseline_started_at: datetime
    access: list[AccessChange]
    gained: list[RightChange]
    lost: list[RightChange]
    flips: list[Flip]
    added: int = Field(description="Expectations that the baseline does not have.")
    removed: int = Field(description="Expectations of the baseline that are no more.")
    seen: list[SeenChange]
    not_compared: list[str] = Field(description="What only one of the two runs asked about, in words.")

    @property
    def any(self) -> bool:
        """Whether something changed. What was not compared is no change."""
        return bool(
            self.access or self.gained or self.lost or self.flips or self.added or self.removed or self.became_visible
        )

    @property
    def became_visible(self) -> list[SeenChange]:
        """Whole kinds of objects that can be seen now and could not before, or the other way round, and new names."""
        return [
            seen
            for seen in self.seen
            if seen.appeared or seen.disappeared or (seen.count_before is None) is not (seen.count_after is None)
        ]
