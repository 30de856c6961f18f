"""Compares who a principal is in a cluster: its groups, its username, its way in, and the roles that it acts as. Pure.

Each of them is a trait. Two traits are equal if they have the same kind and value; what a trait means, and how severe
it is to gain, is decided where it was read.
"""

from collections.abc import Iterator, Sequence, Set

from ...finding import Severity
from ..change import Change, Direction, Plane
from ..formatting import list_names
from ..side import Kind, Trait

_SINGLE = (Kind.WAY_IN, Kind.USERNAME, Kind.ISSUER, Kind.USERNAME_PREFIX, Kind.GROUPS_PREFIX)
"""Kinds of which there is one, so that a new value replaces the old one."""
_RESTRICTIONS = (Kind.REQUIRED_CLAIM, Kind.SESSION_POLICY)
"""Kinds that limit access: to lose one is a gain."""
NOBODY: frozenset[Trait] = frozenset()
"""The traits of a principal in a cluster that it does not come into."""


def compare_traits(before: Set[Trait], after: Set[Trait]) -> Iterator[Change]:
    """What a principal gains and loses in one cluster."""
    new, old = after - before, before - after
    not_compared = {trait.kind for trait in (*before, *after) if not trait.is_known}
    for trait in sorted(new, key=_sort_key):
        replaced = [each for each in old if each.kind is trait.kind and each.is_known] if trait.kind in _SINGLE else []
        if trait.kind in _RESTRICTIONS:
            yield from _lose(trait)
        elif trait.gained and _is_news(trait, before, replaced):
            yield _gain(trait, replaced)
    replaced_kinds = {trait.kind for trait in new if trait.kind in _SINGLE}
    for trait in sorted(old, key=_sort_key):
        if trait.kind in _RESTRICTIONS:
            # Without anything else left there is nothing that it limited, and an unknown one may be the same.
            if after and trait.kind not in not_compared:
                yield _gain(trait, ())
        elif trait.kind is Kind.MODE and not _has_mode(after):
            continue
        elif trait.kind not in not_compared and trait.kind not in replaced_kinds:
            yield from _lose(trait)


def _sort_key(trait: Trait) -> tuple[str, str]:
    return trait.kind, trait.value


def _is_news(trait: Trait, before: Set[Trait], replaced: Sequence[Trait]) -> bool:
    """Whether to report a trait: an ordinary one of a new principal is what its sign-in says already."""
    if trait.kind is Kind.SHADOWED_GROUP:
        return Trait(Kind.GROUP, trait.value) not in before
    if trait.kind is Kind.MODE:
        return _has_mode(before)
    if trait.kind in _SINGLE and trait.severity is not None and trait.severity <= Severity.LOW:
        return bool(replaced)
    return True


def _has_mode(traits: Set[Trait]) -> bool:
    """Whether there is a cluster with a mode that is known: without one, no way in begins or ends to have an effect."""
    return any(each.kind is Kind.MODE and each.is_known for each in traits)


def _gain(trait: Trait, replaced: Sequence[Trait]) -> Change:
    name = trait.name or trait.value
    instead = list_names(sorted(each.name or each.value for each in replaced))
    where = trait.where + (f", instead of {instead}" if instead else "")
    if trait.severity is None:
        return Change(
            Direction.UNKNOWN,
            Plane.KUBERNETES,
            (name,),
            f"{trait.gained} ({list_names([name])} {where})",
            "read it before you approve",
            None,
            key="access-unknown",
        )
    return Change(
        Direction.GAINED, Plane.KUBERNETES, (name,), where, trait.gained, trait.severity, key="identity-gained"
    )


def _lose(trait: Trait) -> Iterator[Change]:
    if trait.lost:
        what = (trait.name or trait.value,)
        yield Change(Direction.LOST, Plane.KUBERNETES, what, trait.where, trait.lost, None, key="identity-lost")
