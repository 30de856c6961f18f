"""What a review finds: one change of access, in data and in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ..finding import Severity


class Direction(StrEnum):
    GAINED = "gained"
    LOST = "lost"
    UNKNOWN = "unknown"
    """What could not be known: neither a gain nor none."""


class Plane(StrEnum):
    TRUST = "trust"
    """Who may become the principal."""
    AWS = "aws"
    """What it may do in AWS."""
    KUBERNETES = "kubernetes"
    """What it may do in clusters."""


@dataclass(frozen=True)
class Change:
    """One thing that a principal gains or loses. A reader sees `what`, `where` and `risk` as one line."""

    direction: Direction
    plane: Plane
    what: tuple[str, ...]
    """Named as in the stack: actions, `get, list secrets`, an access policy, a condition."""
    where: str
    """On which resources, in which namespaces, under which conditions; and what held instead before."""
    risk: str
    """What it makes possible."""
    severity: Severity | None
    """None for what is lost, which is no risk."""
    clusters: tuple[str, ...] = ()
    """The clusters that it is alike in; none for what has no cluster."""
    detail: tuple[str, ...] = ()
    """Everything that `what` stands for: each action of a wildcard, each verb on each resource of a policy."""
    key: str = ""
    """Which of the review's rules it falls under; see `rules`."""

    @property
    def is_risk(self) -> bool:
        return self.severity is not None

    @property
    def order(self) -> tuple[object, ...]:
        """Gains first, the gravest first; then the same on every run."""
        return (
            list(Direction).index(self.direction) if self.direction is not Direction.UNKNOWN else -1,
            -(self.severity or 0),
            not self.key.startswith("escalation"),
            list(Plane).index(self.plane),
            self.where,
            self.what,
            self.risk,
            self.clusters,
        )


@dataclass(frozen=True)
class PrincipalChanges:
    """All that changes for one principal, or alike for several."""

    names: tuple[str, ...]
    status: str
    """`new`, `removed` or `changed`."""
    changes: tuple[Change, ...]
    clusters: tuple[str, ...] = ()
    """Every cluster that it is let into, changed or not."""

    @property
    def worst(self) -> int:
        return max((change.severity or 0 for change in self.changes), default=0)


@dataclass(frozen=True)
class Review:
    base: str
    head: str
    principals: tuple[PrincipalChanges, ...]
    unknown: tuple[str, ...] = ()
    """What neither side could tell about the stack as a whole."""

    @property
    def worst(self) -> Severity | None:
        worst = max((each.worst for each in self.principals), default=0)
        return Severity(worst) if worst else None

    @property
    def changes(self) -> Sequence[tuple[PrincipalChanges, Change]]:
        return [(each, change) for each in self.principals for change in each.changes]

    @property
    def has_unknown(self) -> bool:
        return bool(self.unknown) or any(change.direction is Direction.UNKNOWN for _, change in self.changes)
