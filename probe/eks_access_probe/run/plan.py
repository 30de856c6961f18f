"""What is asked of whom: the manifest's expectations as checks, in the manifest's own order."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from eks_access.endpoint import is_loopback
from eks_access.errors import EksAccessError
from eks_access.manifest.models import IntegrationAccess, Manifest

from ..checks import aws as aws_checks
from ..checks import connector, kubernetes, trust
from ..checks.check import Check
from ..checks.cluster_session import ClusterSession
from ..checks.service_account_session import ServiceAccountSession
from ..identity.assume_role import Actor
from ..identity.aws_clients import Aws
from ..identity.identities import Identities
from ..operator.role import checks as evaluated_role


class PlanError(EksAccessError, ValueError):
    """The selection names something that the manifest does not have, or the manifest contradicts itself."""


@dataclass(frozen=True)
class ClusterPlan:
    """Everything asked of one cluster. `identity` comes first: without it no answer means anything."""

    identity: Check
    calls: list[Check]


@dataclass(frozen=True)
class IntegrationPlan:
    """Everything asked as one integration. `assume` comes first: it is the allowed twin of each refusal.

    Where it is not `assumed`, an operator asks in its place, and nothing waits for it. Without `account_lines`, what is
    asked once for all clusters is not told, since another shard tells it; without `trust_lines`, nothing of the trust.
    """

    name: str
    access: IntegrationAccess
    assume: Check
    refused: list[Check]
    aws: list[Check]
    clusters: dict[str, ClusterPlan]
    assumed: bool = True
    account_lines: bool = True
    trust_lines: bool = True

    def __iter__(self) -> Iterator[Check]:
        if self.account_lines and self.trust_lines:
            yield self.assume
        yield from self.once
        for cluster in self.clusters.values():
            yield cluster.identity
            yield from cluster.calls

    @property
    def once(self) -> list[Check]:
        """What is asked once for all clusters, after `assume`."""
        if not self.account_lines:
            return []
        return [*(self.refused if self.trust_lines else ()), *self.aws]


def plan(
    manifest: Manifest,
    identities: Identities,
    aws: Aws,
    *,
    integrations: Collection[str] = (),
    clusters: Collection[str] = (),
) -> list[IntegrationPlan]:
    """The checks of the named integrations and clusters, or of all where none is named.

    Raises:
        PlanError: a name is unknown, or nothing is left to ask.
    """
    chosen = selected(manifest, integrations, clusters)
    return [_integration(manifest, Actor(aws, name, access, identities), aws) for name, access in chosen.items()]


def _integration(manifest: Manifest, actor: Actor, aws: Aws) -> IntegrationPlan:
    by_service = actor.access.trust.kind == "service"
    session_type = ServiceAccountSession if by_service else ClusterSession
    sessions = [session_type(actor, key, cluster) for key, cluster in actor.access.clusters.items()]
    return IntegrationPlan(
        actor.name,
        actor.access,
        connector.trusted(aws, actor) if by_service else trust.allowed(actor),
        trust.refused(actor),
        [*connector.registrations(aws, actor), *evaluated_role(aws, actor, manifest.partition, manifest.account)]
        if by_service
        else aws_checks.checks(aws, actor),
        {session.key: ClusterPlan(kubernetes.identity(session), kubernetes.checks(session)) for session in sessions},
    )


def selected(
    manifest: Manifest, integrations: Collection[str], clusters: Collection[str]
) -> Mapping[str, IntegrationAccess]:
    """The named integrations with the named clusters, or all where none is named.

    Raises:
        PlanError: a name is unknown, or nothing is left to ask.
    """
    _check_known("integration", integrations, manifest.integrations)
    named = {name: access for name, access in manifest.integrations.items() if not integrations or name in integrations}
    _check_known("cluster", clusters, {key for access in named.values() for key in access.clusters})
    selected = {
        name: access.model_copy(
            update={"clusters": {key: c for key, c in access.clusters.items() if not clusters or key in clusters}}
        )
        for name, access in named.items()
    }
    selected = {name: access for name, access in selected.items() if access.clusters}
    if not selected:
        raise PlanError("the access manifest has no integration with a cluster: there is nothing to prove")
    if manifest.endpoint == "loopback":
        for access in selected.values():
            for key, cluster in access.clusters.items():
                if not is_loopback(cluster.endpoint):
                    raise PlanError(
                        f"this environment lives on this machine (endpoint: loopback), but cluster {key!r} is at"
                        f" {cluster.endpoint}"
                    )
    return selected


def _check_known(kind: str, given: Collection[str], known: Collection[str]) -> None:
    for name in given:
        if name not in known:
            raise PlanError(f"there is no {kind} {name!r}; the access manifest has {', '.join(sorted(known))}")
