"""Compares two reports of the same environment. Pure: two reports in, the differences out.

Only what both runs checked is compared: a run of one integration is no evidence about the others.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from eks_access.errors import EksAccessError
from eks_access.explain.difference import Gain, compare_rights
from eks_access.manifest.models import Manifest, Rights

from ..outcome import Result
from .models import (
    AccessChange,
    Changes,
    CheckReport,
    Flip,
    FlipKind,
    IntegrationReport,
    Report,
    RightChange,
    SeenChange,
    SeenKind,
    SeenReport,
)

_Key = tuple[object, ...]
_Value = TypeVar("_Value")
Declared = Mapping[str, list[str]]
"""Every integration with its clusters."""
Scopes = frozenset[tuple[str, str | None]]
"""Integrations with their clusters; None for AWS."""


class IncomparableReportsError(EksAccessError, ValueError):
    """The baseline is of another environment, or of another kind of run, so that differences would mean nothing."""

    def __init__(self, before: str, after: str) -> None:
        super().__init__(
            f"the baseline is of {before}, and this run is of {after}:"
            " only runs of the same environment, both with or both without --as-operator, can be compared"
        )


def validate_comparable(before: Report, after: Report | Manifest, *, by_operator: bool) -> None:
    """Reject a baseline of another stack, account or kind of run.

    Raises:
        IncomparableReportsError: the two cannot be compared.
    """
    was, now = _describe_run(before, before.asked_by == "operator"), _describe_run(after, by_operator)
    if was != now:
        raise IncomparableReportsError(was, now)


def compare_reports(before: Report, after: Report) -> Changes:
    """What is different in `after`.

    Raises:
        IncomparableReportsError: the reports are of different stacks, accounts or kinds of run.
    """
    validate_comparable(before, after, by_operator=after.asked_by == "operator")
    common = _scopes(before) & _scopes(after)
    old, new = _checks_by_key(before, common), _checks_by_key(after, common)
    integrations = list(_in_both(_integrations_by_name(before), _integrations_by_name(after)))
    return Changes(
        baseline_started_at=before.started_at,
        access=[
            *_compare_declared(before, after),
            *(each for was, now in integrations for each in _compare_access(was, now)),
        ],
        gained=[right for was, now in integrations for right in _gained_rights(now.name, was.rights, now.rights)],
        lost=[right for was, now in integrations for right in _gained_rights(now.name, now.rights, was.rights)],
        flips=sorted(_flips(old, new), key=lambda flip: list(FlipKind).index(flip.kind)),
        added=len(new.keys() - old.keys()),
        removed=len(old.keys() - new.keys()),
        seen=[
            each
            for was, now in _in_both(_seen_by_cluster(before), _seen_by_cluster(after))
            for each in _compare_seen(was, now)
        ],
        not_compared=list(_not_compared(before, after)),
    )


def _describe_run(report: Report | Manifest, by_operator: bool) -> str:
    stack = f"{report.project}/{report.environment}" if report.project else report.environment
    kind = ", evaluated by an operator" if by_operator else ""
    return f"stack {stack} in account {report.account} ({report.partition}){kind}"


def _in_both(before: Mapping[_Key, _Value], after: Mapping[_Key, _Value]) -> Iterator[tuple[_Value, _Value]]:
    """The values of keys that both have, in the order of the later one."""
    return ((before[key], value) for key, value in after.items() if key in before)


def _integrations_by_name(report: Report) -> Mapping[_Key, IntegrationReport]:
    return {(integration.name,): integration for integration in report.integrations}


def _seen_by_cluster(report: Report) -> Mapping[_Key, SeenReport]:
    return {(seen.integration, seen.cluster): seen for seen in report.seen or () if not seen.trouble}


# Integrations, clusters and identities.


def _scopes(report: Report) -> Scopes:
    """What was checked."""
    return frozenset((check.integration, check.cluster) for check in report.checks)


def _compare_declared(before: Report, after: Report) -> Iterator[AccessChange]:
    was, now = before.declared, after.declared
    yield from _missing_in(was, now, "is new, on", "has access to this cluster now")
    yield from _missing_in(now, was, "was removed; it was on", "no longer has access to this cluster")


def _missing_in(one: Declared, other: Declared, integration_words: str, cluster_words: str) -> Iterator[AccessChange]:
    """The integrations and clusters of `other` that `one` does not have."""
    for name, keys in other.items():
        if name not in one:
            yield AccessChange(integration=name, cluster=None, words=f"{integration_words} {_join(keys)}")
        else:
            for key in keys:
                if key not in one[name]:
                    yield AccessChange(integration=name, cluster=key, words=cluster_words)


def _compare_access(before: IntegrationReport, after: IntegrationReport) -> Iterator[AccessChange]:
    def changed(what: str, was: str, now: str, cluster: str | None = None) -> Iterator[AccessChange]:
        if was != now:
            yield AccessChange(integration=after.name, cluster=cluster, words=f"{what}: {was} before, {now} now")

    yield from changed("role", before.role_arn, after.role_arn)
    yield from changed("profile", before.profile, after.profile)
    yield from changed("who may assume the role", "; ".join(before.trust), "; ".join(after.trust))
    for key, now in after.clusters.items():
        if was := before.clusters.get(key):
            yield from changed("the cluster", was.arn, now.arn, key)
            yield from changed("access method", was.method, now.method, key)
            yield from changed("user", was.username, now.username, key)
            yield from changed("groups", _join(sorted(was.groups)), _join(sorted(now.groups)), key)


def _join(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


# Rights.


def _gained_rights(integration: str, before: Rights, after: Rights) -> Iterator[RightChange]:
    for gain in compare_rights(before, after).gained:
        yield _right_change(integration, gain)


def _right_change(integration: str, gain: Gain) -> RightChange:
    return RightChange(
        integration=integration,
        plane=gain.plane,
        what=list(gain.what),
        where=gain.where,
        risk=gain.risk.sentence,
        grave=gain.risk.is_severe,
    )


# Checks.


def _checks_by_key(report: Report, scopes: Scopes) -> dict[_Key, CheckReport]:
    """The checks in these scopes by call; of equal calls, each with a number."""
    checks: dict[_Key, CheckReport] = {}
    numbers: Counter[_Key] = Counter()
    for check in report.checks:
        if (check.integration, check.cluster) in scopes:
            key: _Key = (check.integration, check.cluster, check.plane, check.call, check.detail)
            checks[(*key, numbers[key])] = check
            numbers[key] += 1
    return checks


def _flips(before: Mapping[_Key, CheckReport], after: Mapping[_Key, CheckReport]) -> Iterator[Flip]:
    for was, now in _in_both(before, after):
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
    in_both = {name: keys for name, keys in after.declared.items() if name in before.declared}
    for scopes, words in (
        (_scopes(before) - _scopes(after), "checked in the baseline only"),
        (_scopes(after) - _scopes(before), "not checked in the baseline"),
    ):
        for name, key in sorted(scopes, key=str):
            # An integration or cluster that was added or removed is reported as a change.
            if name in in_both and (key is None or key in {*in_both[name]} & {*before.declared[name]}):
                yield f"{name}{' in AWS' if key is None else f' in cluster {key}'}: {words}"
    if (before.seen is None) is not (after.seen is None):
        yield f"visible objects: not collected in {'the baseline' if before.seen is None else 'this run'}"


# Visible objects.


def _compare_seen(before: SeenReport, after: SeenReport) -> Iterator[SeenChange]:
    old, new = ({kind.kind: kind for kind in report.kinds} for report in (before, after))
    for name in dict.fromkeys((*new, *old)):
        was, now = old.get(name), new.get(name)
        if _is_incomplete(was) or _is_incomplete(now):
            continue  # an incomplete list is no evidence of a change
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


def _is_incomplete(kind: SeenKind | None) -> bool:
    return kind is not None and kind.state == "incomplete"


def _count(kind: SeenKind | None) -> int | None:
    """The number of visible objects; None if the kind is not visible."""
    return None if kind is None or kind.state in ("refused", "absent") else kind.count


def _names(kind: SeenKind | None) -> frozenset[str]:
    return frozenset(() if kind is None or kind.names is None else kind.names)
