"""What the reports of a comparison show, as plain data. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eks_access.model.integration import Profile
from eks_access.text_layout import format_count

from .comparison import Comparison, Effect, Row, Section

MARKS = {
    Effect.KEPT: "=",
    Effect.ADDED: "+",
    Effect.WIDENED: "+",
    Effect.REMOVED: "-",
    Effect.NARROWED: "-",
    Effect.CHANGED: "~",
    Effect.UNKNOWN: "?",
}
FEW = 6
"""Things that are the same on every side, of which a row lists so many."""
NOTHING = "nothing"


@dataclass(frozen=True)
class ShownRow:
    """A row as text: the effect of the chosen profile first."""

    effect: Effect
    what: str
    found: str
    planned: tuple[str, ...]


def list_profiles(comparison: Comparison) -> tuple[Profile, ...]:
    """The profiles that have a column."""
    return tuple(comparison.sentences)


def list_sections(
    comparison: Comparison, profile: Profile, *, with_kept: bool
) -> Iterator[tuple[Section, list[ShownRow]]]:
    """The rows of each section that has some; those that no profile changes only `with_kept`."""
    for section in Section:
        rows = [row for row in comparison.rows if row.section is section and (with_kept or not row.is_kept)]
        if rows:
            yield section, [_show(row, comparison, profile) for row in rows]


def _show(row: Row, comparison: Comparison, profile: Profile) -> ShownRow:
    where = f" ({list_some(row.where)})" if row.where else ""
    planned = tuple(row.planned.get(each, "") or NOTHING for each in list_profiles(comparison))
    effect = row.effects.get(profile, Effect.KEPT)
    return ShownRow(effect, f"{list_some(row.what)}{where}", row.found or NOTHING, planned)


def list_some(names: Sequence[str], few: int = FEW) -> str:
    """`a, b, c and 3 more`."""
    shown = ", ".join(names[:few])
    return f"{shown} and {len(names) - few:,} more" if len(names) > few else shown


def summarize(comparison: Comparison, profile: Profile) -> str:
    """What the profile does, in one sentence."""
    counts = {
        "added or widened": comparison.select(profile, Effect.ADDED, Effect.WIDENED),
        "removed or narrowed": comparison.select(profile, Effect.REMOVED, Effect.NARROWED),
        "changed": comparison.select(profile, Effect.CHANGED),
        "not known": comparison.select(profile, Effect.UNKNOWN),
    }
    parts = [f"{sum(len(row.what) for row in rows):,} {words}" for words, rows in counts.items() if rows]
    unread = f" {format_count(len(comparison.unread), 'thing')} could not be read." if comparison.unread else ""
    return f"Profile {profile}: {', '.join(parts) if parts else 'nothing changes'}.{unread}"
