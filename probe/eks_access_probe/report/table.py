"""The report for people: every expectation, condensed; what is not as expected, in full.

Calls with the same verb and the same results share a row, with a column for each cluster. `verbose` gives each call
its own row, with the answer that it got.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from eks_access.manifest import IntegrationAccess

from ..explain import advice
from ..outcome import Outcome, Plane, Question, Result, Verdict
from .interface import Proof, ReportFormat

MARKS = {Result.AS_EXPECTED: ("✓", "green"), Result.MISMATCH: ("✗", "bold red"), Result.NOT_PROVEN: ("?", "yellow")}
WORDS = {
    Verdict.ALLOWED: "allowed",
    Verdict.DENIED: "denied",
    Verdict.NOT_AUTHENTICATED: "not authenticated",
    Verdict.UNREACHABLE: "unreachable",
    Verdict.THROTTLED: "throttled",
    Verdict.COULD_NOT_ASK: "could not ask",
}
MOST_COLUMNS = 6
"""With more clusters than this, a count of them takes the place of their columns."""

_Row = Mapping[str | None, Outcome]
"""One call's outcome in each cluster; under None for a call to AWS."""


class TableReport(ReportFormat):
    def __init__(self, console: Console, *, verbose: bool = False) -> None:
        self._console = console
        self._verbose = verbose

    def write(self, proof: Proof) -> None:
        for name, access in proof.integrations.items():
            self._integration(name, access, [o for o in proof.outcomes if o.question.integration == name])
        troubles = [o for o in proof.outcomes if o.result is not Result.AS_EXPECTED and not o.waits_for]
        for outcome in sorted(troubles, key=lambda o: o.result is not Result.MISMATCH):
            self._trouble(outcome, proof)
        self._console.print(_summary(proof))

    def _integration(self, name: str, access: IntegrationAccess, outcomes: Sequence[Outcome]) -> None:
        self._console.print(
            f"[bold]{escape(name)}[/]  {escape(access.title)}, profile {access.profile}, {escape(access.role.arn)}",
            soft_wrap=True,
        )
        if self._verbose:
            self._console.print(Padding(_every_call(outcomes), (0, 0, 1, 2)))
            return
        for plane in Plane:
            rows = _rows(outcome for outcome in outcomes if outcome.question.plane is plane)
            if rows:
                self._console.print(Padding(_condensed(plane, rows), (0, 0, 0, 2)))
        self._console.print()

    def _trouble(self, outcome: Outcome, proof: Proof) -> None:
        question, answer = outcome.question, outcome.answer
        mark, style = MARKS[outcome.result]
        place = f" in cluster {question.cluster}" if question.cluster else ""
        detail = f" ({question.detail})" if question.detail else ""
        head = f"{mark} {question.integration}{place}: {question.call}{detail}"
        lines = Table.grid(padding=(0, 2))
        lines.add_column(style="dim", no_wrap=True)
        lines.add_column(overflow="fold")
        lines.add_row("expected", Text(f"{WORDS[question.expected]}: {question.why}"))
        lines.add_row("happened", Text(_happened(outcome)))
        for difference in answer.differences:
            lines.add_row("", Text(difference))
        if answer.evidence:
            lines.add_row("evidence", Text(answer.evidence))
        waiting = sum(
            other.waits_for == question.call
            and other.question.integration == question.integration
            and question.cluster in (None, other.question.cluster)
            for other in proof.outcomes
        )
        if waiting:
            lines.add_row("so", Text(f"{waiting} more {_calls(waiting)} could not be asked"))
        lines.add_row("what to do", Text(advice(outcome, proof.manifest.integrations[question.integration])))
        self._console.print(Text(head, style=style), soft_wrap=True)
        self._console.print(Padding(lines, (0, 0, 1, 2)))


