"""Prints what changed since the baseline."""

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from eks_access.text_layout import print_paragraph

from .interface import FullReport, ReportFormat
from .models import Changes, Flip, FlipKind, RightChange, SeenChange

FLIPS = {
    FlipKind.BROKE: ("no longer holds", "bold red"),
    FlipKind.UNPROVEN: ("could not be proven this time", "yellow"),
    FlipKind.MENDED: ("holds again", "green"),
    FlipKind.PROVEN: ("is proven now", "green"),
    FlipKind.EXPECTATION: ("has another expected result now", "yellow"),
}
"""Each kind of flip in words, with its style."""
MAX_NAMES = 5


class ChangesTable(ReportFormat):
    """Prints nothing without a baseline."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def write(self, full: FullReport) -> None:
        changes = full.report.changes
        if changes is None:
            return
        since = f"{changes.baseline_started_at:%Y-%m-%d %H:%M} UTC"
        self._console.print()
        if not changes.any:
            self._console.print(Text(f"Nothing changed since the baseline of {since}.", style="green"))
        else:
            self._console.print(Text(f"Changed since the baseline of {since}:", style="bold"))
        for mark, line in _lines(changes):
            print_paragraph(self._console, line, mark=mark)
        for what in changes.not_compared:
            print_paragraph(self._console, Text(f"not compared: {what}", "dim"), mark="·")


def _lines(changes: Changes) -> Iterator[tuple[str, Text]]:
    for access in changes.access:
        where = f" in cluster {access.cluster}" if access.cluster else ""
        yield "~", Text(f"{access.integration}{where}: {access.words}")
    for gained in changes.gained:
        yield "+", _format_right(gained, "may now")
    for lost in changes.lost:
        yield "-", _format_right(lost, "may no longer")
    for flip in changes.flips:
        yield "!" if flip.kind is FlipKind.BROKE else "~", _format_flip(flip)
    for count, words in ((changes.added, "new"), (changes.removed, "removed")):
        if count:
            yield "~", Text(f"{count} expectation{'s are' if count > 1 else ' is'} {words}")
    for seen in changes.became_visible:
        yield "~", Text(f"{seen.integration} in cluster {seen.cluster}: {format_seen_change(seen)}")


def _format_right(right: RightChange, may: str) -> Text:
    line = Text(f"{right.integration} {may}: {', '.join(right.what)} {right.where}")
    return line.append(f"  {right.risk}", style="red" if right.grave and may == "may now" else "dim")


def _format_flip(flip: Flip) -> Text:
    where = f" in cluster {flip.cluster}" if flip.cluster else ""
    words, style = FLIPS[flip.kind]
    verdicts = f" ({flip.verdict_before} before, {flip.verdict_after} now)"
    return Text.assemble(f"{flip.integration}{where}: {flip.call} ", (words, style), (verdicts, "dim"))


def format_seen_change(seen: SeenChange) -> str:
    """`Deployment: 12 before, 14 now; appeared: web/api, web/front`."""
    parts = [f"{seen.kind}: {_format_visible(seen.count_before)} before, {_format_visible(seen.count_after)} now"]
    for what, names in (("appeared", seen.appeared), ("disappeared", seen.disappeared)):
        if names:
            more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
            parts.append(f"{what}: {', '.join(names[:MAX_NAMES])}{more}")
    return "; ".join(parts)


def _format_visible(count: int | None) -> str:
    return "not visible" if count is None else str(count)
