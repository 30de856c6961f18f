"""What a principal gains and loses in a cluster: effective verbs, from access policies and RBAC together. Pure.

Only what is effective counts: a right that another one still gives is no loss, and what was held before in another
way is no gain. What is told together is what a reader knows by one name: an access policy, the rules of a role whose
place changed; all else by what it makes possible.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from eks_access.model.kubernetes_rights import READS, Request, describe_right, find_right
from eks_access.model.rbac import api_group_of
from eks_access.model.risk import Risk

from ..access import Permission
from ..finding import Severity
from .change import Change, Direction, Plane
from .effective import ANY, WHOLE, Holding, full_name, of_bundle
from .names import code, joined, listed, namespaces, of_namespaces
from .side import Bundle

Places = tuple[str, ...] | None


def difference(before: Sequence[Bundle], after: Sequence[Bundle]) -> list[Change]:
    """What is gained from `before` to `after`, and what is lost."""
    if set(before) == set(after):
        return []
    return [*_changes(Direction.GAINED, before, after), *_changes(Direction.LOST, after, before)]


def _changes(direction: Direction, had: Sequence[Bundle], has: Sequence[Bundle]) -> Iterator[Change]:
    """What the second has beyond the first."""
    same, holding = set(had), Holding.of(had)
    moving: dict[frozenset[Permission], list[Bundle]] = {}
    for other in same - set(has):
        moving.setdefault(other.rules, []).append(other)
    told: set[Request] = set()
    rest: dict[Request, set[str]] = {}
    for bundle in sorted(set(has) - same, key=lambda each: (not each.is_policy, each.label, each.namespaces or ())):
        new = [grant for grant in of_bundle(bundle) if grant not in told and not holding.covers(grant)]
        told.update(new)
        moved = sorted(moving.get(bundle.rules, ()), key=lambda each: (each.label, each.namespaces or ()))
        if new and (bundle.is_policy or moved):
            yield _of_bundle(direction, bundle, new, moved)
        else:
            for grant in new:
                rest.setdefault(replace(grant, namespace=""), set()).add(grant.namespace)
    yield from _of_rules(direction, rest, holding)


def _of_bundle(direction: Direction, bundle: Bundle, new: Sequence[Request], moved: Sequence[Bundle]) -> Change:
    """A policy or a role as one, with where it held instead."""
    places = None if bundle.namespaces is None else tuple(sorted({grant.namespace for grant in new}))
    held = list(dict.fromkeys(replace(grant, namespace="") for grant in new))
    where = namespaces(places)
    before = dict.fromkeys(namespaces(other.namespaces) for other in moved)
    if before and places is None:
        where += f", instead of only {joined(list(before))}"
    return Change(
        direction,
        Plane.KUBERNETES,
        (bundle.label,) if bundle.is_policy else tuple(_compact(held)),
        where if bundle.is_policy else f"{where} ({code(bundle.label)})",
        _risks(held, places),
        max(severity(each, places) for each in held) if direction is Direction.GAINED else None,
        detail=tuple(_full(held)),
        key=f"kubernetes-{direction}",
    )


@dataclass(frozen=True)
class _Line:
    """What is told in one line."""

    risk: str
    places: Places
    instead: str
    severity: Severity | None
    names: tuple[str, ...]


def _of_rules(direction: Direction, rest: Mapping[Request, set[str]], holding: Holding) -> Iterator[Change]:
    """Rules by what they make possible, and where."""
    names: dict[tuple[Request, Places], set[str]] = {}
    for grant, where in rest.items():
        if _is_served(grant, where, rest, holding):
            places = None if "" in where else tuple(sorted(where))
            names.setdefault((replace(grant, name=""), places), set()).add(grant.name)
    lines: dict[_Line, list[Request]] = {}
    for (grant, places), found in names.items():
        named = () if "" in found else tuple(sorted(found))
        worst = severity(grant, places, named) if direction is Direction.GAINED else None
        line = _Line(_risk(grant, places, named).sentence, places, _instead(grant, places, holding), worst, named)
        lines.setdefault(line, []).append(grant)
    for line, grants in lines.items():
        only = f"only those named {listed(line.names)}, " if line.names else ""
        yield Change(
            direction,
            Plane.KUBERNETES,
            tuple(_compact(grants)),
            only + namespaces(line.places) + line.instead,
            line.risk,
            line.severity,
            detail=tuple(_full(grants, line.names)),
            key=f"kubernetes-{direction}",
        )


def _is_served(grant: Request, places: set[str], rest: Mapping[Request, set[str]], holding: Holding) -> bool:
    """Not a pair that no cluster serves, as `pods` in the group `apps`, while the real one is accounted for."""
    own = api_group_of(grant.resource)
    if own is None or grant.group in (own, ANY):
        return True
    real = replace(grant, group=own)
    return real not in rest and not all(holding.covers(replace(real, namespace=place)) for place in places)


def _instead(grant: Request, places: Places, holding: Holding) -> str:
    there = sorted(holding.elsewhere.get(grant, ())) if places is None else []
    return f", instead of only {namespaces(there)}" if there else ""


def severity(grant: Request, places: Places, names: tuple[str, ...] = ()) -> Severity:
    """How bad it is to hold this."""
    if grant.verb == WHOLE:
        return Severity.HIGH
    if grant.url:
        return Severity.LOW
    if places is None and (grant.verb, grant.group, grant.resource) == (ANY, ANY, ANY):
        return Severity.CRITICAL
    if not _risk(grant, places, names).is_severe:
        return Severity.LOW if grant.verb in READS else Severity.MEDIUM
    if names and not _reaches_aws_auth(grant, places, names):
        return Severity.MEDIUM
    right = find_right(_kind(grant), grant.verb) if places is None else None
    return Severity.HIGH if right is None else max(Severity.HIGH, right.severity)


def _risk(grant: Request, places: Places, names: tuple[str, ...] = ()) -> Risk:
    if grant.verb == WHOLE:
        return Risk("has a rule too large to be taken apart: read it", True)
    if grant.url:
        return Risk("can call these paths of the API server", False)
    if _reaches_aws_auth(grant, places, names):
        return Risk("can change aws-auth, and with it who may do what in the cluster", True)
    if grant.verb == "bind" and names:
        return Risk(f"can give {listed(names)} to anyone, itself included", True)
    named = f" named {listed(names)}" if names else ""
    return describe_right(_kind(grant), grant.verb, named + of_namespaces(places))


def _kind(request: Request) -> str:
    """Subresources of everything are those of pods too, and that is what matters about them."""
    return request.full_resource.replace("*/", "pods/")


def _reaches_aws_auth(grant: Request, places: Places, names: tuple[str, ...]) -> bool:
    changes = grant.verb in ("update", "patch", "delete", "deletecollection")
    there = places is None or "kube-system" in places
    return grant.resource == "configmaps" and changes and there and (not names or "aws-auth" in names)


def _risks(held: Iterable[Request], places: Places) -> str:
    """The gravest things that they make possible, as one sentence."""
    words: dict[str, Severity] = {}
    for each in held:
        found = _risk(each, places).sentence
        words[found] = max(words.get(found, Severity.LOW), severity(each, places))
    gravest = sorted(words, key=lambda each: (-words[each], each))
    grave = [each for each in gravest if words[each] >= Severity.HIGH] or gravest[:2]
    return joined([each if number == 0 else each.removeprefix("can ") for number, each in enumerate(grave)], 4)


def _compact(held: Iterable[Request]) -> Iterator[str]:
    """`get, list pods, secrets`: resources with the same verbs together."""
    verbs: dict[str, set[str]] = {}
    for each in held:
        verbs.setdefault(full_name(each), set()).add(each.verb)
    kinds: dict[tuple[str, ...], list[str]] = {}
    for kind, of_kind in verbs.items():
        kinds.setdefault(tuple(sorted(of_kind)), []).append(kind)
    for of_kinds, found in sorted(kinds.items()):
        yield f"{', '.join(of_kinds)} {', '.join(sorted(found))}"


def _full(held: Iterable[Request], names: Sequence[str] = ()) -> Iterator[str]:
    named = f" {', '.join(names)}" if names else ""
    yield from sorted({f"{each.verb} {full_name(each)}{named}" for each in held})
