"""The review for the terminal: each principal with its gains, the gravest first."""

from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from eks_access.text_layout import print_paragraph

from ...finding import Severity
from ..change import Change, Direction, PrincipalChanges, Review
from ..grouping import collapsed
from ..sentences import change_line, heading, severity, summary
from .interface import ReviewFormat

_STYLES = {Severity.CRITICAL: "bold red", Severity.HIGH: "red", Severity.MEDIUM: "yellow", Severity.LOW: ""}
_MARKS = {Direction.GAINED: "+", Direction.LOST: "-", Direction.UNKNOWN: "?"}


@dataclass(frozen=True)
class TableFormat(ReviewFormat):
    console: Console

    def text(self, review: Review) -> str:
        with self.console.capture() as captured:
            self.write(review)
        return captured.get()

    def write(self, review: Review) -> None:
        for each in review.unknown:
            print_paragraph(self.console, Text(f"not known: {each}", "yellow"), mark="?", indent=0)
        for principal in collapsed(review.principals):
            self._principal(principal)
        self.console.print(Text(summary(review), "bold"), soft_wrap=True)

    def _principal(self, principal: PrincipalChanges) -> None:
        self.console.print(Text(heading(principal).replace("`", ""), "bold"), soft_wrap=True)
        for change in principal.changes:
            print_paragraph(self.console, _words(change, principal), mark=_MARKS[change.direction])
        self.console.print()


def _words(change: Change, principal: PrincipalChanges) -> Text:
    line = change_line(change, principal).replace("`", "")
    if change.severity is None:
        return Text(line, "yellow" if change.direction is Direction.UNKNOWN else "dim")
    return Text.assemble((f"{severity(change)}: ", _STYLES[change.severity]), line)
