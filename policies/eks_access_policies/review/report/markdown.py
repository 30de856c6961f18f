"""The review as Markdown for a comment on a pull request: one line without changes, the most severe gains first.

Identical changes of several principals appear once (`grouping`); low-severity gains and losses are collapsed. GitHub
accepts 65,536 characters: sections that do not fit are shortened, from the least severe at the end, or else counted.
https://github.com/orgs/community/discussions/27190
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eks_access.text_layout import format_count

from ...finding import Severity
from ..change import Change, Direction, PrincipalChanges, Review
from ..formatting import strip_markup
from ..grouping import group_identical
from ..not_evaluated import TypeNotEvaluated
from ..sentences import describe_change, describe_not_evaluated, format_heading, format_label, summarize
from .interface import ReviewFormat

LIMIT = 60_000
"""Bytes; less than GitHub's limit, to leave room for a heading and a note."""
_LONGEST_LINE = 1500
"""Characters."""
_MAX_TYPES = 20
"""Lines about types that are not evaluated."""
_MAX_UNCOLLAPSED = 3
"""Low-severity gains that are not worth collapsing."""


@dataclass(frozen=True)
class MarkdownFormat(ReviewFormat):
    title: str = "Access review"
    limit: int = LIMIT

    def format(self, review: Review) -> str:
        head = [f"### {strip_markup(self.title)}", "", f"**{summarize(review)}**"]
        if review.principals or review.has_unknown:
            head += ["", f"From {review.base} to {review.head}."]
        for each in review.unknown:
            head += ["", f"- **unknown:** {each}"]
        if review.not_evaluated:
            head += ["", *_format_not_evaluated(review.not_evaluated)]
        sections = [_Section(each) for each in group_identical(review.principals)]
        return _fit_sections("\n".join(head) + "\n", sections, self.limit)


def _format_not_evaluated(types: Sequence[TypeNotEvaluated]) -> Iterator[str]:
    for each in types[:_MAX_TYPES]:
        yield f"- **not evaluated:** {_truncate(describe_not_evaluated(each))}"
    if len(types) > _MAX_TYPES:
        yield f"- **not evaluated:** …and {len(types) - _MAX_TYPES:,} more, which the JSON of this review has"


@dataclass(frozen=True)
class _Section:
    """The section of one principal, or of a group."""

    principal: PrincipalChanges

    @property
    def full(self) -> str:
        title = f"\n#### {format_heading(self.principal)}\n\n"
        changes = self.principal.changes
        if self.principal.status == "removed":
            return title + "Removed, with all its access.\n" + self._collapse("its access", changes)
        unknown = [each for each in changes if each.direction is Direction.UNKNOWN]
        gained = [each for each in changes if each.is_risk]
        escalating = {action for each in gained if each.key == "escalation-opened" for action in each.what}
        prominent = [
            each
            for each in gained
            if (each.severity or 0) > Severity.LOW and not _is_covered_by_escalation(each, escalating)
        ]
        other = [each for each in gained if each not in prominent]
        lost = [each for each in changes if each.direction is Direction.LOST]
        if len(other) <= _MAX_UNCOLLAPSED:
            prominent, other = [*prominent, *other], []
        return (
            title
            + "".join(map(self._format_line, (*unknown, *prominent)))
            + self._collapse(format_count(len(other), "more gain"), other)
            + self._collapse(f"{format_count(len(lost), 'right')} lost", lost)
        )

    @property
    def short(self) -> str:
        gains = sum(each.is_risk for each in self.principal.changes)
        worst = max((each.severity for each in self.principal.changes if each.severity), default=None)
        result = f"{format_count(gains, 'gain')}, highest severity {worst.name.lower()}" if worst else "no gain"
        return f"\n- {format_heading(self.principal)}: {result}\n"

    def _format_line(self, change: Change) -> str:
        if change.direction is Direction.UNKNOWN:
            return f"- **unknown:** {_truncate(change.where)}\n"
        return f"- **{format_label(change)}:** {_truncate(describe_change(change, self.principal))}\n"

    def _collapse(self, title: str, changes: Sequence[Change]) -> str:
        if not changes:
            return ""
        lines = "".join(f"- {_truncate(describe_change(each, self.principal))}\n" for each in changes)
        # Markdown between the tags is rendered only after an empty line.
        return f"\n<details><summary>{title}</summary>\n\n{lines}\n</details>\n"


def _is_covered_by_escalation(change: Change, escalating: set[str]) -> bool:
    """Whether the lines about escalation already name all actions of the change."""
    return change.key == "aws-gained" and set(change.what) <= escalating


def _truncate(line: str) -> str:
    if len(line) <= _LONGEST_LINE:
        return line
    kept = line[:_LONGEST_LINE]
    # A name that is cut in the middle has no closing back-tick.
    return f"{kept}`…" if kept.count("`") % 2 else f"{kept}…"


def _fit_sections(head: str, sections: list[_Section], limit: int) -> str:
    """As many sections as fit in full, then further ones in short, then the number of the others."""
    note = "\n…and {} more. The JSON and SARIF of this review have all of them.\n"
    full, short = [each.full for each in sections], [each.short for each in sections]
    available = limit - _measure(head) - _measure(note) - 20
    shown, index = [], 0
    remaining_short = sum(map(_measure, short))
    # One more section is shown in full only if all remaining ones still fit in short.
    while (
        index < len(sections)
        and (remaining_short := remaining_short - _measure(short[index])) >= 0
        and _measure(full[index]) + remaining_short <= available
    ):
        shown.append(full[index])
        available -= _measure(full[index])
        index += 1
    for number in range(index, len(sections)):
        if _measure(short[number]) > available:
            rest = sum(len(each.principal.names) for each in sections[number:])
            return head + "".join(shown) + note.format(format_count(rest, "principal"))
        shown.append(short[number])
        available -= _measure(short[number])
    return head + "".join(shown)


def _measure(text: str) -> int:
    return len(text.encode())
