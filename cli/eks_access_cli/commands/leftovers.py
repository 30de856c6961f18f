"""`eks-access leftovers`."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from eks_access.endpoint import LoopbackError, loopback_endpoint
from eks_access.kubernetes.client import ApiError, UnreachableError
from eks_access.manifest.models import DeclaredCluster, Manifest
from eks_access.model.identity import EntryMethod
from eks_access.model.leftovers import LeftoverPattern
from eks_access.redaction import redacted
from eks_access.text_layout import print_paragraph
from eks_access_probe.identity.aws_clients import Aws, CredentialsUnavailableError, Keys
from eks_access_probe.leftovers.findings import Finding, build_context, find_leftovers, find_registrations
from eks_access_probe.leftovers.inspector import ClusterInspector

from ..console import console
from ..options import BadInputError, manifest_options, read_manifest

NONE, SOME, COULD_NOT_LOOK = 0, 1, 3


@dataclass(frozen=True)
class Trouble:
    """A cluster that could not be looked into."""

    where: str
    why: str


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@manifest_options
@click.option("--gone", multiple=True, metavar="INTEGRATION", help="Take it for off-boarded; repeatable.")
@click.option("--profile", metavar="NAME", help="The AWS profile to look with. [default: the environment's]")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def leftovers(
    *,
    stack: str | None,
    manifest: str | None,
    cwd: Path,
    gone: tuple[str, ...],
    profile: str | None,
    as_json: bool,
) -> None:
    """List what belongs to no integration of a stack (any more), in each of its clusters and in AWS.

    \b
    - objects and access entries that this package made, for an integration that the stack no longer has
    - what vendors made by themselves: ConductorOne's bindings and empty access entries, for example
    - access entries and aws-auth mappings of roles and users that no longer exist

    It looks with the inspector's AWS credentials, changes nothing, and says how to remove each thing. Objects of other
    stacks are left out. What vendors made is listed also while they are deployed.

    \b
    Examples:
      eks-access leftovers --stack prod
      eks-access leftovers --manifest access.json --gone cado     of a stack that was destroyed, or before off-boarding

    Principals of other accounts cannot be looked up, and are not judged.

    \b
    Exit codes:
      0  nothing is left over
      1  something is
      2  bad usage or input; nothing was looked at
      3  nothing was found, but something could not be looked at
    """
    read = read_manifest(stack, manifest, cwd)
    for name in gone:
        if name not in read.integrations:
            there = ", ".join(sorted(read.integrations)) or "none"
            raise BadInputError(f"--gone: there is no integration {name!r}; the manifest has: {there}")
    stays_here = read.endpoint == "loopback"
    try:
        aws = Aws(loopback_endpoint(os.environ) if stays_here else None)
        inspector = ClusterInspector(aws, _credentials(aws, profile), only_loopback=stays_here)
    except (LoopbackError, CredentialsUnavailableError) as error:
        raise BadInputError(str(error)) from error
    findings, troubles = _look(read, inspector, frozenset(gone))
    clusters = len(_clusters(read))
    if as_json:
        click.echo(_json(read, findings, troubles))
    else:
        _print(console(), findings, troubles, clusters)
    sys.exit(SOME if findings else COULD_NOT_LOOK if troubles else NONE)


def _credentials(aws: Aws, profile: str | None) -> Keys:
    return aws.environment_credentials() if profile is None else aws.profile_credentials(profile)


def _clusters(manifest: Manifest) -> dict[str, DeclaredCluster]:
    """Every EKS cluster of the environment by its key; of an older manifest those that an integration has."""
    found = dict(manifest.clusters)
    for access in manifest.integrations.values():
        for key, cluster in access.clusters.items():
            place = DeclaredCluster(name=cluster.name, region=cluster.region)
            if cluster.method is not EntryMethod.EKS_CONNECTOR and place not in found.values():
                found[key] = place
    return found


def _look(manifest: Manifest, inspector: ClusterInspector, gone: frozenset[str]) -> tuple[list[Finding], list[Trouble]]:
    made = _vendor_made(manifest)
    findings, troubles = [], []
    for key, cluster in _clusters(manifest).items():
        try:
            state = inspector.inspect(cluster.name, cluster.region, manifest.account)
        except (ClientError, BotoCoreError, ApiError, UnreachableError, LoopbackError) as error:
            troubles.append(Trouble(key, redacted(str(error))))
            continue
        findings += find_leftovers(state, build_context(manifest, key, cluster.name, cluster.region, made, gone))
    for region in _regions(manifest):
        try:
            findings += find_registrations(inspector.list_registrations(region), manifest, gone)
        except (ClientError, BotoCoreError) as error:
            troubles.append(Trouble(region, redacted(str(error))))
    return findings, troubles


def _regions(manifest: Manifest) -> list[str]:
    own = {cluster.region for cluster in manifest.clusters.values()}
    return sorted(own.union(cluster.region for a in manifest.integrations.values() for cluster in a.clusters.values()))


def _vendor_made(manifest: Manifest) -> Mapping[str, Sequence[LeftoverPattern]]:
    """What each vendor makes by itself: of the built-in ones also when they are no longer deployed."""
    from eks_access.integrations import vendors

    deployed = {
        access.vendor: tuple(LeftoverPattern(each.made, each.pattern, each.why) for each in access.leftovers)
        for access in manifest.integrations.values()
    }
    return deployed | {key: vendor.leftovers for key, vendor in vendors().items() if vendor.leftovers}


def _json(manifest: Manifest, findings: Sequence[Finding], troubles: Sequence[Trouble]) -> str:
    told = [{"belongsTo" if key == "belongs_to" else key: value for key, value in asdict(f).items()} for f in findings]
    report = {
        "schemaVersion": 1,
        "environment": manifest.environment,
        "leftovers": told,
        "notLookedAt": [asdict(trouble) for trouble in troubles],
    }
    return json.dumps(report, indent=2, ensure_ascii=False)


def _print(out: Console, findings: Sequence[Finding], troubles: Sequence[Trouble], clusters: int) -> None:
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
    for trouble in troubles:
        out.print(Text(f"! {trouble.where} could not be looked at: {trouble.why}", "yellow"), soft_wrap=True)
    things = f"{len(findings)} {'thing is' if len(findings) == 1 else 'things are'} left over"
    looked = clusters - len(troubles)
    where = f"in {looked} of {clusters} clusters" if troubles else f"in {clusters} {_clusters_word(clusters)}"
    out.print(Text(f"{things if findings else 'Nothing is left over'}, {where}.", "yellow" if findings else "green"))


def _clusters_word(count: int) -> str:
    return "cluster" if count == 1 else "clusters"
