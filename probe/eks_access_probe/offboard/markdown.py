"""The report as Markdown, to be kept with a ticket or in a wiki. What names say has no effect in it."""

from collections.abc import Iterator

from eks_access.text_layout import escape_markdown, show_controls

from .report import OffboardReport
from .sections import Section, build_sections, summarize


def format_markdown(report: OffboardReport) -> str:
    return "\n".join(_list_lines(report)) + "\n"


def _list_lines(report: OffboardReport) -> Iterator[str]:
    yield f"# Off-boarding of {escape_markdown(report.integration)}"
    yield ""
    yield f"{escape_markdown(summarize(report))} Account {report.account}, by {escape_markdown(report.made_by)}."
    for section in build_sections(report):
        yield from ("", f"## {section.title}", "")
        yield from _list_table(section) if section.rows else _list_items(section)


def _list_table(section: Section) -> Iterator[str]:
    yield f"| {' | '.join(section.columns)} |"
    yield f"|{'---|' * len(section.columns)}"
    # A pipe ends a cell: https://github.github.com/gfm/#tables-extension-
    yield from (
        f"| {' | '.join(escape_markdown(cell).replace('|', chr(92) + '|') for cell in row)} |" for row in section.rows
    )


def _list_items(section: Section) -> Iterator[str]:
    mark = "- [ ]" if section.is_checklist else "-"
    for sentence, command in section.items:
        yield f"{mark} {escape_markdown(sentence)}"
        if command:
            yield from ("", f"      {show_controls(command)}", "")