def _happened(outcome: Outcome) -> str:
    times = "once" if outcome.attempts == 1 else f"{outcome.attempts} times in {outcome.seconds:.0f} s"
    return f"{WORDS[outcome.answer.verdict]} (asked {times})"


def _rows(outcomes: Iterable[Outcome]) -> list[_Row]:
    """The outcomes of each call together, in the order of the first cluster."""
    rows: dict[tuple[str, str, str], dict[str | None, Outcome]] = {}
    for outcome in outcomes:
        question = outcome.question
        detail = question.detail if question.plane is not Plane.KUBERNETES else ""
        rows.setdefault((question.verb, question.target, detail), {})[question.cluster] = outcome
    return list(rows.values())


def _condensed(plane: Plane, rows: Sequence[_Row]) -> Table:
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
        cells = [_count(same[0])] if counted else [_mark(result) for result in marks]
        table.add_row(*cells, Text(f"{'may' if allowed else 'may not'} {verb}"), Text(_targets(same)))
    return table


def _by_verb(rows: Sequence[_Row], clusters: Sequence[str | None]) -> list[_Row]:
    """The rows with those of one verb and the same results side by side, each group where its first row is."""
    groups: dict[object, list[_Row]] = {}
    for row in rows:
        question = _question(row)
        groups.setdefault((question.allowed, question.verb, _marks(row, clusters)), []).append(row)
    return [row for group in groups.values() for row in group]


def _targets(rows: Sequence[_Row]) -> str:
    targets = [_question(row).target for row in rows]
    counted = {target: targets.count(target) for target in targets}
    return ", ".join(target if count == 1 else f"{target} (×{count})" for target, count in counted.items())


def _question(row: _Row) -> Question:
    return next(iter(row.values())).question


def _marks(row: _Row, clusters: Sequence[str | None]) -> tuple[Result | None, ...]:
    return tuple(row[cluster].result if cluster in row else None for cluster in clusters)


def _mark(result: Result | None) -> Text:
    return Text("") if result is None else Text(*MARKS[result])


def _count(row: _Row) -> Text:
    good = sum(outcome.result is Result.AS_EXPECTED for outcome in row.values())
    worst = next(r for r in (Result.MISMATCH, Result.NOT_PROVEN, Result.AS_EXPECTED) if r in _marks(row, list(row)))
    return Text(f"{MARKS[worst][0]} {good}/{len(row)}", style=MARKS[worst][1])


def _every_call(outcomes: Sequence[Outcome]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("", "where", "call", "expected", "was", "evidence"):
        table.add_column(column, overflow="fold")
    for outcome in outcomes:
        question = outcome.question
        where = question.cluster or question.plane.value
        call = question.call + (f" ({question.detail})" if question.plane is Plane.AWS else "")
        cells = (where, call, WORDS[question.expected], WORDS[outcome.answer.verdict], outcome.answer.evidence)
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
    scope = f"{_number(len(proof.integrations), 'integration')} on {_number(len(clusters), 'cluster')}"
    if proof.exit_code == 0:
        return Text(f"✓ All {_number(total, 'expectation')} hold: {scope}, in {proof.seconds:.0f} s.", style="green")
    parts = [f"{counts[Result.AS_EXPECTED]} of {_number(total, 'expectation')} hold"]
    if counts[Result.MISMATCH]:
        parts.append(_number(counts[Result.MISMATCH], "mismatch", "es"))
    if counts[Result.NOT_PROVEN]:
        parts.append(f"{counts[Result.NOT_PROVEN]} not proven")
    mark, style = MARKS[Result.MISMATCH if proof.exit_code == 1 else Result.NOT_PROVEN]
    return Text(f"{mark} {', '.join(parts)}: {scope}, in {proof.seconds:.0f} s.", style=style)


def _number(count: int, noun: str, plural: str = "s") -> str:
    return f"{count} {noun}{'' if count == 1 else plural}"


def _calls(count: int) -> str:
    return "call" if count == 1 else "calls"
