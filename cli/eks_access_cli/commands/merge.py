"""`eks-access merge`: the reports of all shards of one run as one report."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO

import click

from eks_access_probe.report.html import HtmlReport
from eks_access_probe.report.interface import FullReport, ReportFormat
from eks_access_probe.report.json import JsonReport, ReportFileError, read_report
from eks_access_probe.report.junit import JunitReport
from eks_access_probe.report.merge import ShardMismatchError, merge_reports
from eks_access_probe.report.models import Report

from ..options import BadInputError


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.argument("reports", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "json_file", metavar="FILE", help="Where to write it; - (default) for stdout.")
@click.option("--junit", "junit_file", metavar="FILE", help="Write it as JUnit XML.")
@click.option("--html", "html_file", metavar="FILE", help="Write it as one self-contained HTML page.")
def merge(reports: Sequence[Path], json_file: str | None, junit_file: str | None, html_file: str | None) -> None:
    """Merge the JSON reports of all shards of one run of the probe into one.

    They must be of one stack and one access manifest, asked in one way, and each shard there once. The exit code is
    that of a run that was not sharded: 0, 1 or 3, see `eks-access probe --help`.

    \b
    Example:
      eks-access merge shard-*.json --json report.json --html report.html
    """
    try:
        merged = merge_reports([(str(path), read_report(path)) for path in reports])
    except (ReportFileError, ShardMismatchError) as error:
        raise BadInputError(str(error)) from error
    if json_file is None and junit_file is None and html_file is None:
        json_file = "-"
    for option, file, form in (
        ("--json", json_file, JsonReport),
        ("--junit", junit_file, JunitReport),
        ("--html", html_file, HtmlReport),
    ):
        if file is not None:
            _write(option, file, form, merged)
    told = merged.summary
    click.echo(
        f"{len(merged.checks)} expectations in {len(reports)} reports: {told.as_expected} hold,"
        f" {told.mismatches} mismatches, {told.not_proven} not proven",
        err=True,
    )
    sys.exit(told.exit_code)


def _write(option: str, file: str, form: Callable[[TextIO], ReportFormat], merged: Report) -> None:
    if file == "-":
        form(sys.stdout).write(FullReport(merged))
        return
    try:
        with Path(file).open("w", encoding="utf-8") as stream:
            form(stream).write(FullReport(merged))
    except OSError as error:
        raise BadInputError(f"{option}: cannot write {file}: {error.strerror}") from error
