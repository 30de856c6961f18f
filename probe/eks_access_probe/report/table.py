"""The report for people: every expectation, condensed; what is not as expected, in full.

Calls with the same verb and the same results share a row, with a column for each cluster. `verbose` gives each call
its own row, with the answer that it got.
"""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from eks_access.manifest.models import IntegrationAccess

from ..collector import table as inventory
from ..outcome import Outcome, Plane, Result, Verdict
from .advice import advice
from .interface import Proof, ReportFormat
from .rows import MARKS, condensed, mark, together

WORDS = {
    Verdict.ALLOWED: "allowed",
    Verdict.DENIED: "denied",
    Verdict.NOT_AUTHENTICATED: "not authenticated",
    Verdict.UNREACHABLE: "unreachable",
    Verdict.THROTTLED: "throttled",
    Verdict.COULD_NOT_ASK: "could not ask",
}


class TableReport(ReportFormat):
    def __init__(self, console: Console, *, verbose: bool = False) -> None:
        self._console = console
        self._verbose = verbose

    def write(self, proof: Proof) -> None:
        if proof.by_operator:
            self._console.print("[bold]Evaluated, not exercised[/]: nobody acted as the integrations.\n")
        for name, access in proof.integrations.items():
            self._integration(name, access, [o for o in proof.outcomes if o.question.integration == name])
        for same in _troubles(proof.outcomes):
            self._trouble(same, proof)
        if proof.inventory is not None:
            inventory.write(proof.inventory, proof.manifest.integrations, self._console)
        self._console.print(_summary(proof))

    def _integration(self, name: str, access: IntegrationAccess, outcomes: Sequence[Outcome]) -> None:
        self._console.print(
            f"[bold]{escape(name)}[/]  {escape(access.title)}, profile {access.profile}, {escape(access.role.arn)}",
            soft_wrap=True,
        )
        if self._verbose:
            self._console.print(_indented(_every_call(outcomes), below=1))
            return
        for plane in Plane:
            rows = together(outcome for outcome in outcomes if outcome.question.plane is plane)
            if rows:
                self._console.print(_indented(condensed(plane, rows)))
        self._console.print()

    def _trouble(self, same: Sequence[Outcome], proof: Proof) -> None:
        outcome = same[0]
        question, answer = outcome.question, outcome.answer
        symbol, style = MARKS[outcome.result]
        clusters = [other.question.cluster for other in same if other.question.cluster]
        place = f" in {'cluster' if len(clusters) == 1 else 'clusters'} {', '.join(clusters)}" if clusters else ""
        detail = f" ({question.detail})" if question.detail else ""
        head = f"{symbol} {question.integration}{place}: {question.title}{detail}"
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
            and (not clusters or other.question.cluster in clusters)
            for other in proof.outcomes
        )
        if waiting:
            lines.add_row("so", Text(f"{_number(waiting, 'more call')} could not be asked"))
        lines.add_row("what to do", Text(advice(outcome, proof.manifest.integrations[question.integration])))
        self._console.print(Text(head, style=style), soft_wrap=True)
        self._console.print(_indented(lines, below=1))


def _troubles(outcomes: Iterable[Outcome]) -> list[list[Outcome]]:
    """What is not as expected, mismatches first; the same trouble in several clusters together."""
    groups: dict[object, list[Outcome]] = {}
    for o in outcomes:
        if o.result is not Result.AS_EXPECTED and not o.waits_for:
            trouble = (o.question.integration, o.question.call, o.question.detail, o.answer.verdict, o.answer.reason)
            groups.setdefault((*trouble, o.answer.differences), []).append(o)
    return sorted(groups.values(), key=lambda same: same[0].result is not Result.MISMATCH)


def _indented(table: Table, below: int = 0) -> Padding:
    return Padding(table, (0, 0, below, 2), expand=False)


def _happened(outcome: Outcome) -> str:
    times = "once" if outcome.attempts == 1 else f"{outcome.attempts} times in {outcome.seconds:.0f} s"
    asked = "asked" if outcome.question.exercised else "evaluated, not exercised:"
    return f"{WORDS[outcome.answer.verdict]} ({asked} {times})"


def _every_call(outcomes: Sequence[Outcome]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("", "where", "call", "expected", "was", "evidence"):
        table.add_column(column, overflow="fold")
    for outcome in outcomes:
        question = outcome.question
        where = question.cluster or question.plane.value
        call = question.title + (f" ({question.detail})" if question.plane is Plane.AWS else "")
        was = WORDS[outcome.answer.verdict] + ("" if question.exercised else ", evaluated")
        cells = (where, call, WORDS[question.expected], was, outcome.answer.evidence)
        table.add_row(mark(outcome.result), *(Text(cell) for cell in cells))
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
    scope = f"shard {proof.shard}, {scope}" if proof.shard else scope
    if proof.exit_code == 0:
        return Text(f"✓ All {_number(total, 'expectation')} hold: {scope}, in {proof.seconds:.0f} s.", style="green")
    parts = [f"{counts[Result.AS_EXPECTED]} of {_number(total, 'expectation')} hold"]
    if counts[Result.MISMATCH]:
        parts.append(_number(counts[Result.MISMATCH], "mismatch", "es"))
    if counts[Result.NOT_PROVEN]:
        parts.append(f"{counts[Result.NOT_PROVEN]} not proven")
    symbol, style = MARKS[Result.MISMATCH if proof.exit_code == 1 else Result.NOT_PROVEN]
    return Text(f"{symbol} {', '.join(parts)}: {scope}, in {proof.seconds:.0f} s.", style=style)


def _number(count: int, noun: str, plural: str = "s") -> str:
    return f"{count} {noun}{'' if count == 1 else plural}"
