"""The review for the terminal: each principal with its changes, the most severe gains first."""

from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from eks_access.text_layout import print_paragraph

from ...finding import Severity
from ..change import Change, Direction, PrincipalChanges, Review
from ..grouping import group_identical
from ..sentences import describe_change, describe_not_evaluated, format_heading, format_label, summarize
from .interface import ReviewFormat

_STYLES = {Severity.CRITICAL: "bold red", Severity.HIGH: "red", Severity.MEDIUM: "yellow", Severity.LOW: ""}
_MARKS = {Direction.GAINED: "+", Direction.LOST: "-", Direction.UNKNOWN: "?"}


@dataclass(frozen=True)
class TableFormat(ReviewFormat):
    console: Console

    def format(self, review: Review) -> str:
        with self.console.capture() as captured:
            self.write(review)
        return captured.get()

    def write(self, review: Review) -> None:
        for each in review.unknown:
            print_paragraph(self.console, Text(f"could not be determined: {each}", "yellow"), mark="?", indent=0)
        for resources in review.not_evaluated:
            line = f"not evaluated: {describe_not_evaluated(resources)}".replace("`", "")
            print_paragraph(self.console, Text(line, "yellow"), mark="?", indent=0)
        for principal in group_identical(review.principals):
            self._write_principal(principal)
        self.console.print(Text(summarize(review), "bold"), soft_wrap=True)

    def _write_principal(self, principal: PrincipalChanges) -> None:
        self.console.print(Text(format_heading(principal).replace("`", ""), "bold"), soft_wrap=True)
        for change in principal.changes:
            print_paragraph(self.console, _format_line(change, principal), mark=_MARKS[change.direction])
        self.console.print()


def _format_line(change: Change, principal: PrincipalChanges) -> Text:
    line = describe_change(change, principal).replace("`", "")
    if change.severity is None:
        return Text(line, "yellow" if change.direction is Direction.UNKNOWN else "dim")
    return Text.assemble((f"{format_label(change)}: ", _STYLES[change.severity]), line)
