"""The result of a review: the changes of access of each principal."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ..finding import Severity
from .not_evaluated import TypeNotEvaluated


class Direction(StrEnum):
    GAINED = "gained"
    LOST = "lost"
    UNKNOWN = "unknown"
    """Could not be determined."""


class Plane(StrEnum):
    TRUST = "trust"
    """Who may assume the principal."""
    AWS = "aws"
    """What the principal may do in AWS."""
    KUBERNETES = "kubernetes"
    """What the principal may do in clusters."""


def describe_other_side(direction: Direction, where: str) -> str:
    """Where the other side has a right too: what applied before a gain, or is left after a loss."""
    return f", but still {where}" if direction is Direction.LOST else f", instead of only {where}"


@dataclass(frozen=True)
class Change:
    """One right that a principal gains or loses. Reports show `what`, `where` and `risk` as one line."""

    direction: Direction
    plane: Plane
    what: tuple[str, ...]
    """Named as in the stack: actions, `get, list secrets`, an access policy, a condition."""
    where: str
    """The resources, namespaces and conditions, and where the other side has the right too."""
    risk: str
    """What the change makes possible."""
    severity: Severity | None
    """None if the right is lost, or could not be determined."""
    clusters: tuple[str, ...] = ()
    """The clusters with this same change; empty outside of Kubernetes."""
    detail: tuple[str, ...] = ()
    """The expansion of `what`: each action of a wildcard, each verb on each resource of a policy."""
    key: str = ""
    """The kind of change, such as `trust-opened` or `aws-gained`; SARIF has a rule for each (`SARIF_RULES`)."""

    @property
    def is_risk(self) -> bool:
        return self.severity is not None

    @property
    def order(self) -> tuple[object, ...]:
        """Sort key: what could not be determined first, then gains by severity, then losses; stable between runs."""
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
    """All changes of one principal, or of several principals with identical changes."""

    names: tuple[str, ...]
    status: str
    """`new`, `removed` or `changed`."""
    changes: tuple[Change, ...]
    clusters: tuple[str, ...] = ()
    """Every cluster that the principal has access to, changed or not."""

    @property
    def worst(self) -> int:
        """The highest severity gained; 0 if no access is gained."""
        return max((change.severity or 0 for change in self.changes), default=0)


@dataclass(frozen=True)
class Review:
    """The access difference between two sides. `base` and `head` describe what was compared."""

    base: str
    head: str
    principals: tuple[PrincipalChanges, ...]
    unknown: tuple[str, ...] = ()
    """What could not be determined about the stack as a whole."""
    not_evaluated: tuple[TypeNotEvaluated, ...] = ()
    """Changes of resources that may give access and are not evaluated."""

    @property
    def worst(self) -> Severity | None:
        """The highest severity gained; None if no access is gained."""
        worst = max((each.worst for each in self.principals), default=0)
        return Severity(worst) if worst else None

    @property
    def changes(self) -> Sequence[tuple[PrincipalChanges, Change]]:
        return [(each, change) for each in self.principals for change in each.changes]

    @property
    def has_unknown(self) -> bool:
        return bool(self.unknown or self.not_evaluated) or any(
            change.direction is Direction.UNKNOWN for _, change in self.changes
        )
