"""`eks-access merge`: the reports of all shards of one run as one report."""

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from eks_access.errors import EksAccessError

from ..output import open_text
from . import Command

if TYPE_CHECKING:
    from eks_access_probe.report.json import Report
    from eks_access_probe.report.seen import SeenReport


class ShardMismatchError(EksAccessError):
    """The reports are not all shards of one run; nothing is merged."""


@click.command("merge", cls=Command)
@click.argument("reports", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--json", "json_file", metavar="FILE", help="Write it as JSON; - (default if no file is given) for standard output."
)
@click.option("--junit", "junit_file", metavar="FILE", help="Write it as JUnit XML.")
@click.option("--html", "html_file", metavar="FILE", help="Write it as one self-contained HTML page.")
def command(reports: Sequence[Path], json_file: str | None, junit_file: str | None, html_file: str | None) -> None:
    """Merge the JSON reports of all shards of one run of the probe into one.

    They must be of one stack, one access manifest and the same options, with each shard once.

    \b
    Example:
      eks-access merge shard-*.json --json report.json --html report.html

    Exit codes are those of a run without shards: 0, 1, 2 or 3; see `eks-access probe --help`.
    """
    from eks_access_probe.report.html import HtmlReport
    from eks_access_probe.report.json import Document, DocumentFormat, JsonReport
    from eks_access_probe.report.junit import JunitReport

    merged = merged_reports([(str(path), read(path)) for path in reports])
    if json_file is None and junit_file is None and html_file is None:
        json_file = "-"
    with ExitStack() as files:
        formats: list[DocumentFormat] = []
        if json_file is not None:
            formats.append(JsonReport(open_text("--json", json_file, files)))
        if junit_file is not None:
            formats.append(JunitReport(open_text("--junit", junit_file, files)))
        if html_file is not None:
            formats.append(HtmlReport(open_text("--html", html_file, files)))
        for report_format in formats:
            report_format.write(Document(merged))
    summary = merged.summary
    click.echo(
        f"{len(merged.checks)} expectations in {len(reports)} reports: {summary.as_expected} hold,"
        f" {summary.mismatches} mismatches, {summary.not_proven} not proven",
        err=True,
    )
    sys.exit(summary.exit_code)


def read(path: Path) -> "Report":
    """
    Raises:
        ShardMismatchError: the file is no report of the probe that this version reads.
    """
    from pydantic import ValidationError

    from eks_access_probe.report.json import Report

    try:
        return Report.model_validate_json(path.read_text())
    except (OSError, UnicodeDecodeError, ValidationError) as cause:
        words = cause.strerror if isinstance(cause, OSError) else "not a report of this version of the probe"
        raise ShardMismatchError(f"{path}: {words}") from None


def merged_reports(reports: "Sequence[tuple[str, Report]]") -> "Report":
    """One report of all lines, in the order of a run that was not sharded.

    Raises:
        ShardMismatchError: a shard is missing or there twice, or the reports are of different runs.
    """
    from eks_access_probe.outcome import Result
    from eks_access_probe.report import access
    from eks_access_probe.report.json import summary

    first_name, first = reports[0]
    _check_shards(reports)
    for name, report in reports:
        for what in ("project", "environment", "account", "manifest", "asked_by"):
            if getattr(report, what) != getattr(first, what):
                difference = f"{getattr(report, what)!r}, not {getattr(first, what)!r} as in {first_name}"
                raise ShardMismatchError(f"{name}: {what.replace('_', ' ')} is {difference}: not of one run")
    checks = sorted((check for _, report in reports for check in report.checks), key=lambda check: check.place)
    places = [check.place for check in checks]
    if places != list(range(len(places))):
        raise ShardMismatchError(
            "the shards do not make up one run: they were asked for different integrations or clusters"
        )
    started_at = min(report.started_at for _, report in reports)
    ended_at = max(report.started_at + timedelta(seconds=report.seconds) for _, report in reports)
    return first.model_copy(
        update={
            "started_at": started_at,
            "seconds": round((ended_at - started_at).total_seconds(), 3),
            "shard": None,
            "integrations": access.merged(
                (each for _, report in reports for each in report.integrations), first.declared
            ),
            "checks": checks,
            "seen": _seen([report for _, report in reports]),
            "summary": summary({result: sum(check.result is result for check in checks) for result in Result}),
        }
    )


def _seen(reports: "Sequence[Report]") -> "list[SeenReport] | None":
    if all(report.seen is None for report in reports):
        return None
    places = [(name, key) for name, keys in reports[0].declared.items() for key in keys]
    found = [seen for report in reports for seen in report.seen or ()]
    return sorted(found, key=lambda seen: places.index((seen.integration, seen.cluster)))


def _check_shards(reports: "Sequence[tuple[str, Report]]") -> None:
    seen: dict[int, str] = {}
    counts = set()
    for name, report in reports:
        if report.shard is None:
            raise ShardMismatchError(f"{name}: is not of a shard; it is whole as it is")
        counts.add(report.shard.count)
        if report.shard.index in seen:
            raise ShardMismatchError(
                f"{name}: shard {report.shard.index} is there twice, in {seen[report.shard.index]} too"
            )
        seen[report.shard.index] = name
    if len(counts) > 1:
        raise ShardMismatchError(f"the reports are of runs with different numbers of shards: {sorted(counts)}")
    missing = sorted(set(range(counts.pop())) - set(seen))
    if missing:
        raise ShardMismatchError(f"missing: the reports of shards {', '.join(map(str, missing))}")
