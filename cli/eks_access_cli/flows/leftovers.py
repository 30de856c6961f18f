"""Finds leftovers in an environment and prints them."""

import json
from dataclasses import asdict

from rich.console import Console
from rich.table import Table
from rich.text import Text

from eks_access.manifest.models import Manifest
from eks_access.text_layout import print_paragraph
from eks_access_probe.leftovers.inspector import ClusterInspector
from eks_access_probe.leftovers.survey import Survey, survey_leftovers

from .. import exit_codes
from ..console import create_console
from ..output import print_document
from .acting import create_aws


def list_leftovers(manifest: Manifest, gone: frozenset[str], profile: str | None, *, as_json: bool) -> int:
    """Prints the leftovers, with integrations in `gone` as off-boarded; returns the exit code.

    Raises:
        LoopbackError, CredentialsUnavailableError: there is no endpoint, or no AWS credential, to read with.
    """
    aws = create_aws(manifest)
    keys = aws.own_credentials(profile)
    survey = survey_leftovers(
        manifest, ClusterInspector(aws, keys, only_loopback=manifest.endpoint == "loopback"), gone
    )
    if as_json:
        print_document(_to_json(manifest, survey))
    else:
        _print(survey, create_console())
    if survey.findings:
        return exit_codes.FAILED
    return exit_codes.INCONCLUSIVE if survey.unreadable else exit_codes.OK


def _to_json(manifest: Manifest, survey: Survey) -> str:
    findings = [
        {
            "belongsTo" if key == "belongs_to" else key: value
            for key, value in asdict(finding).items()
            if key != "by_vendor"
        }
        for finding in survey.findings
    ]
    report = {
        "schemaVersion": 1,
        "environment": manifest.environment,
        "leftovers": findings,
        "notLookedAt": [asdict(each) for each in survey.unreadable],
    }
    return json.dumps(report, indent=2, ensure_ascii=False)


def _print(survey: Survey, out: Console) -> None:
    findings = survey.findings
    if findings:
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
        for column in ("cluster", "what", "name", "of"):
            table.add_column(column, overflow="fold")
        for finding in findings:
            table.add_row(*(Text(t) for t in (finding.where, finding.kind, finding.name, finding.belongs_to or "?")))
        out.print(table)
        out.print()
        for finding in findings:
            print_paragraph(out, Text(f"{finding.kind} {finding.name} in {finding.where}: {finding.why}"), mark="·")
            print_paragraph(out, Text(finding.remove, "cyan"), indent=4)
        out.print()
    for each in survey.unreadable:
        out.print(Text(f"! {each.where} could not be read: {each.why}", "yellow"), soft_wrap=True)
    out.print(Text(_summarize(survey), "yellow" if findings else "green"))


def _summarize(survey: Survey) -> str:
    count, clusters = len(survey.findings), survey.cluster_count
    things = f"{count} {'thing is' if count == 1 else 'things are'} left over" if count else "Nothing is left over"
    if survey.unreadable:
        return f"{things}, in {clusters - len(survey.unreadable)} of {clusters} clusters."
    return f"{things}, in {clusters} {'cluster' if clusters == 1 else 'clusters'}."
