"""What changed between an earlier report and a later one. Pure: two reports in, the differences out.

Only what both runs asked about is compared: a run of one integration says nothing about the others.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from eks_access.errors import EksAccessError
from eks_access.explain.difference import Gain, compare_rights
from eks_access.manifest.models import Manifest, Rights

from ..outcome import Result
from .access import IntegrationReport
from .changes import AccessChange, Changes, Flip, FlipKind, RightChange, SeenChange
from .json import CheckReport, Report
from .seen import SeenKind, SeenReport

_Key = tuple[object, ...]
_Value = TypeVar("_Value")
Declared = Mapping[str, list[str]]
"""Every integration with its clusters."""
Pairs = frozenset[tuple[str, str | None]]
"""Integrations with their clusters; None stands for AWS."""


class IncomparableReportsError(EksAccessError, ValueError):
    """The baseline is of another environment, or was asked in another way: the differences would say nothing."""

    def __init__(self, before: str, after: str) -> None:
        super().__init__(
            f"the baseline is of {before}, and this run is of {after}:"
            " only runs of the same environment, asked in the same way, can be compared"
        )


def check_comparable(before: Report, after: Report | Manifest, *, by_operator: bool) -> None:
    """Refuse a baseline of another stack or account, or one that was asked in another way.

    Raises:
        IncomparableReportsError: it is one.
    """
    was, now = _place(before, before.asked_by == "operator"), _place(after, by_operator)
    if was != now:
        raise IncomparableReportsError(was, now)


def changes(before: Report, after: Report) -> Changes:
    """What is different in `after`.

    Raises:
        IncomparableReportsError: they are of different stacks or accounts, or were asked in different ways.
    """
    check_comparable(before, after, by_operator=after.asked_by == "operator")
    both = _pairs(before) & _pairs(after)
    old, new = _checks(before, both), _checks(after, both)
    integrations = [(was, now) for was, now in _both(_named(before), _named(after))]
    return Changes(
        baseline_started_at=before.started_at,
        access=[*_declared(before, after), *(each for was, now in integrations for each in _access(was, now))],
        gained=[right for was, now in integrations for right in _rights(now.name, was.rights, now.rights)],
        lost=[right for was, now in integrations for right in _rights(now.name, now.rights, was.rights)],
        flips=sorted(_flips(old, new), key=lambda flip: list(FlipKind).index(flip.kind)),
        added=len(new.keys() - old.keys()),
        removed=len(old.keys() - new.keys()),
        seen=[each for was, now in _both(_sights(before), _sights(after)) for each in _seen(was, now)],
        not_compared=list(_not_compared(before, after)),
    )


def _place(report: Report | Manifest, by_operator: bool) -> str:
    stack = f"{report.project}/{report.environment}" if report.project else report.environment
    asked = ", evaluated by an operator" if by_operator else ""
    return f"stack {stack} in account {report.account} ({report.partition}){asked}"


def _both(before: Mapping[_Key, _Value], after: Mapping[_Key, _Value]) -> Iterator[tuple[_Value, _Value]]:
    """What both have, in the order of the later one."""
    return ((before[key], value) for key, value in after.items() if key in before)


def _named(report: Report) -> Mapping[_Key, IntegrationReport]:
    return {(integration.name,): integration for integration in report.integrations}


def _sights(report: Report) -> Mapping[_Key, SeenReport]:
    return {(seen.integration, seen.cluster): seen for seen in report.seen or () if not seen.trouble}


# Who may act, and as whom.


def _pairs(report: Report) -> Pairs:
    """What was asked about."""
    return frozenset((check.integration, check.cluster) for check in report.checks)


def _declared(before: Report, after: Report) -> Iterator[AccessChange]:
    was, now = before.declared, after.declared
    yield from _beyond(was, now, "is new, on", "has access to this cluster now")
    yield from _beyond(now, was, "is no more; it was on", "has no access to this cluster any more")


def _beyond(one: Declared, other: Declared, whole: str, in_cluster: str) -> Iterator[AccessChange]:
    """What of the integrations and clusters of `other` is not in `one`."""
    for name, keys in other.items():
        if name not in one:
            yield AccessChange(integration=name, cluster=None, words=f"{whole} {_listed(keys)}")
        else:
            for key in keys:
                if key not in one[name]:
                    yield AccessChange(integration=name, cluster=key, words=in_cluster)


def _access(before: IntegrationReport, after: IntegrationReport) -> Iterator[AccessChange]:
    def changed(what: str, was: str, now: str, cluster: str | None = None) -> Iterator[AccessChange]:
        if was != now:
            yield AccessChange(integration=after.name, cluster=cluster, words=f"{what}: {was} before, {now} now")

    yield from changed("role", before.role_arn, after.role_arn)
    yield from changed("profile", before.profile, after.profile)
    yield from changed("who may become the role", "; ".join(before.trust), "; ".join(after.trust))
    for key, now in after.clusters.items():
        if was := before.clusters.get(key):
            yield from changed("the cluster", was.arn, now.arn, key)
            yield from changed("way in", was.method, now.method, key)
            yield from changed("user", was.username, now.username, key)
            yield from changed("groups", _listed(sorted(was.groups)), _listed(sorted(now.groups)), key)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


# What it may do.


def _rights(integration: str, before: Rights, after: Rights) -> Iterator[RightChange]:
    for gain in compare_rights(before, after).gained:
        yield _right(integration, gain)


def _right(integration: str, gain: Gain) -> RightChange:
    return RightChange(
        integration=integration,
        plane=gain.plane,
        what=list(gain.what),
        where=gain.where,
        risk=gain.risk.sentence,
        grave=gain.risk.is_severe,
    )


# What was found.


def _checks(report: Report, pairs: Pairs) -> dict[_Key, CheckReport]:
    """By what was asked; what was asked several times, by its place among the same as well."""
    found: dict[_Key, CheckReport] = {}
    times: Counter[_Key] = Counter()
    for check in report.checks:
        if (check.integration, check.cluster) in pairs:
            key: _Key = (check.integration, check.cluster, check.plane, check.call, check.detail)
            found[(*key, times[key])] = check
            times[key] += 1
    return found


def _flips(before: Mapping[_Key, CheckReport], after: Mapping[_Key, CheckReport]) -> Iterator[Flip]:
    for was, now in _both(before, after):
        kind = _flip_kind(was, now)
        if kind is not None:
            yield Flip(
                kind=kind,
                integration=now.integration,
                cluster=now.cluster,
                plane=now.plane,
                call=now.call,
                detail=now.detail,
                why=now.why,
                expected=now.expected,
                before=was.result,
                after=now.result,
                verdict_before=was.verdict,
                verdict_after=now.verdict,
            )


def _flip_kind(was: CheckReport, now: CheckReport) -> FlipKind | None:
    if was.expected is not now.expected:
        return FlipKind.EXPECTATION
    if was.result is now.result:
        return None
    if now.result is Result.MISMATCH:
        return FlipKind.BROKE
    if now.result is Result.NOT_PROVEN:
        return FlipKind.UNPROVEN
    return FlipKind.MENDED if was.result is Result.MISMATCH else FlipKind.PROVEN


def _not_compared(before: Report, after: Report) -> Iterator[str]:
    still = {name: keys for name, keys in after.declared.items() if name in before.declared}
    for asked, words in (
        (_pairs(before) - _pairs(after), "asked in the baseline only"),
        (_pairs(after) - _pairs(before), "not asked in the baseline"),
    ):
        for name, key in sorted(asked, key=str):
            # What came or went is a change, and told as one.
            if name in still and (key is None or key in {*still[name]} & {*before.declared[name]}):
                yield f"{name}{' in AWS' if key is None else f' in cluster {key}'}: {words}"
    if (before.seen is None) is not (after.seen is None):
        yield f"what is visible: {'the baseline' if before.seen is None else 'this run'} did not look"


# What it sees.


def _seen(before: SeenReport, after: SeenReport) -> Iterator[SeenChange]:
    old, new = ({kind.kind: kind for kind in report.kinds} for report in (before, after))
    for name in dict.fromkeys((*new, *old)):
        was, now = old.get(name), new.get(name)
        if _is_uncertain(was) or _is_uncertain(now):
            continue  # a list that was not read whole shows no change
        appeared, disappeared = _names(now) - _names(was), _names(was) - _names(now)
        if _count(was) != _count(now) or appeared or disappeared:
            yield SeenChange(
                integration=after.integration,
                cluster=after.cluster,
                kind=name,
                count_before=_count(was),
                count_after=_count(now),
                appeared=sorted(appeared),
                disappeared=sorted(disappeared),
            )


def _is_uncertain(kind: SeenKind | None) -> bool:
    return kind is not None and kind.state == "incomplete"


def _count(kind: SeenKind | None) -> int | None:
    """How many are seen; None where they cannot be."""
    return None if kind is None or kind.state in ("refused", "absent") else kind.count


def _names(kind: SeenKind | None) -> frozenset[str]:
    return frozenset(() if kind is None or kind.names is None else kind.names)
