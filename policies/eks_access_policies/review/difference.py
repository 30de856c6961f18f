"""The access difference between two sides: every principal's changes, in a stable order. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..finding import Severity
from . import aws, escalation, kubernetes, trust
from .change import Change, Direction, Plane, PrincipalChanges, Review
from .side import NOBODY, Bundle, Principal, Side


def review(base: Side, head: Side) -> Review:
    """Everything that changes from `base` to `head`."""
    comparing = _Comparing()
    changed = [
        PrincipalChanges((principal.name,), status, tuple(changes), tuple(sorted(principal.everywhere)))
        for before, after in base.pairs(head)
        for principal, status in [_of(before, after)]
        if (changes := sorted(comparing.changes(before or NOBODY, after or NOBODY), key=lambda each: each.order))
        or status != "changed"
    ]
    changed.sort(key=lambda each: (-each.worst, each.status == "removed", each.names))
    return Review(base.origin, head.origin, tuple(changed), tuple(dict.fromkeys((*head.unknown, *base.unknown))))


def _of(before: Principal | None, after: Principal | None) -> tuple[Principal, str]:
    if after is None:
        return before or NOBODY, "removed"
    return after, "new" if before is None else "changed"


class _Comparing:
    """Remembers what came of comparing the rights in one cluster, since a fleet has the same in many."""

    def __init__(self) -> None:
        self._found: dict[tuple[frozenset[Bundle], frozenset[Bundle]], list[Change]] = {}

    def changes(self, before: Principal, after: Principal) -> Iterator[Change]:
        # What is not known on one side is neither gained nor lost: it is told, and not compared.
        if before.trust is not None and after.trust is not None:
            yield from trust.difference(before.trust, after.trust)
        yield from aws.difference(before.statements, after.statements)
        yield from escalation.difference(before.statements, after.statements)
        yield from aws.managed(before.managed, after.managed)
        yield from aws.boundary(before.boundary, after.boundary) if NOBODY not in (before, after) else ()
        yield from self._in_clusters(before, after)
        yield from _unknown(before, after)

    def _in_clusters(self, before: Principal, after: Principal) -> Iterator[Change]:
        together: dict[Change, list[str]] = {}
        for cluster in before.everywhere | after.everywhere:
            was, now = before.clusters.get(cluster, ()), after.clusters.get(cluster, ())
            entry = _entry(cluster in before.entered, cluster in after.entered)
            for change in (*self._in_cluster(was, now), *entry):
                together.setdefault(change, []).append(cluster)
        for change, clusters in together.items():
            yield replace(change, clusters=tuple(sorted(clusters)))

    def _in_cluster(self, was: Sequence[Bundle], now: Sequence[Bundle]) -> list[Change]:
        key = frozenset(was), frozenset(now)
        if key not in self._found:
            self._found[key] = kubernetes.difference(was, now)
        return self._found[key]


def _entry(was: bool, now: bool) -> Iterator[Change]:
    """Being let in at all, whatever it may do inside."""
    if was != now:
        direction = Direction.GAINED if now else Direction.LOST
        yield Change(
            direction,
            Plane.KUBERNETES,
            ("sign in",),
            "" if now else "no longer",
            "is let in, as every user of the cluster is" if now else "is no longer let in",
            Severity.LOW if now else None,
            key=f"kubernetes-{direction}",
        )


def _unknown(before: Principal, after: Principal) -> Iterator[Change]:
    for words in dict.fromkeys((*after.unknown, *before.unknown)):
        yield Change(Direction.UNKNOWN, Plane.AWS, (), words, "read it before you approve", None, key="access-unknown")
