"""The content of the page, as plain data that the template renders. Pure: the report in, values out."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from eks_access.text_layout import format_count

from ...outcome import Result
from ..models import CheckReport, IntegrationReport, Report, RightReport
from .drawing import WORST_FIRST
from .script_data import Pool

MARKS = {Result.AS_EXPECTED: "✓", Result.MISMATCH: "✗", Result.NOT_PROVEN: "?"}
WORDS = {Result.AS_EXPECTED: "holds", Result.MISMATCH: "does not hold", Result.NOT_PROVEN: "not proven"}
MAX_FINDINGS = 40


@dataclass(frozen=True)
class Headline:
    result: Result
    title: str
    sentence: str


@dataclass(frozen=True)
class Cell:
    """One integration in one cluster, or in AWS."""

    cluster: str
    """Empty for AWS."""
    result: Result
    held: int
    total: int

    @property
    def words(self) -> str:
        return f"{self.held} of {self.total} {'hold' if self.total != 1 else 'holds'}"


@dataclass(frozen=True)
class MatrixRow:
    name: str
    title: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class Matrix:
    """Integrations by clusters."""

    columns: tuple[str, ...]
    rows: tuple[MatrixRow, ...]


@dataclass(frozen=True)
class Line:
    """One expectation, in every cluster in which it has the same result."""

    first: CheckReport
    checks: tuple[CheckReport, ...]
    same_cause: tuple[str, ...] = ()
    """Other calls of the integration that fail for the same cause, in a list of findings."""

    @property
    def clusters(self) -> tuple[str, ...]:
        return tuple(check.cluster for check in self.checks if check.cluster)

    @property
    def evidence(self) -> str:
        return self.first.evidence.text


def build_headline(report: Report) -> Headline:
    summary = report.summary
    total = format_count(len(report.checks), "expectation")
    clusters = {cluster.arn for integration in report.integrations for cluster in integration.clusters.values()}
    scope = f"{format_count(len(report.integrations), 'integration')} on {format_count(len(clusters), 'cluster')}"
    if summary.mismatches:
        more = f", and {summary.not_proven:,} could not be proven" if summary.not_proven else ""
        title = f"{summary.mismatches:,} of {total} {'does' if summary.mismatches == 1 else 'do'} not hold"
        return Headline(Result.MISMATCH, title, f"{scope}. Access differs from the declaration{more}.")
    if summary.not_proven:
        title = f"{summary.not_proven:,} of {total} could not be proven"
        return Headline(
            Result.NOT_PROVEN, title, f"{scope}. Nothing contradicts the declaration, but not everything is proven."
        )
    if summary.read_whole is False:
        sentence = f"{scope}. Nothing contradicts the declaration, but not everything that is visible could be read."
        return Headline(Result.NOT_PROVEN, f"All {total} hold", sentence)
    return Headline(
        Result.AS_EXPECTED, f"All {total} hold", f"{scope}. Each can do what it must, and cannot do what it must not."
    )


def build_matrix(report: Report) -> Matrix:
    columns = tuple(dict.fromkeys(key for integration in report.integrations for key in integration.clusters))
    counts: dict[tuple[str, str], Counter[Result]] = {}
    for check in report.checks:
        counts.setdefault((check.integration, check.cluster or ""), Counter())[check.result] += 1
    return Matrix(
        columns,
        tuple(
            MatrixRow(
                integration.name,
                integration.title,
                tuple(_cell(key, counts.get((integration.name, key))) for key in ("", *columns)),
            )
            for integration in report.integrations
        ),
    )


def _cell(cluster: str, counts: Counter[Result] | None) -> Cell | None:
    if not counts:
        return None
    worst = next(result for result in WORST_FIRST if counts[result])
    return Cell(cluster, worst, counts[Result.AS_EXPECTED], counts.total())


def group_checks(checks: Iterable[CheckReport]) -> list[Line]:
    """One line for each expectation with the same result in several clusters; mismatches first, then not proven."""
    groups: dict[object, list[CheckReport]] = {}
    for check in checks:
        same = (check.integration, check.plane, check.call, check.detail, check.expected, check.verdict)
        groups.setdefault((*same, check.evidence.reason, *check.differences, check.waits_for), []).append(check)
    return sorted(
        (Line(same[0], tuple(same)) for same in groups.values()),
        key=lambda line: (WORST_FIRST.index(line.first.result), bool(line.first.waits_for)),
    )


def select_findings(lines: Sequence[Line]) -> list[Line]:
    """The first lines that are not as expected and were not skipped: as many as fit on a few printed pages.

    Lines of one cause are one finding.
    """
    groups: dict[object, list[Line]] = {}
    for number, line in enumerate(lines):
        check = line.first
        if check.result is not Result.AS_EXPECTED and not check.waits_for:
            groups.setdefault((check.integration, check.cause) if check.cause else number, []).append(line)
    findings = [replace(first, same_cause=tuple(each.first.call for each in rest)) for first, *rest in groups.values()]
    return findings[:MAX_FINDINGS]


def build_explorer(lines: Sequence[Line]) -> dict[str, Any]:
    """The data that `expectations.js` reads, with each text once."""
    texts = Pool[str]()
    rows = [
        [
            *map(texts.add, (line.first.result, line.first.integration, line.first.plane, line.first.call)),
            *map(texts.add, (line.first.detail, line.first.expected, line.first.why, line.first.advice)),
            [
                [
                    *map(texts.add, (check.cluster or "", check.verdict, check.evidence.text, check.waits_for)),
                    [texts.add(difference) for difference in check.differences],
                    check.attempts,
                    int(check.exercised),
                ]
                for check in line.checks
            ],
        ]
        for line in lines
    ]
    return {"rows": rows, "texts": texts.values}


@dataclass(frozen=True)
class Danger:
    """A severe risk of an integration, and the rights that cause it."""

    words: str
    rights: tuple[RightReport, ...]


@dataclass(frozen=True)
class Risks:
    name: str
    title: str
    dangers: tuple[Danger, ...]
    residual: tuple[str, ...]


def describe_risks(integration: IntegrationReport) -> Risks:
    by_words: dict[str, list[RightReport]] = {}
    for right in (*integration.kubernetes, *integration.aws):
        for risk in right.risks:
            if risk.grave:
                by_words.setdefault(risk.words, []).append(right)
    dangers = tuple(Danger(words, tuple(rights)) for words, rights in by_words.items())
    return Risks(integration.name, integration.title, dangers, tuple(integration.residual_risks))
