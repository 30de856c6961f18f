"""Groups principals with identical changes, such as a vendor's roles for each of a hundred clusters. Pure.

Changes are identical if they are equal after the principal's own name, and the name of its only cluster, are replaced
by placeholders. Nothing is lost: the group lists every name, and the JSON report groups only what is equal for many.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from .change import Change, PrincipalChanges

ITS_NAME = "‹its name›"
ITS_CLUSTER = "‹its cluster›"
_Member = tuple[PrincipalChanges, tuple[Change, ...]]
"""A principal's changes, and the same changes, in the same order, with placeholders."""


MANY = 20
"""Principals with equal changes, from which on the review has them as one: as thousands of members of one group."""


def merge_equal(principals: Sequence[PrincipalChanges]) -> list[PrincipalChanges]:
    """The principals, those with equal changes merged where they are many, so that a review does not repeat them all.

    Nothing is lost: the names of all are in every format.
    """
    groups: dict[object, list[PrincipalChanges]] = {}
    for each in principals:
        groups.setdefault((each.status, each.changes, each.clusters), []).append(each)
    merged: list[PrincipalChanges] = []
    for group in groups.values():
        if len(group) < MANY:
            merged += group
        else:
            names = tuple(sorted(name for each in group for name in each.names))
            merged.append(replace(group[0], names=names))
    merged.sort(key=lambda each: (-each.worst, each.status == "removed", each.names))
    return merged


def group_identical(principals: Iterable[PrincipalChanges]) -> list[PrincipalChanges]:
    """The principals, those with identical changes merged, each group in the place of its first member."""
    groups: dict[object, list[_Member]] = {}
    for each in principals:
        pairs = [(replace(_insert_placeholders(change, each), clusters=()), change) for change in each.changes]
        pairs.sort(key=lambda pair: pair[0].order)
        placeholders = tuple(change for change, _ in pairs)
        principal = replace(each, changes=tuple(change for _, change in pairs))
        # Changes in all of a principal's clusters are identical to those in all of another's; others only if the
        # clusters are the same.
        clusters = tuple(change.clusters == each.clusters or change.clusters for change in principal.changes)
        groups.setdefault((each.status, placeholders, clusters), []).append((principal, placeholders))
    return [_merge(group) for group in groups.values()]


def _merge(group: list[_Member]) -> PrincipalChanges:
    first, placeholders = group[0]
    if len(group) == 1:
        return first
    # Placeholders appear only where the names differ.
    are_equal = all(_remove_clusters(each) == _remove_clusters(first) for each, _ in group)
    changes = [
        replace(
            first.changes[number] if are_equal else change,
            clusters=tuple(sorted({cluster for each, _ in group for cluster in each.changes[number].clusters})),
        )
        for number, change in enumerate(placeholders)
    ]
    return PrincipalChanges(
        tuple(sorted(name for each, _ in group for name in each.names)),
        first.status,
        tuple(changes),
        tuple(sorted({cluster for each, _ in group for cluster in each.clusters})),
    )


def _remove_clusters(principal: PrincipalChanges) -> tuple[Change, ...]:
    return tuple(replace(change, clusters=()) for change in principal.changes)


def _insert_placeholders(change: Change, principal: PrincipalChanges) -> Change:
    """The change with placeholders for the principal's own name, and for that of its only cluster."""
    # Changes that are equal without placeholders do not contain the names.
    names = {name: ITS_NAME for name in principal.names} if len(principal.names) == 1 else {}
    if len(principal.clusters) == 1:
        names |= {principal.clusters[0]: ITS_CLUSTER}
    substitute = _create_substitution(names)
    return replace(
        change,
        what=tuple(map(substitute, change.what)),
        where=substitute(change.where),
        risk=substitute(change.risk),
        detail=tuple(map(substitute, change.detail)),
    )


def _create_substitution(names: dict[str, str]) -> Callable[[str], str]:
    """A function that replaces whole names only: `dev` is not a part of `dev-both`."""
    known = [name for name in sorted(names, key=len, reverse=True) if name]
    if not known:
        return str
    pattern = re.compile(rf"(?<![\w.-])({'|'.join(map(re.escape, known))})(?![\w.])")
    return lambda text: pattern.sub(lambda found: names[found[1]], text)
