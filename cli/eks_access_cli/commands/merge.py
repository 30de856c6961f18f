"""`eks-access merge`: the reports of all shards of one run as one report."""

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..output import open_text, print_message
from . import Command

if TYPE_CHECKING:
    from eks_access_probe.report.interface import ReportFormat


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
    from eks_access_probe.report.interface import FullReport
    from eks_access_probe.report.json import JsonReport, read_report
    from eks_access_probe.report.junit import JunitReport
    from eks_access_probe.report.merge import merge_reports

    merged = merge_reports([(str(path), read_report(path)) for path in reports])
    if json_file is None and junit_file is None and html_file is None:
        json_file = "-"
    with ExitStack() as files:
        formats: list[ReportFormat] = []
        if json_file is not None:
            formats.append(JsonReport(open_text("--json", json_file, files)))
        if junit_file is not None:
            formats.append(JunitReport(open_text("--junit", junit_file, files)))
        if html_file is not None:
            formats.append(HtmlReport(open_text("--html", html_file, files)))
        for report_format in formats:
            report_format.write(FullReport(merged))
    summary = merged.summary
    print_message(
        f"{len(merged.checks)} expectations in {len(reports)} reports: {summary.as_expected} hold,"
        f" {summary.mismatches} mismatches, {summary.not_proven} not proven",
        err=True,
    )
    sys.exit(summary.exit_code)
