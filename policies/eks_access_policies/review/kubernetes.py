"""What a principal gains and loses in a cluster: effective verbs, from access policies and RBAC together. Pure.

Only what is effective counts: a right that another one still gives is no loss, and what was held before in another
way is no gain. What is told together is what a reader knows by one name: an access policy, the rules of a role whose
place changed; all else by what it makes possible.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from eks_access import risks

from ..rule import Severity
from .access import Bundle
from .change import Change, Direction, Plane
from .held import ANY, PATHS, WHOLE, Held, Holding, own_group, parts
from .words import code, joined, listed, namespaces, of_namespaces

Places = tuple[str, ...] | None


def difference(before: Sequence[Bundle], after: Sequence[Bundle]) -> list[Change]:
    """What is gained from `before` to `after`, and what is lost."""
    if set(before) == set(after):
        return []
    return [
        *_changes(Direction.GAINED, before, after),
        *_changes(Direction.LOST, after, before),
    ]


def _changes(direction: Direction, had: Sequence[Bundle], has: Sequence[Bundle]) -> Iterator[Change]:
    """What the second has beyond the first."""
    same, holding = set(had), Holding.of(had)
    told: set[tuple[Held, str | None]] = set()
    rest: dict[Held, list[str | None]] = {}
    for bundle in sorted(set(has) - same, key=lambda each: (not each.is_policy, each.label, each.namespaces or ())):
        new = [found for found in _beyond(bundle, holding) if found not in told]
        if not new:
            continue
        told.update(new)
        places = None if bundle.namespaces is None else _in_order(place for _, place in new)
        held = list(dict.fromkeys(held for held, _ in new))
        others = [other for other in had if other.rules == bundle.rules and other not in has]
        if bundle.is_policy or others:
            yield _of_bundle(direction, bundle, held, places, others)
        else:
            for one, place in new:
                rest.setdefault(one, []).append(place)
    yield from _of_rules(direction, rest, holding)


def _beyond(bundle: Bundle, holding: Holding) -> Iterator[tuple[Held, str | None]]:
    for place in (None,) if bundle.namespaces is None else bundle.namespaces:
        for rule in bundle.rules:
            for held in parts(rule):
                if not holding.covers(held, place):
                    yield held, place


def _of_bundle(
    direction: Direction, bundle: Bundle, held: list[Held], places: Places, others: Sequence[Bundle]
) -> Change:
    """A policy or a role as one, with where it held instead."""
    where = namespaces(places)
    if others:
        where += f", instead of only {' and '.join(_in_order(namespaces(other.namespaces) for other in others))}"
    what = (bundle.label,) if bundle.is_policy else tuple(_compact(held))
    if not bundle.is_policy:
        where = f"{where} ({code(bundle.label)})"
    return Change(
        direction,
        Plane.KUBERNETES,
        what,
        where,
        _risks(held, places),
        max(severity(each, places) for each in held) if direction is Direction.GAINED else None,
        detail=tuple(_full(held)),
        key=f"kubernetes-{direction}",
    )


@dataclass(frozen=True)
class _Kind:
    """What is told in one line."""

    risk: str
    places: Places
    instead: str
    severity: Severity | None
    names: tuple[str, ...]


def _of_rules(
    direction: Direction, rest: Mapping[Held, Sequence[str | None]], holding: Holding
) -> Iterator[Change]:
    """Rules by what they make possible, and where."""
    by_resource: dict[tuple[Held, Places], set[str]] = {}
    for held, where in _real(rest, holding).items():
        places = None if None in where else _in_order(place for place in where if place is not None)
        by_resource.setdefault((held._replace(name=ANY), places), set()).add(held.name)
    lines: dict[_Kind, list[Held]] = {}
    elsewhere = _Elsewhere(holding)
    for (held, places), names in by_resource.items():
        named = () if ANY in names else tuple(sorted(names))
        lines.setdefault(
            _Kind(
                _risk(held, places, named).words,
                places,
                elsewhere.of(held, places),
                severity(held, places, bool(named)) if direction is Direction.GAINED else None,
                named,
            ),
            [],
        ).append(held)
    for kind, found in lines.items():
        named_words = f"only those named {listed(kind.names)}, " if kind.names else ""
        yield Change(
            direction,
            Plane.KUBERNETES,
            tuple(_compact(found)),
            named_words + namespaces(kind.places) + kind.instead,
            kind.risk,
            kind.severity,
            detail=tuple(_full(found)),
            key=f"kubernetes-{direction}",
        )


class _Elsewhere:
    """Where the other side holds the same, so that a line can say what it was instead."""

    def __init__(self, holding: Holding) -> None:
        self._places: dict[Held, list[str]] = {}
        for place, held in holding.by_place.items():
            if place is not None:
                for each in held:
                    self._places.setdefault(each, []).append(place)

    def of(self, held: Held, places: Places) -> str:
        there = sorted(set(self._places.get(held, ())) - set(places or ()))
        if not there or places is not None:
            return ""
        return f", instead of only {namespaces(there)}"


def _real(rest: Mapping[Held, Sequence[str | None]], holding: Holding) -> dict[Held, Sequence[str | None]]:
    """Without pairs that no cluster serves, as `pods` in the group `apps`, where the real one is accounted for."""

    def is_real(held: Held, places: Sequence[str | None]) -> bool:
        own = own_group(held.resource)
        if own is None or held.group == own:
            return True
        real = held._replace(group=own)
        return real not in rest and not all(holding.covers(real, place) for place in places)

    return {held: places for held, places in rest.items() if is_real(held, places)}


def severity(held: Held, places: Places, named: bool = False) -> Severity:
    """How bad it is to hold this."""
    if places is None and held.verb == ANY and held.resource == ANY and held.group == ANY:
        return Severity.CRITICAL
    if held.group == WHOLE:
        return Severity.HIGH
    if held.group == PATHS:
        return Severity.LOW
    if not _risk(held, places).grave:
        return Severity.LOW if held.verb in risks.READS else Severity.MEDIUM
    if held.verb in _WIDENS and not named:
        return Severity.CRITICAL
    return Severity.MEDIUM if named else Severity.HIGH


_WIDENS = frozenset({"escalate", "bind", "impersonate"})


def _risk(held: Held, places: Places, names: tuple[str, ...] = ()) -> risks.Risk:
    if held.group == WHOLE:
        return risks.Risk("has a rule too large to be taken apart; read it", True)
    if held.group == PATHS:
        return risks.Risk("can call these paths of the API server", False)
    named = f" named {listed(names)}" if names else ""
    return risks.of_rule(held.resource.replace("*/", "pods/"), held.verb, named + of_namespaces(places))


def _risks(held: Iterable[Held], places: Places) -> str:
    """The gravest things that they make possible, as one sentence."""
    words: dict[str, Severity] = {}
    for each in held:
        words.setdefault(_risk(each, places).words, severity(each, places))
    gravest = sorted(words, key=lambda each: -words[each])
    grave = [each for each in gravest if words[each] >= Severity.HIGH] or gravest[:1]
    return joined([each if number == 0 else each.removeprefix("can ") for number, each in enumerate(grave)], 4)


def _compact(held: Iterable[Held]) -> Iterator[str]:
    """`get, list pods, secrets`: resources with the same verbs together."""
    verbs: dict[str, list[str]] = {}
    for each in held:
        verbs.setdefault(each.kind, []).append(each.verb)
    kinds: dict[tuple[str, ...], list[str]] = {}
    for kind, of_kind in verbs.items():
        kinds.setdefault(tuple(sorted(set(of_kind))), []).append(kind)
    for of_kinds, found in sorted(kinds.items()):
        yield f"{', '.join(of_kinds)} {', '.join(sorted(found))}"


def _full(held: Iterable[Held]) -> Iterator[str]:
    yield from sorted({f"{each.verb} {each.kind}" + ("" if each.name == ANY else f" {each.name}") for each in held})


def _in_order(places: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(sorted({place for place in places if place is not None}))
