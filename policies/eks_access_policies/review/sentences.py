"""A change in one line, and a review in one. Names are between back-ticks; formats do with them what fits. Pure."""

from .change import Change, Direction, Plane, PrincipalChanges, Review
from .names import counted, joined, listed

SHOWN = 6
NO_CHANGE = "No change of access."


def change_line(change: Change, principal: PrincipalChanges) -> str:
    """What changes, where, and what it makes possible."""
    if change.direction is Direction.UNKNOWN:
        return f"not known: {change.where}"
    if change.plane is Plane.TRUST:
        return f"{change.where}: {change.risk}" if change.is_risk else f"{change.where} ({change.risk})"
    place = " ".join(filter(None, (listed(change.what, SHOWN), change.where)))
    return f"{change.risk} ({place}{_in_clusters(change, principal)})"


def _in_clusters(change: Change, principal: PrincipalChanges) -> str:
    clusters = change.clusters
    if not clusters:
        return ""
    if len(clusters) > 4 and clusters == principal.clusters:
        return f"; in all {len(clusters):,} clusters"
    return f"; in {'cluster' if len(clusters) == 1 else 'clusters'} {listed(clusters)}"


def severity(change: Change) -> str:
    return change.severity.name.lower() if change.severity else str(change.direction)


def heading(principal: PrincipalChanges) -> str:
    """Who it is about, and what becomes of them."""
    names, status = listed(principal.names, 5), principal.status
    if len(principal.names) > 1:
        return f"{names}, which {'all change' if status == 'changed' else f'are all {status},'} alike"
    return names if status == "changed" else f"{names} ({status})"


def summary(review: Review) -> str:
    """The review in one sentence."""
    gaining = sum(any(change.is_risk for change in each.changes) for each in review.principals)
    removed = sum(each.status == "removed" for each in review.principals)
    losing = sum(
        each.status != "removed" and any(change.direction is Direction.LOST for change in each.changes)
        for each in review.principals
    )
    unknown = sum(change.direction is Direction.UNKNOWN for _, change in review.changes) + len(review.unknown)
    parts = [
        *([f"{counted(gaining, 'principal')} {_verb('gain', gaining)} access"] if gaining else []),
        *([f"{counted(losing, 'principal')} {_verb('lose', losing)} some"] if losing else []),
        *([f"{counted(removed, 'principal')} {_verb('go', removed, 'es')}"] if removed else []),
        *([f"{counted(unknown, 'thing')} could not be known"] if unknown else []),
    ]
    if not parts:
        return NO_CHANGE
    worst = f" The gravest gain is {review.worst.name.lower()}." if review.worst else ""
    told = joined(parts, 4)
    return f"{told[:1].upper()}{told[1:]}.{worst}"


def _verb(verb: str, count: int, ending: str = "s") -> str:
    return verb + (ending if count == 1 else "")
