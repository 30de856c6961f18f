"""The review for a pull request's comment: short when nothing changes, the gravest first, and never too long.

What changes alike is told once (`alike`); lesser gains and what is lost are folded. GitHub takes 65,536 characters:
what does not fit is told in fewer words, from the end, where the least grave is, and its number is always told.
https://github.com/orgs/community/discussions/27190
"""

from dataclasses import dataclass

from ...finding import Severity
from ..change import Change, Direction, PrincipalChanges, Review
from ..grouping import collapsed
from ..names import counted, plain
from ..sentences import change_line, heading, severity, summary
from .interface import ReviewFormat

LIMIT = 60_000
"""Bytes; below GitHub's own limit, so that a heading and a note fit beside it."""
_LONGEST_LINE = 1500
_UNFOLDED = 3
"""Lesser gains that are not worth folding."""


@dataclass(frozen=True)
class MarkdownFormat(ReviewFormat):
    title: str = "Access review"
    limit: int = LIMIT

    def text(self, review: Review) -> str:
        head = [f"### {plain(self.title)}", "", f"**{summary(review)}**"]
        if review.principals or review.unknown:
            head += ["", f"From {review.base} to {review.head}."]
        for each in review.unknown:
            head += ["", f"- **not known:** {each}"]
        sections = [_Section(each) for each in collapsed(review.principals)]
        return _fitted("\n".join(head) + "\n", sections, self.limit)


@dataclass(frozen=True)
class _Section:
    principal: PrincipalChanges

    @property
    def full(self) -> str:
        title = f"\n#### {heading(self.principal)}\n\n"
        changes = self.principal.changes
        if self.principal.status == "removed":
            return title + "It goes, and with it all that it could do.\n" + self._folded("what it could do", changes)
        unknown = [each for each in changes if each.direction is Direction.UNKNOWN]
        gained = [each for each in changes if each.is_risk]
        escalating = {action for each in gained if each.key == "escalation-opened" for action in each.what}
        grave = [each for each in gained if (each.severity or 0) > Severity.LOW and not _is_said(each, escalating)]
        lesser = [each for each in gained if each not in grave]
        lost = [each for each in changes if each.direction is Direction.LOST]
        if len(lesser) <= _UNFOLDED:
            grave, lesser = [*grave, *lesser], []
        shown = "".join(map(self._line, (*unknown, *grave)))
        return (
            title
            + shown
            + self._folded(counted(len(lesser), "more gain"), lesser)
            + self._folded(f"{counted(len(lost), 'right')} lost", lost)
        )

    @property
    def short(self) -> str:
        gains = sum(each.is_risk for each in self.principal.changes)
        worst = max((each.severity for each in self.principal.changes if each.severity), default=None)
        told = f"{counted(gains, 'gain')}, the gravest {worst.name.lower()}" if worst else "no gain"
        return f"\n- {heading(self.principal)}: {told}\n"

    def _line(self, change: Change) -> str:
        line = change_line(change, self.principal)
        if change.direction is Direction.UNKNOWN:
            label, line = "not known", line.removeprefix("not known: ")
        else:
            label = severity(change)
        return f"- **{label}:** {_cut(line)}\n"

    def _folded(self, title: str, changes: "list[Change] | tuple[Change, ...]") -> str:
        if not changes:
            return ""
        lines = "".join(f"- {_cut(change_line(each, self.principal))}\n" for each in changes)
        # Between the tags, Markdown begins after an empty line.
        return f"\n<details><summary>{title}</summary>\n\n{lines}\n</details>\n"


def _is_said(change: Change, escalating: set[str]) -> bool:
    """Whether it is of actions alone whose escalation is told above it."""
    return change.key == "aws-gained" and set(change.what) <= escalating


def _cut(line: str) -> str:
    if len(line) <= _LONGEST_LINE:
        return line
    cut = line[:_LONGEST_LINE]
    # A cut inside of a name leaves its back-tick open.
    return f"{cut}`…" if cut.count("`") % 2 else f"{cut}…"


def _fitted(head: str, sections: list[_Section], limit: int) -> str:
    """As much in full as fits; then in short; then counted."""
    note = "\n…and {} more. The JSON and SARIF of this review have all of them.\n"
    full, short = [each.full for each in sections], [each.short for each in sections]
    room = limit - _size(head) - _size(note) - 20
    shown, index = [], 0
    left = sum(map(_size, short))
    # The rest must still fit in short while one more is told in full.
    while index < len(sections) and (left := left - _size(short[index])) >= 0 and _size(full[index]) + left <= room:
        shown.append(full[index])
        room -= _size(full[index])
        index += 1
    for number in range(index, len(sections)):
        if _size(short[number]) > room:
            rest = sum(len(each.principal.names) for each in sections[number:])
            return head + "".join(shown) + note.format(counted(rest, "principal"))
        shown.append(short[number])
        room -= _size(short[number])
    return head + "".join(shown)


def _size(text: str) -> int:
    return len(text.encode())
