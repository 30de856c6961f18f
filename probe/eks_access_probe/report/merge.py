"""Merges the reports of all shards of one run into one report."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from eks_access.errors import EksAccessError

from ..outcome import Result
from .build import summarize
from .models import IntegrationReport, Report, SeenReport

_SAME_IN_ALL = ("project", "environment", "account", "manifest", "asked_by")


class ShardMismatchError(EksAccessError, ValueError):
    """The reports are not all shards of one run, so nothing is merged."""


def merge_reports(reports: Sequence[tuple[str, Report]]) -> Report:
    """One report with all checks, in the order of a run without shards.

    Args:
        reports: the reports of all shards, each with the name that messages have for it.

    Raises:
        ShardMismatchError: a shard is missing or given twice, or the reports are of different runs.
    """
    _validate_shards(reports)
    _validate_same_run(reports)
    parts = [report for _, report in reports]
    first = parts[0]
    checks = sorted((check for part in parts for check in part.checks), key=lambda check: check.place)
    if [check.place for check in checks] != list(range(len(checks))):
        raise ShardMismatchError(
            "the shards are not of one run: they were run with a different --integration or --cluster"
        )
    started_at = min(part.started_at for part in parts)
    ended_at = max(part.started_at + timedelta(seconds=part.seconds) for part in parts)
    return first.model_copy(
        update={
            "started_at": started_at,
            "seconds": round((ended_at - started_at).total_seconds(), 3),
            "shard": None,
            "integrations": _merge_integrations(parts, first.declared),
            "checks": checks,
            "seen": _merge_seen(parts),
            "summary": summarize({result: sum(check.result is result for check in checks) for result in Result}),
        }
    )


def _validate_shards(reports: Sequence[tuple[str, Report]]) -> None:
    names: dict[int, str] = {}
    counts = set()
    for name, report in reports:
        if report.shard is None:
            raise ShardMismatchError(f"{name}: is the report of a complete run, not of a shard")
        counts.add(report.shard.count)
        if report.shard.index in names:
            raise ShardMismatchError(
                f"{name}: shard {report.shard.index} is given twice, also in {names[report.shard.index]}"
            )
        names[report.shard.index] = name
    if len(counts) > 1:
        raise ShardMismatchError(f"the reports are of runs with different numbers of shards: {sorted(counts)}")
    missing = sorted(set(range(counts.pop())) - set(names))
    if missing:
        raise ShardMismatchError(f"missing: the reports of shards {', '.join(map(str, missing))}")


def _validate_same_run(reports: Sequence[tuple[str, Report]]) -> None:
    first_name, first = reports[0]
    for name, report in reports:
        for field in _SAME_IN_ALL:
            value, expected = getattr(report, field), getattr(first, field)
            if value != expected:
                raise ShardMismatchError(
                    f"{name}: {field.replace('_', ' ')} is {value!r}, not {expected!r} as in {first_name}:"
                    " the reports are not of one run"
                )


def _merge_integrations(parts: Iterable[Report], order: Iterable[str]) -> list[IntegrationReport]:
    """Each integration once, with its clusters of all parts."""
    by_name: dict[str, IntegrationReport] = {}
    for integration in (integration for part in parts for integration in part.integrations):
        known = by_name.get(integration.name, integration)
        clusters = {**known.clusters, **integration.clusters}
        by_name[integration.name] = integration.model_copy(update={"clusters": clusters})
    return [by_name[name] for name in order if name in by_name]


def _merge_seen(parts: Sequence[Report]) -> list[SeenReport] | None:
    if all(part.seen is None for part in parts):
        return None
    order = [(name, key) for name, keys in parts[0].declared.items() for key in keys]
    seen = [each for part in parts for each in part.seen or ()]
    return sorted(seen, key=lambda each: order.index((each.integration, each.cluster)))
