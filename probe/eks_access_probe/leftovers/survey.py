"""Surveys all clusters and regions of an environment for leftovers, with the deployer's credentials. It only reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from eks_access.endpoint import LoopbackError
from eks_access.kubernetes.client import ApiError, UnreachableError
from eks_access.manifest.models import DeclaredCluster, Manifest
from eks_access.model.identity import EntryMethod
from eks_access.model.leftovers import LeftoverPattern
from eks_access.redaction import redacted

from .findings import Finding, build_context, find_leftovers, find_registrations
from .inspector import ClusterInspector


@dataclass(frozen=True)
class Unreadable:
    """A cluster or region that could not be read, and why."""

    where: str
    why: str


@dataclass(frozen=True)
class Survey:
    findings: Sequence[Finding]
    unreadable: Sequence[Unreadable]
    cluster_count: int


def survey_leftovers(manifest: Manifest, inspector: ClusterInspector, gone: frozenset[str] = frozenset()) -> Survey:
    """The leftovers in each cluster and region of the environment. Integrations in `gone` count as off-boarded."""
    patterns = load_leftover_patterns(manifest)
    clusters = list_eks_clusters(manifest)
    findings: list[Finding] = []
    unreadable: list[Unreadable] = []
    for key, cluster in clusters.items():
        try:
            seen = inspector.inspect(cluster.name, cluster.region, manifest.account)
        except (ClientError, BotoCoreError, ApiError, UnreachableError, LoopbackError) as error:
            unreadable.append(Unreadable(key, redacted(str(error))))
            continue
        findings += find_leftovers(seen, build_context(manifest, key, cluster.name, cluster.region, patterns, gone))
    for region in _regions(manifest):
        try:
            findings += find_registrations(inspector.list_registrations(region), manifest, gone)
        except (ClientError, BotoCoreError) as error:
            unreadable.append(Unreadable(region, redacted(str(error))))
    return Survey(findings, unreadable, len(clusters))


def list_eks_clusters(manifest: Manifest) -> dict[str, DeclaredCluster]:
    """The environment's EKS clusters by key; in a manifest of an older version, those that an integration has."""
    found = dict(manifest.clusters)
    for access in manifest.integrations.values():
        for key, cluster in access.clusters.items():
            declared = DeclaredCluster(name=cluster.name, region=cluster.region)
            if cluster.method is not EntryMethod.EKS_CONNECTOR and declared not in found.values():
                found[key] = declared
    return found


def _regions(manifest: Manifest) -> list[str]:
    own = {cluster.region for cluster in manifest.clusters.values()}
    return sorted(own.union(cluster.region for a in manifest.integrations.values() for cluster in a.clusters.values()))


def load_leftover_patterns(manifest: Manifest) -> Mapping[str, Sequence[LeftoverPattern]]:
    """What each vendor creates outside of the stack; of the built-in vendors also when they are no longer deployed."""
    # Loads Pulumi, which nothing else here needs.
    from eks_access.integrations import vendors

    deployed = {
        access.vendor: tuple(LeftoverPattern(each.made, each.pattern, each.why) for each in access.leftovers)
        for access in manifest.integrations.values()
    }
    return deployed | {key: vendor.leftovers for key, vendor in vendors().items() if vendor.leftovers}
