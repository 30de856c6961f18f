"""Access that was found beside what this package would make in each profile: the result, as plain data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from eks_access.model.integration import Profile


class Section(StrEnum):
    """The parts of a comparison, in the order of reports."""

    ROLE = "the role"
    TRUST = "who may assume it"
    AWS = "what it may do in AWS"
    WAY_IN = "its way into clusters"
    RIGHTS = "what it may do in clusters"


class Effect(StrEnum):
    """What a profile does to what was found."""

    KEPT = "kept"
    ADDED = "added"
    WIDENED = "widened"
    REMOVED = "removed"
    NARROWED = "narrowed"
    CHANGED = "changed"
    UNKNOWN = "unknown"
    """Some of what was found could not be read."""


@dataclass(frozen=True)
class Row:
    """One line of the comparison: the same thing on each side.

    Attributes:
        where: the clusters; empty for what is in AWS.
        what: a principal, an action, a right: several where they are the same on every side.
        found: what there is of it now; empty where there is none.
        planned: what each profile makes of it; a profile that the vendor does not have here is missing.
        effects: what each profile does to what was found.
    """

    section: Section
    where: tuple[str, ...]
    what: tuple[str, ...]
    found: str
    planned: Mapping[Profile, str]
    effects: Mapping[Profile, Effect]

    @property
    def is_kept(self) -> bool:
        """Whether no profile changes it."""
        return all(effect is Effect.KEPT for effect in self.effects.values())


@dataclass(frozen=True)
class Sentence:
    """One right that is gained or lost, in words. Names are between back-ticks.

    Attributes:
        severity: how severe it is to gain it; empty for a loss.
    """

    effect: Effect
    words: str
    severity: str = ""


@dataclass(frozen=True)
class Comparison:
    """All of it.

    Attributes:
        sentences: what taking it over in each profile adds and removes, the most severe gains first.
        unread: what of the access that was found could not be read.
    """

    principal_arn: str
    title: str
    rows: tuple[Row, ...]
    sentences: Mapping[Profile, tuple[Sentence, ...]]
    unread: tuple[str, ...] = ()

    def select(self, profile: Profile, *effects: Effect) -> tuple[Row, ...]:
        """The rows that the profile affects so."""
        return tuple(row for row in self.rows if row.effects.get(profile) in effects)

    def has_changes(self, profile: Profile) -> bool:
        return any(row.effects.get(profile, Effect.KEPT) is not Effect.KEPT for row in self.rows)


# How rows are made.


@dataclass(frozen=True)
class Cell:
    """One side of a row. `grants` are what is compared: none where this side does not have it."""

    text: str = ""
    grants: frozenset[Any] = frozenset()
    is_unread: bool = False


@dataclass(frozen=True)
class Line:
    """A row before it is grouped with others that are the same."""

    where: str
    what: str
    found: Cell
    planned: Mapping[Profile, Cell] = field(default_factory=dict)


Covers = Callable[[Any, Any], bool]
"""Whether one grant includes the other."""


def find_effect(found: Cell, planned: Cell, covers: Covers) -> Effect:
    """What it does to what was found, to have this in its place."""
    if found.is_unread or planned.is_unread:
        return Effect.UNKNOWN
    if found.grants == planned.grants:
        return Effect.KEPT
    if not found.grants:
        return Effect.ADDED
    if not planned.grants:
        return Effect.REMOVED
    is_within = all(any(covers(wide, narrow) for wide in found.grants) for narrow in planned.grants)
    is_without = all(any(covers(wide, narrow) for wide in planned.grants) for narrow in found.grants)
    if is_within and is_without:
        return Effect.KEPT
    return Effect.NARROWED if is_within else Effect.WIDENED if is_without else Effect.CHANGED


def build_rows(section: Section, lines: list[Line], covers: Covers = lambda one, other: one == other) -> list[Row]:
    """The rows of a section: what is the same on every side is one row, with all the clusters that have it."""
    by_cells: dict[object, tuple[Line, dict[Profile, Effect], dict[str, dict[str, None]]]] = {}
    for line in lines:
        effects = {profile: find_effect(line.found, cell, covers) for profile, cell in line.planned.items()}
        texts = (line.found.text, *(cell.text for cell in line.planned.values()))
        if not any(texts):
            continue
        key = texts, tuple(effects.items())
        _, _, places = by_cells.setdefault(key, (line, effects, {}))
        places.setdefault(line.where, {})[line.what] = None
    rows = []
    for line, effects, places in by_cells.values():
        planned = {profile: cell.text for profile, cell in line.planned.items()}
        same: dict[tuple[str, ...], list[str]] = {}
        for where, what in places.items():
            same.setdefault(tuple(what), []).append(where)
        for names, clusters in same.items():
            rows.append(Row(section, tuple(filter(None, clusters)), names, line.found.text, planned, effects))
    return rows
