"""The checks of an integration in the order of its manifest, as plain data."""

from collections.abc import Iterator
from dataclasses import dataclass

from eks_access.manifest.models import IntegrationAccess

from .check import Check


@dataclass(frozen=True)
class ClusterPlan:
    """The checks of one cluster. `identity` runs first: without it no other answer means anything."""

    identity: Check
    calls: list[Check]


@dataclass(frozen=True)
class IntegrationPlan:
    """The checks of one integration.

    `assume` runs first: a refusal of the `tampered` requests only counts if the genuine one is allowed. If not
    `is_assumed`, an operator evaluates the checks in place of the integration, and none of them depends on `assume`.
    Without `has_account_checks` the checks that are made once for all clusters are left out, since another shard has
    them; without `has_trust_checks` those of the trust policy are.
    """

    name: str
    access: IntegrationAccess
    assume: Check
    tampered: list[Check]
    aws: list[Check]
    clusters: dict[str, ClusterPlan]
    is_assumed: bool = True
    has_account_checks: bool = True
    has_trust_checks: bool = True

    def __iter__(self) -> Iterator[Check]:
        if self.has_account_checks and self.has_trust_checks:
            yield self.assume
        yield from self.account_checks
        for cluster in self.clusters.values():
            yield cluster.identity
            yield from cluster.calls

    @property
    def account_checks(self) -> list[Check]:
        """The checks that are made once for all clusters, after `assume`."""
        if not self.has_account_checks:
            return []
        return [*(self.tampered if self.has_trust_checks else ()), *self.aws]
