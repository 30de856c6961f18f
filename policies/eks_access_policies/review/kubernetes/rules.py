"""Compares the effective rights of a principal in a cluster, from access policies and RBAC together. Pure.

A right that is still granted by another rule is no loss, and a right that another rule granted before is no gain. An
access policy is one change, and so are the rules of a role that is bound elsewhere; all other grants are grouped by
what they make possible.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from eks_access.model.kubernetes_rights import (
    READS,
    PolicyRule,
    Request,
    describe_aws_auth,
    describe_right,
    describe_url,
    find_outside_namespaces,
    grade_rule,
    is_public,
    matches_nothing,
    reaches_system,
    writes_aws_auth,
)
from eks_access.model.kubernetes_rights.grading import CONFINED_RISK, find_confined_approvals
from eks_access.model.rbac import api_group_of
from eks_access.model.risk import Risk

from ...access import Permission
from ...finding import Severity
from ..change import Change, Direction, Plane, describe_other_side
from ..formatting import describe_namespaces, format_of_namespaces, join_words, list_names, quote_name
from ..side import RuleSet
from .effective import ANY, WHOLE, EffectiveAccess, expand_rule_set, format_kind

Places = tuple[str, ...] | None
_EVERYTHING = Request(ANY, ANY, ANY)


def compare_rules(before: Sequence[RuleSet], after: Sequence[RuleSet]) -> list[Change]:
    """The rights that are gained from `before` to `after`, and those that are lost.

    What every user may do anyway is neither, nor is what no request ever matches.
    """
    if set(before) == set(after):
        return []
    least = max((each.least for each in set(after) - set(before)), default=Severity.LOW)
    return [
        *(_raise(each, least) for each in _find_changes(Direction.GAINED, before, after)),
        *_find_changes(Direction.LOST, after, before),
        *_find_elsewhere(before, after),
    ]


def _raise(change: Change, least: Severity) -> Change:
    return replace(change, severity=max(change.severity or least, least))


def _find_elsewhere(before: Sequence[RuleSet], after: Sequence[RuleSet]) -> Iterator[Change]:
    """The roles that a principal is given, or loses, while others decide what they may do."""
    given = set(after)
    for rule_set in sorted(given ^ set(before), key=_sort_key):
        if not rule_set.is_elsewhere:
            continue
        where, label = describe_namespaces(rule_set.namespaces), quote_name(rule_set.label)
        if rule_set in given:
            words = f"what {label} lets it do {where} is decided elsewhere, since not all of it is in this stack"
            yield Change(Direction.UNKNOWN, Plane.KUBERNETES, (), words, "read it", None, key="access-unknown")
        else:
            risk = "can no longer do what is decided elsewhere"
            yield Change(Direction.LOST, Plane.KUBERNETES, (rule_set.label,), where, risk, None, key="kubernetes-lost")


def _find_changes(direction: Direction, one: Sequence[RuleSet], other: Sequence[RuleSet]) -> Iterator[Change]:
    """What the other has beyond the one."""
    known, access = set(one), EffectiveAccess.of(one)
    removed: dict[frozenset[Permission], list[RuleSet]] = {}
    for rule_set in known - set(other):
        removed.setdefault(rule_set.rules, []).append(rule_set)
    reported: set[Request] = set()
    rest: dict[Request, set[str]] = {}
    done: set[tuple[frozenset[Permission], Places, bool]] = set()
    for rule_set in sorted(set(other) - known, key=lambda each: (not each.is_policy, *_sort_key(each))):
        rights = rule_set.rules, rule_set.namespaces, rule_set.is_anonymous
        if rights in done:
            continue  # another role gives exactly the same
        done.add(rights)
        new = [
            grant
            for grant in expand_rule_set(rule_set)
            if grant not in reported
            and not access.covers(grant)
            and not matches_nothing(grant.group, grant.full_resource)
            and not (grant.namespace and find_outside_namespaces(_create_rule(grant, ())))
            and not is_public(grant, authenticated=not rule_set.is_anonymous)
        ]
        reported.update(new)
        moved = sorted(removed.get(rule_set.rules, ()), key=_sort_key)
        if new and (rule_set.is_policy or moved):
            yield _describe_rule_set(direction, rule_set, new, moved)
        else:
            for grant in new:
                rest.setdefault(replace(grant, namespace=""), set()).add(grant.namespace)
    if _EVERYTHING in reported:  # nothing adds to it
        rest = {grant: where for grant, where in rest.items() if grant == _EVERYTHING}
    confined = find_confined_approvals(rule for rule_set in other for rule in rule_set.rules)
    yield from _describe_grants(direction, rest, access, confined)


def _sort_key(rule_set: RuleSet) -> tuple[str, tuple[str, ...]]:
    return rule_set.label, rule_set.namespaces or ()


def _describe_rule_set(
    direction: Direction, rule_set: RuleSet, new: Sequence[Request], moved: Sequence[RuleSet]
) -> Change:
    """An access policy or a role as one change. `moved` are equal rule sets of the other side, in other places."""
    places = None if rule_set.namespaces is None else tuple(sorted({grant.namespace for grant in new}))
    grants = list(dict.fromkeys(replace(grant, namespace="") for grant in new))
    where = describe_namespaces(places)
    before = dict.fromkeys(describe_namespaces(other.namespaces) for other in moved)
    if before and places is None:
        where += describe_other_side(direction, join_words(list(before)))
    return Change(
        direction,
        Plane.KUBERNETES,
        (rule_set.label,) if rule_set.is_policy else tuple(_group_by_verbs(grants)),
        where if rule_set.is_policy else f"{where} ({quote_name(rule_set.label)})",
        _summarize_risks(grants, places),
        max(severity(each, places) for each in grants) if direction is Direction.GAINED else None,
        detail=tuple(_expand_details(grants)),
        key=f"kubernetes-{direction}",
    )


@dataclass(frozen=True)
class _Line:
    """What the grants of one change have in common."""

    risk: str
    places: Places
    other_side: str
    severity: Severity | None
    names: tuple[str, ...]


def _describe_grants(
    direction: Direction, rest: Mapping[Request, set[str]], access: EffectiveAccess, confined: Collection[str]
) -> Iterator[Change]:
    """Grants with the same risk in the same places as one change.

    `rest` has the namespaces of each grant, `confined` the approvals of certificates that other rules confine.
    """
    names: dict[tuple[Request, Places], set[str]] = {}
    for grant, where in rest.items():
        if _is_relevant(grant, where, rest, access):
            places = None if "" in where else tuple(sorted(where))
            names.setdefault((replace(grant, name=""), places), set()).add(grant.name)
    lines: dict[_Line, list[Request]] = {}
    for (grant, places), own_names in names.items():
        named = () if "" in own_names else tuple(sorted(own_names))
        if grant.full_resource in confined:
            worst, sentence = Severity.MEDIUM, CONFINED_RISK.sentence
        else:
            worst, sentence = severity(grant, places, named), _rate_risk(grant, places, named).sentence
        is_gained = direction is Direction.GAINED
        line = _Line(
            sentence,
            places,
            _describe_other_side(direction, grant, places, access),
            worst if is_gained else None,
            named,
        )
        lines.setdefault(line, []).append(grant)
    for line, grants in lines.items():
        only = f"only those named {list_names(line.names)}, " if line.names else ""
        yield Change(
            direction,
            Plane.KUBERNETES,
            tuple(_group_by_verbs(grants)),
            only + describe_namespaces(line.places) + line.other_side,
            line.risk,
            line.severity,
            detail=tuple(_expand_details(grants, line.names)),
            key=f"kubernetes-{direction}",
        )


def _is_relevant(grant: Request, places: set[str], rest: Mapping[Request, set[str]], access: EffectiveAccess) -> bool:
    """False for a resource in an API group that does not serve it (`pods` in `apps`), if the real one is reported."""
    own = api_group_of(grant.resource)
    if own is None or grant.group in (own, ANY):
        return True
    real = replace(grant, group=own)
    return real not in rest and not all(access.covers(replace(real, namespace=place)) for place in places)


def _describe_other_side(direction: Direction, grant: Request, places: Places, access: EffectiveAccess) -> str:
    """The namespaces of the other side, if the grant applies in the whole cluster on this one."""
    namespaces = sorted(access.namespaces_by_grant.get(grant, ())) if places is None else []
    return describe_other_side(direction, describe_namespaces(namespaces)) if namespaces else ""


def severity(grant: Request, places: Places, names: tuple[str, ...] = ()) -> Severity:
    """Severity of gaining this grant."""
    if grant.verb == WHOLE:
        return Severity.HIGH
    by_catalogue = _grade_by_catalogue(_create_rule(grant, names), places)
    return max(by_catalogue, _grade_by_risk(grant, places, names))


@lru_cache(maxsize=65_536)
def _grade_by_catalogue(rule: PolicyRule, places: Places) -> Severity:
    return grade_rule(rule, places) or Severity.LOW


def _create_rule(grant: Request, names: tuple[str, ...]) -> PolicyRule:
    if grant.url:
        return PolicyRule((grant.verb,), urls=(grant.url,))
    return PolicyRule((grant.verb,), (grant.group,), (grant.full_resource,), names)


def _grade_by_risk(grant: Request, places: Places, names: tuple[str, ...]) -> Severity:
    """What is a danger everywhere stays one in a namespace, where the policy pack only advises against it."""
    if not _rate_risk(grant, places, names).is_severe:
        return Severity.LOW if grant.url or grant.verb in READS else Severity.MEDIUM
    return Severity.MEDIUM if names and not _reaches_aws_auth(grant, places, names) else Severity.HIGH


def _rate_risk(grant: Request, places: Places, names: tuple[str, ...] = ()) -> Risk:
    if grant.verb == WHOLE:
        return Risk("has a rule too large to be taken apart: read it", True)
    if grant.url:
        return describe_url(grant.url, grant.verb)
    if _reaches_aws_auth(grant, places, names):
        return describe_aws_auth((grant.verb,))
    if grant.verb == "bind" and names:
        return Risk(f"can give {list_names(names)} to anyone, itself included", True)
    named = f" named {list_names(names)}" if names else ""
    return describe_right(
        grant.full_resource,
        grant.verb,
        named + format_of_namespaces(places),
        group=grant.group,
        names=names,
        namespaces=places,
    )


def _reaches_aws_auth(grant: Request, places: Places, names: tuple[str, ...]) -> bool:
    return grant.resource == "configmaps" and reaches_system(places) and writes_aws_auth(_create_rule(grant, names))


def _summarize_risks(grants: Iterable[Request], places: Places) -> str:
    """The most severe risks of the grants, as one sentence."""
    severities: dict[str, Severity] = {}
    for each in grants:
        sentence = _rate_risk(each, places).sentence
        severities[sentence] = max(severities.get(sentence, Severity.LOW), severity(each, places))
    ordered = sorted(severities, key=lambda each: (-severities[each], each))
    shown = [each for each in ordered if severities[each] >= Severity.HIGH] or ordered[:2]
    return join_words([each if number == 0 else each.removeprefix("can ") for number, each in enumerate(shown)], 4)


def _group_by_verbs(grants: Iterable[Request]) -> Iterator[str]:
    """`get, list pods, secrets`: resources with the same verbs together."""
    verbs: dict[str, set[str]] = {}
    for each in grants:
        verbs.setdefault(format_kind(each), set()).add(each.verb)
    kinds: dict[tuple[str, ...], list[str]] = {}
    for kind, verbs_of_kind in verbs.items():
        kinds.setdefault(tuple(sorted(verbs_of_kind)), []).append(kind)
    for common_verbs, same in sorted(kinds.items()):
        yield f"{', '.join(common_verbs)} {', '.join(sorted(same))}"


def _expand_details(grants: Iterable[Request], names: Sequence[str] = ()) -> Iterator[str]:
    named = f" {', '.join(names)}" if names else ""
    yield from sorted({f"{each.verb} {format_kind(each)}{named}" for each in grants})
