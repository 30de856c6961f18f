"""Prints the inventory as a table: one row for each principal and kind of access, then what deserves a look."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from eks_access.text_layout import print_paragraph

from ..inventory import AccessInventory, ProblemKind
from .view import METHODS, PROBLEMS, Group, Row, build_rows, describe_rights, list_few, summarize

_STYLES = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "", "": "yellow"}
_PROBLEM_STYLES = {ProblemKind.DANGEROUS: "red", ProblemKind.UNKNOWN: "yellow"}


def print_inventory(inventory: AccessInventory, out: Console, *, verbose: bool = False) -> None:
    """`verbose` prints every problem of every principal, and not only those that change what is allowed."""
    rows = build_rows(inventory)
    if rows:
        out.print(_build_table(rows))
        out.print()
    for row in rows:
        _print_problems(row, out, verbose=verbose)
    for cluster in inventory.clusters:
        for right in (*cluster.anonymous, *cluster.everyone):
            caller = "without authentication" if right in cluster.anonymous else "that comes in"
            text = f"{cluster.name}: every caller {caller} {right.words} {right.where}"
            print_paragraph(out, Text(text, "red"), mark="!", indent=0)
        for note in cluster.notes:
            print_paragraph(out, Text(f"{cluster.name}: {note}", "yellow"), mark="!", indent=0)
    for each in inventory.unread:
        text = f"{each.where + ': ' if each.where else ''}{each.what} could not be read: {each.why}"
        print_paragraph(out, Text(text, "yellow"), mark="?", indent=0)
    style = "yellow" if inventory.unread or inventory.summary.by_problem else "green"
    out.print(Text(summarize(inventory), style), soft_wrap=True)


def _build_table(rows: list[Row]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("principal", "of", "clusters", "by", "may", "problems"):
        table.add_column(column, overflow="fold")
    for row in rows:
        for number, group in enumerate(row.groups):
            first = number == 0
            table.add_row(
                Text(_short(row.principal.arn) if first else ""),
                Text(row.owner if first else ""),
                Text(list_few(group.clusters)),
                Text(METHODS[group.way.method]),
                Text(_describe(group), _STYLES[_worst(group)]),
                _problems(row, group, is_first=first),
            )
    return table


def _short(arn: str) -> str:
    """The ARN without what all of IAM's have in common."""
    return arn.split(":", 4)[4] if arn.count(":") >= 5 else arn


def _describe(group: Group) -> str:
    if not group.way.rights:
        return "nothing" if group.way.effective else "—"
    return describe_rights(group.way.rights)


def _worst(group: Group) -> str:
    severities = [each.severity for each in group.way.rights] if group.way.effective else []
    return next((each for each in ("critical", "high", "", "medium") if each in severities), "low")


def _problems(row: Row, group: Group, *, is_first: bool) -> Text:
    own = row.principal.problems if is_first else ()
    kinds = dict.fromkeys(problem.kind for problem in (*own, *group.way.problems))
    parts = [Text(kind, _PROBLEM_STYLES.get(kind, "")) for kind in PROBLEMS if kind in kinds]
    return Text(", ").join(parts)


def _print_problems(row: Row, out: Console, *, verbose: bool) -> None:
    shown = [each for each in row.problems if verbose or each.kind is not ProblemKind.UNUSED]
    if not shown and not verbose:
        return
    out.print(
        Text.assemble((row.principal.arn, "bold"), f"  {row.owner}: {row.principal.owner.evidence}"), soft_wrap=True
    )
    for problem in shown:
        style = _PROBLEM_STYLES.get(problem.kind, "")
        print_paragraph(out, Text.assemble((f"{problem.kind}: ", style), problem.why), mark="·")
    if verbose:
        for danger in row.dangers:
            accepted = ", accepted" if danger.accepted else ""
            print_paragraph(out, Text(f"{danger.severity} {danger.rule}{accepted}: {danger.message}", "dim"), indent=4)
    out.print()
