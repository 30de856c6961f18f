"""`eks-access probe`."""

import asyncio
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import click
from rich.console import Console

from eks_access.endpoint import LoopbackError, loopback_endpoint
from eks_access.manifest import source
from eks_access.manifest.models import Manifest
from eks_access.manifest.source import SourceError
from eks_access_probe.identity import identities
from eks_access_probe.identity.aws_clients import Aws
from eks_access_probe.identity.identities import IdentitiesError
from eks_access_probe.operator.plan import plan as operator_plan
from eks_access_probe.report.build import build_report
from eks_access_probe.report.changes_table import ChangesTable
from eks_access_probe.report.compare import IncomparableReportsError, compare_reports, validate_comparable
from eks_access_probe.report.html import HtmlReport
from eks_access_probe.report.interface import FullReport, Proof, ReportFormat
from eks_access_probe.report.json import JsonReport, ReportFileError, read_report
from eks_access_probe.report.junit import JunitReport
from eks_access_probe.report.models import Report
from eks_access_probe.report.table import TableReport
from eks_access_probe.run import shards
from eks_access_probe.run.plan import IntegrationPlan, PlanError, plan, selected
from eks_access_probe.run.retry import Patience
from eks_access_probe.run.runner import run
from eks_access_probe.run.shards import Shard, ShardError

from ..acting_options import acting_options
from ..options import BadInputError, manifest_options
from ..progress import progress
from .collect import shown as gather

PIPED_WIDTH = 120
CHANGED = 4
INTERRUPTED = 130
"""As a shell tells a command that was interrupted; 1 would read as a mismatch."""


