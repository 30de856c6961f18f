"""Lays out the drawing of all access in five columns: integration → role → cluster → identity → rules.

Pure: a report in, boxes and curves with their coordinates out. The template renders them as SVG.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from eks_access.text_layout import format_count

from ...outcome import Result
from ..models import ClusterReport, IntegrationReport, Report

GAP = 12
HEIGHT = 46
MAX_HEIGHT = 4 * HEIGHT
TOP = 34
TITLE, SUBTITLE = 7.2, 6.0
"""The approximate width of a character at the font sizes of the style sheet."""
COLUMNS = (
    ("Integration", 0, 180),
    ("IAM role", 236, 232),
    ("Cluster", 524, 140),
    ("Identity in the cluster", 720, 226),
    ("Rules", 1002, 238),
)
"""Each with its left edge and its width."""
WIDTH = 1240
WORST_FIRST = (Result.MISMATCH, Result.NOT_PROVEN, Result.AS_EXPECTED)

Key = tuple[object, ...]
"""Identifies a box in its column."""


@dataclass(frozen=True)
class Box:
    """One node. It is highlighted together with its `integrations` (by number) and its `cluster`."""

    column: int
    title: str
    subtitle: str
    integrations: tuple[int, ...]
    y: float
    height: float
    cluster: str | None = None
    result: Result | None = None
    is_severe: bool = False

    @property
    def x(self) -> int:
        return COLUMNS[self.column][1]

    @property
    def width(self) -> int:
        return COLUMNS[self.column][2]

    @property
    def middle(self) -> float:
        return self.y + self.height / 2

    @property
    def short_title(self) -> str:
        return self._cut(self.title, TITLE)

    @property
    def short_subtitle(self) -> str:
        return self._cut(self.subtitle, SUBTITLE)

    def _cut(self, text: str, character: float) -> str:
        """As much of the text as fits. The tooltip has the full text."""
        fits = int((self.width - (38 if self.is_severe else 22)) / character)
        return text if len(text) <= fits else f"{text[: fits - 1].rstrip()}…"


@dataclass(frozen=True)
class Curve:
    """From the right edge of a box to the left edge of one in the next column."""

    path: str
    integration: int
    cluster: str | None
    """None for a curve that all clusters of the integration share."""
    result: Result


@dataclass(frozen=True)
class Drawing:
    height: float
    boxes: tuple[Box, ...]
    curves: tuple[Curve, ...]
    columns: tuple[tuple[str, int, int], ...] = COLUMNS
    width: int = WIDTH


@dataclass(frozen=True)
class _Path:
    """One integration's access to one cluster."""

    number: int
    integration: IntegrationReport
    key: str
    cluster: ClusterReport

    @property
    def boxes(self) -> tuple[Key, ...]:
        """The key of its box in each column."""
        identity = (self.cluster.username, *self.cluster.groups)
        return (
            (self.number,),
            (self.number, self.integration.role_arn),
            (self.key,),
            (self.number, *identity),
            (self.number, "rules"),
        )


def lay_out(report: Report) -> Drawing:
    paths = [
        _Path(number, integration, key, cluster)
        for number, integration in enumerate(report.integrations)
        for key, cluster in integration.clusters.items()
    ]
    columns = [_group_by_box(paths, column) for column in range(len(COLUMNS))]
    height = max((len(column) * (HEIGHT + GAP) - GAP for column in columns), default=0)
    results = _results(report)
    placed: list[dict[Key, Box]] = []
    for number, column in enumerate(columns):
        spans = _spans(len(column), height)
        placed.append(
            {
                key: _box(number, through, results, *span)
                for (key, through), span in zip(column.items(), spans, strict=True)
            }
        )
    boxes = tuple(box for column in placed for box in column.values())
    return Drawing(TOP + height + GAP, boxes, tuple(_curves(paths, placed, results)))


def _group_by_box(paths: Iterable[_Path], column: int) -> dict[Key, list[_Path]]:
    """The boxes of a column, each with the paths that go through it."""
    found: dict[Key, list[_Path]] = {}
    for path in paths:
        found.setdefault(path.boxes[column], []).append(path)
    return found


