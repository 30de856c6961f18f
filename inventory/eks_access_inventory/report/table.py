"""Prints the inventory as a table: a row for each principal and kind of access, then what deserves a look."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from eks_access.text_layout import print_paragraph

from ..inventory import SEVERITIES, AccessInventory, ProblemKind
from .view import (
    METHODS,
    PROBLEMS,
    Group,
    Row,
    build_rows,
    describe_rights,
    list_facts,
    list_few,
    list_unread,
    summarize,
)

_STYLES = {"critical": "bold red", "high": "red", "medium": "yellow", "": "yellow", "low": ""}
_PROBLEM_STYLES = {ProblemKind.DANGEROUS: "red", ProblemKind.UNKNOWN: "yellow"}


def print_inventory(inventory: AccessInventory, out: Console, *, verbose: bool = False) -> None:
    """`verbose` adds every finding of the policy pack, also those that are no problem by themselves."""
    rows = build_rows(inventory)
    if rows:
        out.print(_build_table(rows))
        out.print()
    for row in rows:
        if row.problems or (verbose and row.dangers):
            _print_problems(row, out, verbose=verbose)
    for cluster in inventory.clusters:
        for fact in list_facts(cluster):
            print_paragraph(out, Text(f"{cluster.name}: {fact}", "yellow"), mark="!", indent=0)
    for where, what, why in list_unread(inventory):
        text = f"{where + ': ' if where else ''}{what} could not be read: {why}"
        print_paragraph(out, Text(text, "yellow"), mark="?", indent=0)
    style = "yellow" if inventory.unread or inventory.summary.by_problem else "green"
    out.print(Text(summarize(inventory), style), soft_wrap=True)


def _build_table(rows: list[Row]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", expand=True)
    for column, ratio in (("principal", 5), ("of", 4), ("clusters", 4), ("by", 0), ("may", 9), ("problems", 3)):
        table.add_column(column, overflow="fold", ratio=ratio or None, no_wrap=not ratio)
    for row in rows:
        for number, group in enumerate(row.groups):
            is_first = number == 0
            table.add_row(
                Text(row.name if is_first else ""),
                Text(row.owner if is_first else ""),
                Text(list_few(group.clusters)),
                Text(METHODS[group.way.method]),
                Text(describe_rights(group.way), _STYLES[_find_worst(group)] if group.way.effective else "dim"),
                _format_kinds(row, group, is_first=is_first),
            )
    return table


def _find_worst(group: Group) -> str:
    return min((each.severity for each in group.way.rights), key=SEVERITIES.index, default="low")


def _format_kinds(row: Row, group: Group, *, is_first: bool) -> Text:
    own = {problem.kind for problem in row.principal.problems} if is_first else set()
    kinds = own.union(group.kinds)
    return Text(", ").join(Text(kind, _PROBLEM_STYLES.get(kind, "")) for kind in PROBLEMS if kind in kinds)


def _print_problems(row: Row, out: Console, *, verbose: bool) -> None:
    head = Text.assemble((row.principal.arn, "bold"), f"  {row.owner}: {row.principal.owner.evidence}")
    out.print(head, soft_wrap=True)
    for problem in row.problems:
        style = _PROBLEM_STYLES.get(problem.kind, "")
        print_paragraph(out, Text.assemble((f"{problem.kind}: ", style), problem.words), mark="·")
    for danger in row.dangers if verbose else ():
        accepted = ", accepted" if danger.accepted else ""
        print_paragraph(out, Text(f"{danger.severity} {danger.rule}{accepted}: {danger.message}", "dim"), indent=4)
    out.print()
