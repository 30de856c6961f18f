"""A large fleet in parts: which lines each shard tells, so that together they tell each once. Pure.

Clusters are dealt out in the order of their ARNs, so that all integrations of a cluster are in one shard; what is asked
once for all clusters of an integration, in the order of the integrations' names. It depends on the manifest and the
selection alone, never on the machine or the time.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from eks_access.errors import EksAccessError

from .plan import IntegrationPlan

_FORM = re.compile(r"(0|[1-9][0-9]*)/([1-9][0-9]*)")
MOST = 1000


class ShardError(EksAccessError, ValueError):
    """The text names no shard."""


@dataclass(frozen=True)
class Shard:
    """One of `count`, counted from 0 as Kubernetes counts the pods of an indexed Job."""

    index: int
    count: int

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    def has(self, place: int) -> bool:
        return place % self.count == self.index


def parsed(text: str) -> Shard:
    """
    Raises:
        ShardError: it is not of the form I/N with I below N.
    """
    match = _FORM.fullmatch(text)
    if match is None or not int(match[1]) < int(match[2]) <= MOST:
        raise ShardError(f"{text!r} is no shard: give I/N with N up to {MOST} and I from 0 to N-1, as in 0/4")
    return Shard(int(match[1]), int(match[2]))


def part(plans: Sequence[IntegrationPlan], shard: Shard) -> list[IntegrationPlan]:
    """What this shard asks. Integrations that it has nothing of are left out."""
    arns = sorted({cluster.arn for plan in plans for cluster in plan.access.clusters.values()})
    of_cluster = {arn: place for place, arn in enumerate(arns)}
    of_name = {name: place for place, name in enumerate(sorted(plan.name for plan in plans))}
    parts = [_part(plan, shard, of_cluster, shard.has(of_name[plan.name])) for plan in plans]
    return [each for each in parts if each.account_lines or each.clusters]


def _part(plan: IntegrationPlan, shard: Shard, of_cluster: Mapping[str, int], account_lines: bool) -> IntegrationPlan:
    clusters = {
        key: asked for key, asked in plan.clusters.items() if shard.has(of_cluster[plan.access.clusters[key].arn])
    }
    return replace(plan, clusters=clusters, account_lines=account_lines)
