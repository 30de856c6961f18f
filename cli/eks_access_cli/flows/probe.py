"""Runs the probe: plans the checks, makes them, and writes the reports."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from eks_access.manifest.models import IntegrationAccess, Manifest
from eks_access.manifest.source import load_manifest
from eks_access_probe.checks.plan import IntegrationPlan
from eks_access_probe.identity.aws_clients import Aws
from eks_access_probe.identity.identities import Identities
from eks_access_probe.operator.plan import build_evaluated_plans
from eks_access_probe.report import baseline, compare
from eks_access_probe.report.changes_table import ChangesTable
from eks_access_probe.report.html import HtmlReport
from eks_access_probe.report.interface import Proof
from eks_access_probe.report.json import Document, DocumentFormat, JsonReport, Report, report
from eks_access_probe.report.junit import JunitReport
from eks_access_probe.report.table import TableReport
from eks_access_probe.run.plan import build_plans, select_integrations
from eks_access_probe.run.retry import CheckRetryPolicy
from eks_access_probe.run.runner import run_checks
from eks_access_probe.run.shards import Shard, parse_shard, select_shard

from .. import exit_codes
from ..console import create_console
from ..options import check_one_source
from ..output import open_text
from ..progress import show_probe_progress
from ..pulumi_program import PulumiStack
from .acting import create_aws, load_identities
from .collect import collect_inventory


@dataclass(frozen=True, kw_only=True)
class ProbeOptions:
    """The options of `eks-access probe`."""

    stack: str | None
    manifest: str | None
    cwd: Path
    identities_file: Path | None
    integrations: tuple[str, ...]
    clusters: tuple[str, ...]
    as_operator: bool
    without_trust: bool
    shard: str | None
    json_file: str | None
    junit_file: str | None
    html_file: str | None
    baseline_file: str | None
    fail_on_change: bool
    deadline: float
    concurrency: int
    collect: bool
    quiet: bool
    verbose: bool

    def __post_init__(self) -> None:
        check_one_source(self.stack, self.manifest)
        if self.without_trust and not self.as_operator:
            raise click.UsageError("--without-trust belongs to --as-operator")
        if self.as_operator and self.collect:
            raise click.UsageError("--collect cannot be combined with --as-operator: it acts as the integrations")
        if self.fail_on_change and self.baseline_file is None:
            raise click.UsageError("--fail-on-change needs a --baseline FILE to compare with")


@dataclass(frozen=True)
class _Preparation:
    """What a run needs, read and validated before the first call. `identities` is None for an operator's run."""

    manifest: Manifest
    secrets: frozenset[str]
    aws: Aws
    selection: Mapping[str, IntegrationAccess]
    identities: Identities | None
    plans: Sequence[IntegrationPlan]
    shard: Shard | None
    baseline: Report | None


def run_probe(options: ProbeOptions) -> int:
    """Makes the checks and writes every report; returns the exit code."""
    preparation = _prepare(options)
    with ExitStack() as files:
        console = create_console(stderr=options.json_file == "-")
        formats = _open_formats(options, console, files)
        proof = _prove(preparation, options)
        if not options.quiet:
            TableReport(console, verbose=options.verbose).write(proof)
        final = _compare(report(proof), preparation.baseline, fail_on_change=options.fail_on_change)
        document = Document(final, proof.inventory)
        for report_format in formats:
            report_format.write(document)
    return document.report.summary.exit_code


def _prepare(options: ProbeOptions) -> _Preparation:
    """
    Raises:
        EksAccessError: an input cannot be read, or does not fit the others; no call was made.
    """
    manifest, secrets = _read_manifest(options)
    aws = create_aws(manifest)
    selection = select_integrations(manifest, options.integrations, options.clusters)
    identities = None if options.as_operator else load_identities(options.identities_file)
    if identities is None:
        plans = [
            replace(each, has_trust_checks=not options.without_trust)
            for each in build_evaluated_plans(manifest, selection, aws)
        ]
    else:
        plans = build_plans(manifest, identities, aws, integrations=options.integrations, clusters=options.clusters)
    shard = None if options.shard is None else parse_shard(options.shard)
    before = baseline.read(options.baseline_file) if options.baseline_file else None
    if before is not None:
        compare.check_comparable(before, manifest, by_operator=options.as_operator)
    return _Preparation(manifest, secrets, aws, selection, identities, plans, shard, before)


def _read_manifest(options: ProbeOptions) -> tuple[Manifest, frozenset[str]]:
    """The manifest, and which values in it are secrets of the stack."""
    if options.stack is not None:
        return PulumiStack(options.stack, options.cwd).read_manifest_and_secrets()
    return load_manifest(options.manifest or ""), frozenset()


def _open_formats(options: ProbeOptions, console: Console, files: ExitStack) -> list[DocumentFormat]:
    formats: list[DocumentFormat] = [] if options.quiet else [ChangesTable(console)]
    if options.json_file:
        formats.append(JsonReport(open_text("--json", options.json_file, files)))
    if options.junit_file:
        formats.append(JunitReport(open_text("--junit", options.junit_file, files)))
    if options.html_file:
        formats.append(HtmlReport(open_text("--html", options.html_file, files)))
    return formats


def _prove(preparation: _Preparation, options: ProbeOptions) -> Proof:
    """Makes the checks and, with --collect, collects what the integrations can see."""
    proof = _run_checks(preparation, options.deadline, options.concurrency)
    inventory = None
    if options.collect and preparation.identities is not None:
        inventory = collect_inventory(
            preparation.manifest,
            preparation.selection,
            preparation.identities,
            preparation.aws,
            concurrency=options.concurrency,
        )
    return replace(proof, by_operator=preparation.identities is None, secrets=preparation.secrets, inventory=inventory)


def _run_checks(preparation: _Preparation, deadline: float, concurrency: int) -> Proof:
    started_at, started = datetime.now(UTC), time.monotonic()
    plans, shard = preparation.plans, preparation.shard
    places = {check: place for place, check in enumerate(check for integration in plans for check in integration)}
    own_plans = plans if shard is None else select_shard(plans, shard)
    own_places = [places[check] for integration in own_plans for check in integration]
    with (
        ThreadPoolExecutor(concurrency, thread_name_prefix="probe") as pool,
        show_probe_progress(len(own_places)) as listener,
    ):
        outcomes = asyncio.run(run_checks(own_plans, CheckRetryPolicy(deadline, pool), listener))
    return Proof(preparation.manifest, outcomes, started_at, time.monotonic() - started, shard=shard, places=own_places)


def _compare(now: Report, before: Report | None, *, fail_on_change: bool) -> Report:
    """The report with what changed since the baseline, and the exit code that follows from it."""
    if before is None:
        return now
    changes = compare.changes(before, now)
    fails = fail_on_change and changes.any and now.summary.exit_code == exit_codes.OK
    summary = now.summary.model_copy(update={"exit_code": exit_codes.CHANGED}) if fails else now.summary
    return now.model_copy(update={"changes": changes, "summary": summary})
