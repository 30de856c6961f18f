"""Rows of the table: calls with the same verb and the same results in one, with a column for each cluster."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from rich.table import Table
from rich.text import Text

from ..outcome import Outcome, Plane, Question, Result

MARKS = {Result.AS_EXPECTED: ("✓", "green"), Result.MISMATCH: ("✗", "bold red"), Result.NOT_PROVEN: ("?", "yellow")}
MOST_COLUMNS = 6
"""With more clusters than this, a count of them takes the place of their columns."""

Row = Mapping[str | None, Outcome]
"""One call's outcome in each cluster; under None for a call to AWS."""


def together(outcomes: Iterable[Outcome]) -> list[Row]:
    """The outcomes of each call together, in the order of the first cluster."""
    rows: dict[tuple[str, str, str], dict[str | None, Outcome]] = {}
    for outcome in outcomes:
        question = outcome.question
        detail = question.detail if question.plane is not Plane.KUBERNETES else ""
        rows.setdefault((question.verb, question.target, detail), {})[question.cluster] = outcome
    return list(rows.values())


def condensed(plane: Plane, rows: Sequence[Row]) -> Table:
    clusters = list(dict.fromkeys(cluster for row in rows for cluster in row))
    counted = len(clusters) > MOST_COLUMNS
    columns = ["clusters"] if counted else [cluster or "" for cluster in clusters]
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=plane is Plane.KUBERNETES, header_style="dim")
    for column in columns:
        table.add_column(Text(column), no_wrap=True, justify="center" if plane is Plane.KUBERNETES else "left")
    table.add_column("", no_wrap=True)
    table.add_column("", overflow="fold")
    ordered = sorted(rows, key=lambda row: not _question(row).allowed)
    for (allowed, verb, marks), group in groupby(
        _by_verb(ordered, clusters),
        key=lambda row: (_question(row).allowed, _question(row).verb, _marks(row, clusters)),
    ):
        same = list(group)
        cells = [_count(same[0])] if counted else [mark(result) for result in marks]
        how = "" if _question(same[0]).exercised else " (evaluated)"
        label = _question(same[0]).label
        expectation = label or f"{'may' if allowed else 'may not'} {verb}"
        table.add_row(*cells, Text(f"{expectation}{how}"), Text("" if label else _targets(same)))
    return table


def _by_verb(rows: Sequence[Row], clusters: Sequence[str | None]) -> list[Row]:
    """The rows with those of one verb and the same results side by side, each group where its first row is."""
    groups: dict[object, list[Row]] = {}
    for row in rows:
        question = _question(row)
        groups.setdefault((question.allowed, question.verb, _marks(row, clusters)), []).append(row)
    return [row for group in groups.values() for row in group]


def _targets(rows: Sequence[Row]) -> str:
    targets = [_question(row).target for row in rows]
    counted = {target: targets.count(target) for target in targets}
    return ", ".join(target if count == 1 else f"{target} (×{count})" for target, count in counted.items())


def _question(row: Row) -> Question:
    return next(iter(row.values())).question


def _marks(row: Row, clusters: Sequence[str | None]) -> tuple[Result | None, ...]:
    return tuple(row[cluster].result if cluster in row else None for cluster in clusters)


def mark(result: Result | None) -> Text:
    return Text("") if result is None else Text(*MARKS[result])


def _count(row: Row) -> Text:
    good = sum(outcome.result is Result.AS_EXPECTED for outcome in row.values())
    worst = next(r for r in (Result.MISMATCH, Result.NOT_PROVEN, Result.AS_EXPECTED) if r in _marks(row, list(row)))
    return Text(f"{MARKS[worst][0]} {good}/{len(row)}", style=MARKS[worst][1])
