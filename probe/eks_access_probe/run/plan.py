"""Plans the checks: the expectations of the selected integrations and clusters, in the manifest's own order."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from eks_access.endpoint import is_loopback
from eks_access.errors import EksAccessError
from eks_access.manifest.models import AwsExpectation, IntegrationAccess, Manifest

from ..checks import aws as aws_checks
from ..checks import connector, kubernetes, trust
from ..checks.check import Check
from ..checks.cluster_session import ClusterSession
from ..checks.plan import ClusterPlan, IntegrationPlan
from ..checks.service_account_session import ServiceAccountSession
from ..checks.side_effects import may_be_made
from ..identity.assume_role import Actor
from ..identity.aws_clients import Aws
from ..identity.identities import Identities
from ..operator import aws as evaluated_aws
from ..operator.plan import IdentifiedOperator, Operator, build_evaluated_plan
from ..outcome import Answer, Verdict

NOT_MADE = "the call itself may change something, so it is not made; your own credentials could not evaluate it"


class PlanError(EksAccessError, ValueError):
    """The selection names something that the manifest does not have, or the manifest contradicts itself."""


def build_plans(
    manifest: Manifest,
    identities: Identities,
    aws: Aws,
    *,
    integrations: Collection[str] = (),
    clusters: Collection[str] = (),
) -> list[IntegrationPlan]:
    """The checks of the named integrations and clusters, or of all if none is named.

    Raises:
        PlanError: a name is unknown, or the selection has no cluster.
    """
    selected = select_integrations(manifest, integrations, clusters)
    return [
        _build_service_plan(manifest, name, access, identities, aws)
        if access.trust.kind == "service" and not access.is_connected
        else _build_plan(manifest, Actor(aws, name, access, identities), aws)
        for name, access in selected.items()
    ]


def _build_service_plan(
    manifest: Manifest, name: str, access: IntegrationAccess, identities: Identities, aws: Aws
) -> IntegrationPlan:
    """The plan of a role that an AWS service alone can assume: an operator evaluates it; only strangers try to."""
    plan = build_evaluated_plan(manifest, IdentifiedOperator(aws, name, access, identities), aws)
    return replace(plan, tampered=trust.build_tampered_checks(Actor(aws, name, access, identities)))


def _build_plan(manifest: Manifest, actor: Actor, aws: Aws) -> IntegrationPlan:
    by_service = actor.access.trust.kind == "service"
    session_type = ServiceAccountSession if by_service else ClusterSession
    sessions = [session_type(actor, key, cluster) for key, cluster in actor.access.clusters.items()]
    return IntegrationPlan(
        actor.name,
        actor.access,
        connector.build_trust_check(aws, actor) if by_service else trust.build_assume_check(actor),
        trust.build_tampered_checks(actor),
        [
            *connector.build_registration_checks(aws, actor),
            *evaluated_aws.build_role_checks(aws, actor, manifest.partition, manifest.account),
        ]
        if by_service
        else [_build_aws_check(manifest, actor, aws, e) for e in actor.access.aws],
        {
            session.key: ClusterPlan(kubernetes.build_identity_check(session), kubernetes.build_checks(session))
            for session in sessions
        },
    )


def _build_aws_check(manifest: Manifest, actor: Actor, aws: Aws, e: AwsExpectation) -> Check:
    """The call as the integration, or what IAM would decide about it where the call might change something."""
    if may_be_made(e.action, e.parameters):
        return aws_checks.build_check(aws, actor, e)
    evaluated = evaluated_aws.build_check(
        aws, Operator(aws, actor.name, actor.access), e, manifest.partition, manifest.account
    )

    def ask() -> Answer:
        answer = evaluated.ask()
        is_conclusive = answer.verdict in (Verdict.ALLOWED, Verdict.DENIED)
        return answer if is_conclusive else replace(answer, message=f"{NOT_MADE}: {answer.message}")

    return Check(evaluated.question, ask)


def select_integrations(
    manifest: Manifest, integrations: Collection[str], clusters: Collection[str]
) -> Mapping[str, IntegrationAccess]:
    """The named integrations with the named clusters, or all if none is named.

    Raises:
        PlanError: a name is unknown, or the selection has no cluster.
    """
    _validate_names("integration", integrations, manifest.integrations)
    named = {name: access for name, access in manifest.integrations.items() if not integrations or name in integrations}
    _validate_names("cluster", clusters, {key for access in named.values() for key in access.clusters})
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
                        f"the environment is on this machine (endpoint: loopback), but cluster {key!r} is at"
                        f" {cluster.endpoint}"
                    )
    return selected


def _validate_names(kind: str, names: Collection[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            raise PlanError(f"there is no {kind} {name!r}; the access manifest has {', '.join(sorted(known))}")
