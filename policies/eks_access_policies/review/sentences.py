"""Formats a change as one line, and a review as one sentence. Names are between back-ticks. Pure."""

from eks_access.text_layout import format_count

from .change import Change, Direction, Plane, PrincipalChanges, Review
from .formatting import join_words, list_names, quote_name
from .not_evaluated import TypeNotEvaluated

SHOWN = 6
NO_CHANGE = "No change of access."


def describe_change(change: Change, principal: PrincipalChanges) -> str:
    """What changes, where, and what it makes possible."""
    if change.direction is Direction.UNKNOWN:
        return f"could not be determined: {change.where}{_format_clusters(change, principal)}"
    if change.plane is Plane.TRUST:
        return f"{change.where}: {change.risk}" if change.is_risk else f"{change.where} ({change.risk})"
    place = " ".join(filter(None, (list_names(change.what, SHOWN), change.where)))
    return f"{change.risk} ({place}{_format_clusters(change, principal)})"


def _format_clusters(change: Change, principal: PrincipalChanges) -> str:
    clusters = change.clusters
    if not clusters:
        return ""
    if len(clusters) > 4 and clusters == principal.clusters:
        return f"; in all {len(clusters):,} clusters"
    return f"; in {'cluster' if len(clusters) == 1 else 'clusters'} {list_names(clusters)}"


def format_label(change: Change) -> str:
    """The severity of a gain; the direction of any other change."""
    return change.severity.name.lower() if change.severity else str(change.direction)


def format_heading(principal: PrincipalChanges) -> str:
    """The principal's name, or the names of a group, and its status if it is new or removed."""
    status = () if principal.status == "changed" else (principal.status,)
    notes = (*status, "identical changes") if len(principal.names) > 1 else status
    return list_names(principal.names, 5) + (f" ({', '.join(notes)})" if notes else "")


def describe_extent(review: Review) -> str:
    """How much was not evaluated: `2 resources of 1 type were not`; empty if everything was."""
    if not review.not_evaluated:
        return ""
    resources = sum(len(each.names) for each in review.not_evaluated)
    types = len({each.type for each in review.not_evaluated})
    verb = "was" if resources == 1 else "were"
    return f"{format_count(resources, 'resource')} of {format_count(types, 'type')} {verb} not"


def describe_not_evaluated(each: TypeNotEvaluated) -> str:
    """One line for the resources of a type."""
    count = f"{format_count(len(each.names), 'resource')} of type {quote_name(each.type)} ({list_names(each.names, 3)})"
    if each.properties:
        return f"{count}: {list_names(each.properties)} {each.reason}"
    return f"{count}: {each.reason}"


def summarize(review: Review) -> str:
    """The review in one or two sentences."""
    gaining = sum(len(each.names) for each in review.principals if any(change.is_risk for change in each.changes))
    removed = sum(len(each.names) for each in review.principals if each.status == "removed")
    losing = sum(
        len(each.names)
        for each in review.principals
        if each.status != "removed" and any(change.direction is Direction.LOST for change in each.changes)
    )
    unknown = sum(change.direction is Direction.UNKNOWN for _, change in review.changes) + len(review.unknown)
    not_evaluated = describe_extent(review)
    parts = [
        *([f"{format_count(gaining, 'principal')} {'gains' if gaining == 1 else 'gain'} access"] if gaining else []),
        *([f"{format_count(losing, 'principal')} {'loses' if losing == 1 else 'lose'} some access"] if losing else []),
        *([f"{format_count(removed, 'principal')} {'is' if removed == 1 else 'are'} removed"] if removed else []),
        *([f"{format_count(unknown, 'item')} could not be determined"] if unknown else []),
    ]
    if not parts:
        return f"{NO_CHANGE[:-1]} among what was evaluated; {not_evaluated}." if not_evaluated else NO_CHANGE
    parts += [f"{not_evaluated} evaluated"] if not_evaluated else []
    worst = f" Highest severity gained: {review.worst.name.lower()}." if review.worst else ""
    return f"{join_words(parts, 4)}.{worst}"
