"""Plans the evaluated checks of an operator: the same lines as those of the integration itself."""

from collections.abc import Mapping

from eks_access.manifest.models import IntegrationAccess, Manifest

from ..checks import connector, trust
from ..checks.check import Check
from ..checks.cluster_session import ClusterSession
from ..checks.plan import ClusterPlan, IntegrationPlan
from ..identity.assume_role import Actor, AssumeRoleError, RoleSession
from ..identity.aws_clients import Aws, CredentialsUnavailableError, Keys
from ..identity.identities import Identities
from ..outcome import Answer, Verdict
from .aws import build_role_checks
from .evaluation import mark_evaluated
from .kubernetes import ClusterEvaluation

NOT_ASKED = "only a request of the vendor shows it: IAM cannot simulate a trust policy"


class Operator(Actor):
    """The operator in place of an integration's actor: signs every request with its own credentials."""

    def __init__(self, aws: Aws, name: str, access: IntegrationAccess) -> None:
        super().__init__(aws, name, access, Identities(version=1))

    def session(self) -> RoleSession:
        """The operator's own credentials; no role is assumed.

        Raises:
            AssumeRoleError: the environment has no credentials.
        """
        return RoleSession(self.operator_keys(), "")

    def operator_keys(self) -> Keys:
        """The credentials of the environment.

        Raises:
            AssumeRoleError: the environment has no credentials.
        """
        try:
            return self._aws.environment_credentials()
        except CredentialsUnavailableError as cause:
            raise AssumeRoleError(str(cause)) from cause


class IdentifiedOperator(Actor):
    """The operator that the identities file names, in place of an actor whose role an AWS service alone can assume."""

    def session(self) -> RoleSession:
        """The operator's own credentials; no role is assumed.

        Raises:
            AssumeRoleError: the identities file has no operator for the integration.
        """
        return RoleSession(self.operator_keys(), "")


def build_evaluated_plans(
    manifest: Manifest, selected: Mapping[str, IntegrationAccess], aws: Aws
) -> list[IntegrationPlan]:
    """The evaluated checks of these integrations in their clusters."""
    return [build_evaluated_plan(manifest, Operator(aws, name, access), aws) for name, access in selected.items()]


def build_evaluated_plan(manifest: Manifest, operator: Actor, aws: Aws) -> IntegrationPlan:
    """The evaluated checks of one integration, with this operator's credentials."""
    name, access = operator.name, operator.access
    by_service = access.trust.kind == "service"
    is_connector = by_service and access.is_connected
    registrations = connector.build_registration_checks(aws, operator) if is_connector else []
    clusters = {
        key: ClusterEvaluation(aws, ClusterSession(operator, key, cluster)) for key, cluster in access.clusters.items()
    }
    return IntegrationPlan(
        name,
        access,
        connector.build_trust_check(aws, operator) if by_service else _not_asked(trust.build_assume_check(operator)),
        [_not_asked(check) for check in trust.build_tampered_checks(operator)],
        [*registrations, *build_role_checks(aws, operator, manifest.partition, manifest.account)],
        {
            key: ClusterPlan(evaluation.build_identity_check(), evaluation.build_checks())
            for key, evaluation in clusters.items()
        },
        is_assumed=False,
    )


def _not_asked(check: Check) -> Check:
    """The check in the report, without a call: no evaluation can answer it."""
    return Check(mark_evaluated(check.question, "nothing"), lambda: Answer(Verdict.COULD_NOT_ASK, None, "", NOT_ASKED))
