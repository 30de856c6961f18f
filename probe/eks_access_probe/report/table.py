"""Prints the report as a table: every expectation condensed, and each finding in full.

Calls with the same verb and the same results share a row, with a column for each cluster. `verbose` gives each call
a row of its own, with its evidence.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from eks_access.manifest.models import IntegrationAccess
from eks_access.text_layout import format_count

from ..collector.table import MAX_COLUMNS, print_inventory
from ..outcome import Outcome, Plane, Question, Result, Verdict
from .advice import advise
from .causes import Finding, group_by_cause
from .interface import Proof

MARKS = {Result.AS_EXPECTED: ("✓", "green"), Result.MISMATCH: ("✗", "bold red"), Result.NOT_PROVEN: ("?", "yellow")}
WORDS = {
    Verdict.ALLOWED: "allowed",
    Verdict.DENIED: "denied",
    Verdict.NOT_AUTHENTICATED: "not authenticated",
    Verdict.UNREACHABLE: "unreachable",
    Verdict.THROTTLED: "throttled",
    Verdict.COULD_NOT_ASK: "could not ask",
}
Row = Mapping[str | None, Outcome]
"""The outcomes of one call by cluster; under None for an AWS call."""


class TableReport:
    """Prints the outcomes of a run, which have more detail than its report."""

    def __init__(self, console: Console, *, verbose: bool = False) -> None:
        self._console = console
        self._verbose = verbose

    def write(self, proof: Proof) -> None:
        if proof.by_operator:
            self._console.print("[bold]Evaluated, not exercised[/]: the probe did not act as the integrations.")
            self._console.print()
        for name, access in proof.integrations.items():
            self._print_integration(name, access, [o for o in proof.outcomes if o.question.integration == name])
        for finding in group_by_cause(proof.outcomes):
            self._print_finding(finding, proof)
        if proof.inventory is not None:
            print_inventory(proof.inventory, proof.manifest.integrations, self._console)
        self._console.print(_summary(proof))

    def _print_integration(self, name: str, access: IntegrationAccess, outcomes: Sequence[Outcome]) -> None:
        self._console.print(
            f"[bold]{escape(name)}[/]  {escape(access.title)}, profile {access.profile}, {escape(access.role.arn)}",
            soft_wrap=True,
        )
        if self._verbose:
            self._console.print(_indent(_verbose_table(outcomes), below=1))
            return
        for plane in Plane:
            rows = _group_by_call(outcome for outcome in outcomes if outcome.question.plane is plane)
            if rows:
                self._console.print(_indent(_condensed_table(plane, rows)))
        self._console.print()

    def _print_finding(self, finding: Finding, proof: Proof) -> None:
        """Print one finding, with all the calls and clusters in which it is the same."""
        outcomes, outcome = finding.outcomes, finding.outcomes[0]
        question, answer = outcome.question, outcome.answer
        symbol, style = MARKS[outcome.result]
        clusters = list(dict.fromkeys(other.question.cluster for other in outcomes if other.question.cluster))
        place = f" in {'cluster' if len(clusters) == 1 else 'clusters'} {', '.join(clusters)}" if clusters else ""
        calls = _group_calls(outcomes)
        title = _format_call(question) if len(calls) == 1 else format_count(len(calls), "call")
        lines = Table.grid(padding=(0, 2))
        lines.add_column(style="dim", no_wrap=True)
        lines.add_column(overflow="fold")
        if len(calls) == 1:
            lines.add_row("expected", Text(f"{WORDS[question.expected]}: {question.why}"))
        else:
            lines.add_row("expected", Text(WORDS[question.expected]))
        lines.add_row("actual", Text(_format_verdict(max(outcomes, key=lambda other: other.seconds))))
        if finding.cause:
            lines.add_row("cause", Text(finding.cause))
        for difference in answer.differences:
            lines.add_row("", Text(difference))
        if len(calls) == 1 and answer.evidence:
            lines.add_row("evidence", Text(answer.evidence))
        for same in calls if len(calls) > 1 else ():
            where = [other.question.cluster for other in same if other.question.cluster]
            only = f" in {', '.join(where)} only" if len(where) < len(clusters) else ""
            evidence = f": {same[0].answer.evidence}" if same[0].answer.evidence else ""
            lines.add_row("call", Text(f"{_format_call(same[0].question)}{only}{evidence}"))
        skipped = sum(
            other.waits_for in {call[0].question.call for call in calls}
            and other.question.integration == question.integration
            and (not clusters or other.question.cluster in clusters)
            for other in proof.outcomes
        )
        if skipped:
            lines.add_row("skipped", Text(f"{format_count(skipped, 'more call')} because of this"))
        lines.add_row("what to do", Text(advise(outcome, proof.manifest.integrations[question.integration])))
        self._console.print(Text(f"{symbol} {question.integration}{place}: {title}", style=style), soft_wrap=True)
        self._console.print(_indent(lines, below=1))


def _group_calls(outcomes: Iterable[Outcome]) -> list[list[Outcome]]:
    """The outcomes of each call, in one or several clusters."""
    calls: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        calls.setdefault(_format_call(outcome.question), []).append(outcome)
    return list(calls.values())


def _format_call(question: Question) -> str:
    return question.title + (f" ({question.detail})" if question.detail else "")


def _indent(table: Table, below: int = 0) -> Padding:
    return Padding(table, (0, 0, below, 2), expand=False)


def _format_verdict(outcome: Outcome) -> str:
    attempts = "1 attempt" if outcome.attempts == 1 else f"{outcome.attempts} attempts in {outcome.seconds:.0f} s"
    how = "" if outcome.question.exercised else "evaluated, not exercised; "
    return f"{WORDS[outcome.answer.verdict]} ({how}{attempts})"


def _verbose_table(outcomes: Sequence[Outcome]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("", "where", "call", "expected", "actual", "evidence"):
        table.add_column(column, overflow="fold")
    for outcome in outcomes:
        question = outcome.question
        where = question.cluster or question.plane.value
        call = question.title + (f" ({question.detail})" if question.plane is Plane.AWS else "")
        actual = WORDS[outcome.answer.verdict] + ("" if question.exercised else ", evaluated")
        cells = (where, call, WORDS[question.expected], actual, outcome.answer.evidence)
        table.add_row(_mark(outcome.result), *(Text(cell) for cell in cells))
    return table


def _summary(proof: Proof) -> Text:
    counts = proof.counts
    total = len(proof.outcomes)
    clusters = {
        proof.integrations[o.question.integration].clusters[o.question.cluster].arn
        for o in proof.outcomes
        if o.question.cluster
    }
    scope = f"{format_count(len(proof.integrations), 'integration')} on {format_count(len(clusters), 'cluster')}"
    scope = f"shard {proof.shard}, {scope}" if proof.shard else scope
    if proof.exit_code == 0:
        return Text(
            f"✓ All {format_count(total, 'expectation')} hold: {scope}, in {proof.seconds:.0f} s.", style="green"
        )
    parts = [f"{counts[Result.AS_EXPECTED]} of {format_count(total, 'expectation')} hold"]
    if counts[Result.MISMATCH]:
        parts.append(format_count(counts[Result.MISMATCH], "mismatch", "es"))
    if counts[Result.NOT_PROVEN]:
        parts.append(f"{counts[Result.NOT_PROVEN]} not proven")
    symbol, style = MARKS[Result.MISMATCH if proof.exit_code == 1 else Result.NOT_PROVEN]
    return Text(f"{symbol} {', '.join(parts)}: {scope}, in {proof.seconds:.0f} s.", style=style)


# Condensed rows.


def _group_by_call(outcomes: Iterable[Outcome]) -> list[Row]:
    """One row for each call, in the order of the first cluster."""
    rows: dict[tuple[str, str, str], dict[str | None, Outcome]] = {}
    for outcome in outcomes:
        question = outcome.question
        detail = question.detail if question.plane is not Plane.KUBERNETES else ""
        rows.setdefault((question.verb, question.target, detail), {})[question.cluster] = outcome
    return list(rows.values())


def _condensed_table(plane: Plane, rows: Sequence[Row]) -> Table:
    clusters = list(dict.fromkeys(cluster for row in rows for cluster in row))
    is_counted = len(clusters) > MAX_COLUMNS
    columns = ["clusters"] if is_counted else [cluster or "" for cluster in clusters]
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=plane is Plane.KUBERNETES, header_style="dim")
    for column in columns:
        table.add_column(Text(column), no_wrap=True, justify="center" if plane is Plane.KUBERNETES else "left")
    table.add_column("", no_wrap=True)
    table.add_column("", overflow="fold")
    ordered = sorted(rows, key=lambda row: not _question(row).allowed)
    for (allowed, verb, results), group in groupby(
        _sort_by_verb(ordered, clusters),
        key=lambda row: (_question(row).allowed, _question(row).verb, _results(row, clusters)),
    ):
        same = list(group)
        cells = [_count(same[0])] if is_counted else [_mark(result) for result in results]
        how = "" if _question(same[0]).exercised else " (evaluated)"
        label = _question(same[0]).label
        expectation = label or f"{'may' if allowed else 'may not'} {verb}"
        table.add_row(*cells, Text(f"{expectation}{how}"), Text("" if label else _targets(same)))
    return table


def _sort_by_verb(rows: Sequence[Row], clusters: Sequence[str | None]) -> list[Row]:
    """The rows with those of one verb and the same results next to each other, at the place of the first of them."""
    groups: dict[object, list[Row]] = {}
    for row in rows:
        question = _question(row)
        groups.setdefault((question.allowed, question.verb, _results(row, clusters)), []).append(row)
    return [row for group in groups.values() for row in group]


def _targets(rows: Sequence[Row]) -> str:
    targets = [_question(row).target for row in rows]
    counts = {target: targets.count(target) for target in targets}
    return ", ".join(target if count == 1 else f"{target} (×{count})" for target, count in counts.items())


def _question(row: Row) -> Question:
    return next(iter(row.values())).question


def _results(row: Row, clusters: Sequence[str | None]) -> tuple[Result | None, ...]:
    return tuple(row[cluster].result if cluster in row else None for cluster in clusters)


def _mark(result: Result | None) -> Text:
    return Text("") if result is None else Text(*MARKS[result])


def _count(row: Row) -> Text:
    as_expected = sum(outcome.result is Result.AS_EXPECTED for outcome in row.values())
    worst = next(r for r in (Result.MISMATCH, Result.NOT_PROVEN, Result.AS_EXPECTED) if r in _results(row, list(row)))
    return Text(f"{MARKS[worst][0]} {as_expected}/{len(row)}", style=MARKS[worst][1])
