"""Principals that change alike, as one: a vendor's role for each of a hundred clusters is one thing to read. Pure.

Two change alike when their changes read the same once each one's own name, and the name of its one cluster, are taken
out. Nothing is lost by it: every name is told, and the JSON has each by itself.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from .change import Change, PrincipalChanges

ITS_NAME = "‹its name›"
ITS_CLUSTER = "‹its cluster›"


def collapsed(principals: Iterable[PrincipalChanges]) -> list[PrincipalChanges]:
    """The principals, those that change alike together, in their first one's place."""
    groups: dict[object, list[tuple[PrincipalChanges, tuple[Change, ...]]]] = {}
    for each in principals:
        pairs = [(replace(_without_names(change, each), clusters=()), change) for change in each.changes]
        pairs.sort(key=lambda pair: pair[0].order)
        changes = tuple(change for change, _ in pairs)
        own = replace(each, changes=tuple(change for _, change in pairs))
        # The same in all of its clusters, or in which of them.
        where = tuple(change.clusters == each.clusters or change.clusters for change in own.changes)
        groups.setdefault((each.status, changes, where), []).append((own, changes))
    return [_together(found) for found in groups.values()]


def _together(found: list[tuple[PrincipalChanges, tuple[Change, ...]]]) -> PrincipalChanges:
    first, without_names = found[0]
    if len(found) == 1:
        return first
    # Names are left out only where they differ.
    same = all(_plain(each) == _plain(first) for each, _ in found)
    changes = [
        replace(
            first.changes[number] if same else change,
            clusters=tuple(sorted({cluster for each, _ in found for cluster in each.changes[number].clusters})),
        )
        for number, change in enumerate(without_names)
    ]
    return PrincipalChanges(
        tuple(sorted(name for each, _ in found for name in each.names)),
        first.status,
        tuple(changes),
        tuple(sorted({cluster for each, _ in found for cluster in each.clusters})),
    )


def _plain(principal: PrincipalChanges) -> tuple[Change, ...]:
    return tuple(replace(change, clusters=()) for change in principal.changes)


def _without_names(change: Change, principal: PrincipalChanges) -> Change:
    """The change with the principal's own name, and that of its cluster where it has one, taken out."""
    names = {name: ITS_NAME for name in principal.names}
    if len(principal.clusters) == 1:
        names |= {principal.clusters[0]: ITS_CLUSTER}
    put = _replacing(names)
    return replace(
        change,
        what=tuple(map(put, change.what)),
        where=put(change.where),
        risk=put(change.risk),
        detail=tuple(map(put, change.detail)),
    )


def _replacing(names: dict[str, str]) -> Callable[[str], str]:
    """Whole names only: `dev` is not in `dev-both`."""
    known = [name for name in sorted(names, key=len, reverse=True) if name]
    if not known:
        return str
    pattern = re.compile(rf"(?<![\w.-])({'|'.join(map(re.escape, known))})(?![\w.])")
    return lambda text: pattern.sub(lambda found: names[found[1]], text)
