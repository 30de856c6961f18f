"""`eks-access merge`: the reports of all shards of one run as one report."""

import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import click
from pydantic import ValidationError

from .outcome import Result
from .report.json import Report, summary


class NotOneRun(click.ClickException):
    """The reports are not all shards of one run; nothing is merged."""

    exit_code = 2


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.argument("reports", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "target", metavar="FILE", default="-", help="Where to write it; - (default) for stdout.")
def merge(reports: Sequence[Path], target: str) -> None:
    """Merge the JSON reports of all shards of one run of the probe into one.

    They must be of one stack and one access manifest, asked in one way, and each shard there once. The exit code is
    that of a run that was not sharded: 0, 1 or 3, see `eks-access probe --help`.

    \b
    Example:
      eks-access merge shard-*.json --json report.json
    """
    merged = merged_reports([(str(path), read(path)) for path in reports])
    text = merged.model_dump_json(by_alias=True, indent=2) + "\n"
    if target == "-":
        click.echo(text, nl=False)
    else:
        try:
            Path(target).write_text(text)
        except OSError as error:
            raise NotOneRun(f"--json: cannot write {target}: {error.strerror}") from error
    told = merged.summary
    click.echo(
        f"{len(merged.checks)} expectations in {len(reports)} reports: {told.as_expected} hold,"
        f" {told.mismatches} mismatches, {told.not_proven} not proven",
        err=True,
    )
    sys.exit(told.exit_code)


def read(path: Path) -> Report:
    """
    Raises:
        NotOneRun: the file is no report of the probe that this version reads.
    """
    try:
        return Report.model_validate_json(path.read_text())
    except (OSError, UnicodeDecodeError, ValidationError) as cause:
        words = cause.strerror if isinstance(cause, OSError) else "not a report of this version of the probe"
        raise NotOneRun(f"{path}: {words}") from None


def merged_reports(reports: Sequence[tuple[str, Report]]) -> Report:
    """One report of all lines, in the order of a run that was not sharded.

    Raises:
        NotOneRun: a shard is missing or there twice, or the reports are of different runs.
    """
    first_name, first = reports[0]
    _check_shards(reports)
    for name, report in reports:
        for what in ("project", "environment", "account", "manifest", "asked_by"):
            if getattr(report, what) != getattr(first, what):
                told = f"{getattr(report, what)!r}, not {getattr(first, what)!r} as in {first_name}"
                raise NotOneRun(f"{name}: {what.replace('_', ' ')} is {told}: not of one run")
    checks = sorted((check for _, report in reports for check in report.checks), key=lambda check: check.place)
    places = [check.place for check in checks]
    if places != list(range(len(places))):
        raise NotOneRun("the shards do not make up one run: they were asked for different integrations or clusters")
    started_at = min(report.started_at for _, report in reports)
    ended_at = max(report.started_at + timedelta(seconds=report.seconds) for _, report in reports)
    return first.model_copy(
        update={
            "started_at": started_at,
            "seconds": round((ended_at - started_at).total_seconds(), 3),
            "shard": None,
            "checks": checks,
            "summary": summary({result: sum(check.result is result for check in checks) for result in Result}),
        }
    )


def _check_shards(reports: Sequence[tuple[str, Report]]) -> None:
    seen: dict[int, str] = {}
    counts = set()
    for name, report in reports:
        if report.shard is None:
            raise NotOneRun(f"{name}: is not of a shard; it is whole as it is")
        counts.add(report.shard.count)
        if report.shard.index in seen:
            raise NotOneRun(f"{name}: shard {report.shard.index} is there twice, in {seen[report.shard.index]} too")
        seen[report.shard.index] = name
    if len(counts) > 1:
        raise NotOneRun(f"the reports are of runs with different numbers of shards: {sorted(counts)}")
    missing = sorted(set(range(counts.pop())) - set(seen))
    if missing:
        raise NotOneRun(f"missing: the reports of shards {', '.join(map(str, missing))}")
