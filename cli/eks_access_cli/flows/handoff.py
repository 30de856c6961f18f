"""Prints what to enter in each vendor's form."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.text import Text

from eks_access.handoff.sheet import Sheet, build_sheets, format_json, format_markdown
from eks_access.manifest.models import IntegrationAccess
from eks_access.text_layout import print_paragraph

from ..console import create_console
from ..output import print_document, print_text


def print_handoff(integrations: Mapping[str, IntegrationAccess], form: str, *, show_secrets: bool) -> None:
    """`form` is `text`, `markdown` or `json`."""
    found = build_sheets(integrations, show_secrets=show_secrets)
    if form == "json":
        print_document(format_json(found))
    elif form == "markdown":
        print_text(format_markdown(found))
    else:
        _print(found, create_console())


def _print(found: Sequence[Sheet], out: Console) -> None:
    if not found:
        out.print("No integration is deployed: there is nothing to hand over.")
    for sheet in found:
        out.print(Text.assemble((sheet.title, "bold"), f"  {sheet.name}"), soft_wrap=True)
        _print_values(sheet, out)
        if sheet.values and sheet.steps:
            out.print()
        for number, step in enumerate(sheet.steps, 1):
            instruction, *to_copy = step.splitlines()
            print_paragraph(out, Text(instruction), mark=f"{number}.")
            for line in to_copy:
                out.print(Text(f"     {line}"), soft_wrap=True)
        out.print()


def _print_values(sheet: Sheet, out: Console) -> None:
    """Not a table: a value must stay on one line to be copied, however narrow the terminal is."""
    width = max((len(value.label) for value in sheet.values), default=0)
    printed: set[str] = set()
    for value in sheet.values:
        if value.label in printed:
            # The next cluster's values.
            printed.clear()
            out.print()
        printed.add(value.label)
        style = "dim" if value.text is None else "cyan"
        first, *more = value.shown.splitlines() or [""]
        out.print(Text.assemble((f"  {value.label:<{width}}  ", "dim"), (first, style)), soft_wrap=True)
        for line in more:
            out.print(Text(f"  {'':<{width}}  {line}", style), soft_wrap=True)