def _spans(count: int, height: float) -> Iterator[tuple[float, float]]:
    """The top and the height of each box of a column. In a short column, boxes are taller and further apart."""
    if count:
        each = min((height - GAP * (count - 1)) / count, MAX_HEIGHT)
        gap = (height - count * each) / (count + 1) if each == MAX_HEIGHT else GAP
        start = gap if each == MAX_HEIGHT else 0.0
        yield from ((TOP + start + number * (each + gap), each) for number in range(count))


Results = Mapping[tuple[str, str | None], Result]
"""The worst result of each integration in each cluster; under None in AWS."""


def _results(report: Report) -> Results:
    worst: dict[tuple[str, str | None], Result] = {}
    for check in report.checks:
        key = (check.integration, check.cluster)
        worst[key] = _worst((check.result, worst.get(key, Result.AS_EXPECTED)))
    return worst


def _worst(results: Iterable[Result]) -> Result:
    return min(results, key=WORST_FIRST.index, default=Result.AS_EXPECTED)


def _box(column: int, paths: list[_Path], results: Results, y: float, height: float) -> Box:
    first = paths[0]
    name, integration, cluster = first.integration.name, first.integration, first.cluster
    numbers = tuple(dict.fromkeys(path.number for path in paths))
    in_clusters = _worst(results[name, path.key] for path in paths if (name, path.key) in results)
    in_aws = results.get((name, None), Result.AS_EXPECTED)
    match column:
        case 0:
            words = f"{integration.title}, {integration.profile}"
            return Box(column, name, words, numbers, y, height, result=_worst((in_clusters, in_aws)))
        case 1:
            rights = format_count(sum(len(right.what.split(", ")) for right in integration.aws), "AWS action")
            is_severe = any(risk.grave for right in integration.aws for risk in right.risks)
            title = integration.role_arn.rpartition("/")[2]
            return Box(column, title, rights, numbers, y, height, result=in_aws, is_severe=is_severe)
        case 2:
            return Box(column, cluster.name, cluster.region, numbers, y, height, cluster=first.key)
        case 3:
            groups = ", ".join(cluster.groups) or "no group"
            return Box(column, cluster.username, groups, numbers, y, height, result=in_clusters)
        case _:
            risks = [risk for right in integration.kubernetes for risk in right.risks]
            is_severe = any(risk.grave for risk in risks)
            rules = [risk.words for risk in risks if risk.grave] or [right.what for right in integration.kubernetes]
            title = format_count(len(integration.kubernetes), "rule")
            return Box(
                column, title, next(iter(rules), "no rights of its own"), numbers, y, height, is_severe=is_severe
            )


def _curves(paths: Iterable[_Path], placed: list[dict[Key, Box]], results: Results) -> Iterator[Curve]:
    drawn: set[tuple[int, Key, Key, str | None]] = set()
    for path in paths:
        name = path.integration.name
        for column, (left, right) in enumerate(pairwise(path.boxes)):
            # On both sides of the clusters' column, a curve belongs to one cluster.
            cluster = path.key if column in (1, 2) else None
            if (column, left, right, cluster) not in drawn:
                drawn.add((column, left, right, cluster))
                result = results.get((name, path.key if column else None), Result.AS_EXPECTED)
                begin, end = placed[column][left], placed[column + 1][right]
                yield Curve(_bend(begin, end, path.number), path.number, cluster, result)


def _bend(left: Box, right: Box, integration: int) -> str:
    """The curves of several integrations are spread along the edge of their box, in order."""
    x1, y1 = left.x + left.width, _port(left, integration)
    x2, y2 = right.x, _port(right, integration)
    half = (x2 - x1) / 2
    return f"M{x1},{y1:.1f}C{x1 + half:.0f},{y1:.1f} {x2 - half:.0f},{y2:.1f} {x2},{y2:.1f}"


def _port(box: Box, integration: int) -> float:
    count = len(box.integrations)
    return box.y + box.height * (box.integrations.index(integration) + 1) / (count + 1)
