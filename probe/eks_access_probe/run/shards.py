"""Divides the checks of a large fleet into shards, so that each check is in exactly one of them. Pure.

Clusters are distributed in the order of their ARNs, so that all integrations of a cluster are in one shard; the checks
that are made once for all clusters of an integration, in the order of the integrations' names. The distribution depends
on the manifest and the selection alone, never on the machine or the time.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from eks_access.errors import EksAccessError

from ..checks.plan import IntegrationPlan

_SHARD = re.compile(r"(0|[1-9][0-9]*)/([1-9][0-9]*)")
MAX_SHARDS = 1000


class ShardError(EksAccessError, ValueError):
    """The text is not a shard of the form I/N."""


@dataclass(frozen=True)
class Shard:
    """One of `count`, counted from 0 as Kubernetes counts the pods of an indexed Job."""

    index: int
    count: int

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    def includes(self, position: int) -> bool:
        return position % self.count == self.index


def parse_shard(text: str) -> Shard:
    """The shard in the form I/N.

    Raises:
        ShardError: it is not of the form I/N with I below N.
    """
    match = _SHARD.fullmatch(text)
    if match is None or not int(match[1]) < int(match[2]) <= MAX_SHARDS:
        raise ShardError(f"{text!r} is not a shard: give I/N with N up to {MAX_SHARDS} and I from 0 to N-1, as in 0/4")
    return Shard(int(match[1]), int(match[2]))


def select_shard(plans: Sequence[IntegrationPlan], shard: Shard) -> list[IntegrationPlan]:
    """The checks of this shard. Integrations without any are left out."""
    arns = sorted({cluster.arn for plan in plans for cluster in plan.access.clusters.values()})
    cluster_positions = {arn: position for position, arn in enumerate(arns)}
    positions = {name: position for position, name in enumerate(sorted(plan.name for plan in plans))}
    parts = [_select(plan, shard, cluster_positions, shard.includes(positions[plan.name])) for plan in plans]
    return [part for part in parts if part.has_account_checks or part.clusters]


def _select(
    plan: IntegrationPlan, shard: Shard, cluster_positions: Mapping[str, int], has_account_checks: bool
) -> IntegrationPlan:
    clusters = {
        key: cluster
        for key, cluster in plan.clusters.items()
        if shard.includes(cluster_positions[plan.access.clusters[key].arn])
    }
    return replace(plan, clusters=clusters, has_account_checks=has_account_checks)
