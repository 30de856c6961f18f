"""Prints the plan or the report of an off-boarding, and writes it to files."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from eks_access.text_layout import print_paragraph
from eks_access_probe.offboard.markdown import format_markdown
from eks_access_probe.offboard.report import OffboardReport, State
from eks_access_probe.offboard.report_file import encode_report
from eks_access_probe.offboard.sections import STATES, Section, build_sections, find_exit_code, summarize

from ..output import print_document, write_text

_STYLES = {STATES[State.OPEN]: "red", STATES[State.UNKNOWN]: "yellow", STATES[State.CLOSED]: "green"}


def write_outputs(report: OffboardReport, json_file: str | None, markdown_file: str | None) -> None:
    """
    Raises:
        OutputError: a file cannot be written.
    """
    if json_file == "-":
        print_document(encode_report(report), nl=False)
    elif json_file:
        write_text("--json", json_file, encode_report(report))
    if markdown_file:
        write_text("--markdown", markdown_file, format_markdown(report))


def print_report(report: OffboardReport, out: Console) -> None:
    """Prints the plan or the report for people."""
    for section in build_sections(report):
        out.print(Text(section.title, "bold"))
        if section.rows:
            _print_table(section, out)
        for sentence, to_copy in section.items:
            print_paragraph(out, Text(sentence), mark="☐" if section.is_checklist else "·")
            for line in to_copy.splitlines():
                out.print(Text(f"      {line}", "cyan"), soft_wrap=True)
        out.print()
    code = find_exit_code(report)
    out.print(Text(summarize(report), {0: "green", 3: "yellow"}.get(code, "red")), soft_wrap=True)


def _print_table(section: Section, out: Console) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in section.columns:
        table.add_column(column, overflow="fold")
    for row in section.rows:
        table.add_row(*(Text(cell, _STYLES.get(cell, "")) for cell in row))
    out.print(table)