_REFUSALS = (
    SourceError,
    IdentitiesError,
    LoopbackError,
    PlanError,
    ShardError,
    ReportFileError,
    IncomparableReportsError,
)


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@manifest_options
@acting_options
@click.option(
    "--as-operator",
    is_flag=True,
    help="Evaluate with your own credentials what each integration could do, where nobody can act as it.",
)
@click.option("--without-trust", is_flag=True, help="With --as-operator: leave out the lines that it can never show.")
@click.option("--shard", metavar="I/N", help="Only the part I (from 0) of N of the clusters; see `eks-access merge`.")
@click.option("--json", "json_file", metavar="FILE", help="Write the report as JSON too; - for the standard output.")
@click.option("--junit", "junit_file", metavar="FILE", help="Write the report as JUnit XML too, for CI.")
@click.option("--html", "html_file", metavar="FILE", help="Write the report as one self-contained HTML page too.")
@click.option("--baseline", "baseline_file", metavar="FILE", help="An earlier JSON report: tell what changed since.")
@click.option("--fail-on-change", is_flag=True, help="With --baseline: exit code 4 where anything changed.")
@click.option(
    "--deadline",
    type=click.FloatRange(0, 1800),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to ask again for answers that may not be consistent yet; 0 asks once.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 128),
    default=8,
    show_default=True,
    metavar="N",
    help="How many calls are under way at the same time.",
)
@click.option(
    "--collect", is_flag=True, help="Gather what each integration sees as well, as `eks-access collect` does."
)
@click.option("--quiet", "-q", is_flag=True, help="No table, where --json - is all that is wanted.")
@click.option("--verbose", "-v", is_flag=True, help="Show every call in a row of its own, with its evidence.")
def probe(
    *,
    stack: str | None,
    manifest: str | None,
    cwd: Path,
    identities_file: Path | None,
    only: tuple[str, ...],
    clusters: tuple[str, ...],
    as_operator: bool,
    without_trust: bool,
    shard: str | None,
    json_file: str | None,
    junit_file: str | None,
    html_file: str | None,
    baseline_file: str | None,
    fail_on_change: bool,
    deadline: float,
    concurrency: int,
    collect: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Act as each integration and prove what it can and cannot do.

    The probe becomes the integration with a real STS call and a real EKS token, makes every call that must work and
    every call that must be refused, and tells what is not as declared. It changes nothing: only reads are made, other
    verbs are asked as access reviews, and AWS calls that would change something name nothing that exists.

    Where nobody can act as a vendor, --as-operator evaluates the same lines with your own credentials: by IAM's policy
    simulation, by access reviews of the mapped user and groups, and by the rules of access policies. Every line says
    that it was evaluated and not exercised. What only the vendor can show, the trust policy above all, is told as not
    asked, so that such a run ends with 3 at best, unless --without-trust leaves it out.

    \b
    Examples:
      eks-access probe --stack dev
      eks-access probe --stack prod --integration opentrace --cluster eu-1 --verbose
      eks-access probe --stack prod --as-operator
      eks-access probe --manifest access.json --identities identities.yaml --json report.json
      eks-access probe --stack prod --collect --junit probe.xml --html access.html
      eks-access probe --stack prod --baseline yesterday.json --json today.json
      pulumi stack output access --json --show-secrets | eks-access probe --manifest - --json - > report.json

    With --json - the table goes to the standard error. Colours are left out where NO_COLOR is set.

    \b
    Exit codes:
      0  everything is as expected
      1  something is not: a call that must work was refused, or the other way round
      2  bad usage or input; nothing was asked
      3  no mismatch, but something could not be asked: unreachable, throttled, no credential; or, with --collect,
         not be read whole
      4  all as expected, but --fail-on-change and something changed since the baseline
    """
    if (stack is None) == (manifest is None):
        raise click.UsageError("give either --stack NAME or --manifest FILE")
    if without_trust and not as_operator:
        raise click.UsageError("--without-trust belongs to --as-operator")
    if as_operator and collect:
        raise click.UsageError("--collect acts as the integrations, and --as-operator is for where nobody can")
    if fail_on_change and baseline_file is None:
        raise click.UsageError("--fail-on-change needs a --baseline FILE to compare with")
    try:
        read, secrets = (
            source.with_secrets(stack, cwd) if stack is not None else (source.of_file(manifest or ""), frozenset())
        )
        aws = Aws(loopback_endpoint(os.environ) if read.endpoint == "loopback" else None)
        chosen = selected(read, only, clusters)
        known = None if as_operator else identities.read(identities.find(identities_file, os.environ))
        if known is None:
            evaluated = operator_plan(read, chosen, aws)
            plans = [replace(each, trust_lines=not without_trust) for each in evaluated]
        else:
            plans = plan(read, known, aws, integrations=only, clusters=clusters)
        part = None if shard is None else shards.parsed(shard)
        before = read_report(baseline_file) if baseline_file else None
        if before is not None:
            validate_comparable(before, read, by_operator=as_operator)
    except _REFUSALS as error:
        raise BadInputError(str(error)) from error
    with ExitStack() as files:
        console = _console(to_error=json_file == "-")
        formats: list[ReportFormat] = [
            *([] if quiet else [ChangesTable(console)]),
            *([JsonReport(_opened("--json", json_file, files))] if json_file else []),
            *([JunitReport(_opened("--junit", junit_file, files))] if junit_file else []),
            *([HtmlReport(_opened("--html", html_file, files))] if html_file else []),
        ]
        try:
            proof = _prove(read, plans, deadline, concurrency, part)
            seen = gather(read, chosen, known, aws, concurrency=concurrency) if collect and known else None
        except KeyboardInterrupt:
            click.echo("Interrupted: nothing is proven.", err=True)
            sys.exit(INTERRUPTED)
        proof = replace(proof, by_operator=as_operator, secrets=secrets, inventory=seen)
        if not quiet:
            TableReport(console, verbose=verbose).write(proof)
        document = FullReport(_report(proof, before, fail_on_change), proof.inventory)
        for report_format in formats:
            report_format.write(document)
    sys.exit(document.report.summary.exit_code)


def _prove(
    manifest: Manifest, plans: list[IntegrationPlan], deadline: float, concurrency: int, shard: Shard | None
) -> Proof:
    started_at, started = datetime.now(UTC), time.monotonic()
    places = {check: place for place, check in enumerate(check for integration in plans for check in integration)}
    asked = plans if shard is None else shards.part(plans, shard)
    mine = [places[check] for integration in asked for check in integration]
    with (
        ThreadPoolExecutor(concurrency, thread_name_prefix="probe") as pool,
        progress(len(mine), Console(stderr=True)) as listener,
    ):
        outcomes = asyncio.run(run(asked, Patience(deadline, pool), listener))
    return Proof(manifest, outcomes, started_at, time.monotonic() - started, shard=shard, places=mine)


def _report(proof: Proof, before: Report | None, fail_on_change: bool) -> Report:
    now = build_report(proof)
    if before is None:
        return now
    changes = compare_reports(before, now)
    fails = fail_on_change and changes.any and now.summary.exit_code == 0
    summary = now.summary.model_copy(update={"exit_code": CHANGED}) if fails else now.summary
    return now.model_copy(update={"changes": changes, "summary": summary})


def _opened(option: str, path: str, files: ExitStack) -> TextIO:
    """The file to write to, opened before anything is asked, so that a wrong path costs no run."""
    if path == "-":
        return sys.stdout
    try:
        return files.enter_context(Path(path).open("w", encoding="utf-8"))
    except OSError as error:
        raise BadInputError(f"{option}: cannot write {path}: {error.strerror}") from error


def _console(*, to_error: bool) -> Console:
    console = Console(stderr=to_error, highlight=False)
    return console if console.is_terminal else Console(stderr=to_error, highlight=False, width=PIPED_WIDTH)
