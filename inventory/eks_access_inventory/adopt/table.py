"""Prints a comparison as a table: what was found beside what each profile makes of it."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from eks_access.model.integration import Profile
from eks_access.text_layout import print_paragraph, show_controls

from .comparison import Comparison, Effect
from .view import MARKS, ShownRow, list_profiles, list_sections, summarize

_STYLES = {
    Effect.KEPT: "dim",
    Effect.ADDED: "yellow",
    Effect.WIDENED: "yellow",
    Effect.REMOVED: "green",
    Effect.NARROWED: "green",
    Effect.CHANGED: "yellow",
    Effect.UNKNOWN: "red",
}
_SEVERITY_STYLES = {"critical": "bold red", "high": "red", "medium": "yellow"}


def print_comparison(comparison: Comparison, profile: Profile, out: Console, *, verbose: bool = False) -> None:
    """`profile` is the chosen one, by which rows are marked; `verbose` adds the rows that no profile changes."""
    head = Text.assemble((show_controls(comparison.principal_arn), "bold"), f"  {show_controls(comparison.title)}")
    out.print(head, soft_wrap=True)
    for section, rows in list_sections(comparison, profile, with_kept=verbose):
        out.print(Text(section, "bold"))
        out.print(_build_table(comparison, rows))
    for sentence in comparison.sentences.get(profile, ()):
        style = _SEVERITY_STYLES.get(sentence.severity, "")
        text = f"{sentence.effect}: {sentence.words.replace('`', '')}"
        print_paragraph(out, Text(text, style), mark=MARKS[sentence.effect])
    for what in comparison.unread:
        print_paragraph(out, Text(f"could not be read: {what}", "yellow"), mark="?")
    out.print(Text(summarize(comparison, profile)), soft_wrap=True)


def _build_table(comparison: Comparison, rows: list[ShownRow]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", expand=True)
    table.add_column("", width=1)
    for column, ratio in (("", 4), ("found", 4), *((profile, 4) for profile in list_profiles(comparison))):
        table.add_column(column, overflow="fold", ratio=ratio)
    for row in rows:
        cells = (show_controls(each) for each in (row.what, row.found, *row.planned))
        table.add_row(Text(MARKS[row.effect]), *(Text(cell, _STYLES[row.effect]) for cell in cells))
    return table
