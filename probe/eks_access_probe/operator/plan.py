"""What an operator asks about each integration: the lines of the one who acts, and what can be read."""

from collections.abc import Mapping

from eks_access.manifest.models import IntegrationAccess, Manifest

from ..checks import connector, trust
from ..checks.check import Check
from ..checks.cluster_session import ClusterSession
from ..identity.assume_role import Actor, AssumeRoleError, RoleSession
from ..identity.aws_clients import Aws, CredentialsUnavailableError, Keys
from ..identity.identities import Identities
from ..outcome import Answer, Verdict
from ..run.plan import ClusterPlan, IntegrationPlan
from . import evaluated, role
from .kubernetes import ClusterEvaluation

NOT_ASKED = "only a request as the vendor shows it: IAM simulates no trust policy"


class Operator(Actor):
    """The operator in the place of an integration's actor: every request is signed with the operator's own keys."""

    def __init__(self, aws: Aws, name: str, access: IntegrationAccess) -> None:
        super().__init__(aws, name, access, Identities(version=1))

    def session(self) -> RoleSession:
        """
        Raises:
            AssumeRoleError: the environment has no credentials.
        """
        return RoleSession(self.operator_keys(), "")

    def operator_keys(self) -> Keys:
        """
        Raises:
            AssumeRoleError: the environment has no credentials.
        """
        try:
            return self._aws.own_credentials()
        except CredentialsUnavailableError as cause:
            raise AssumeRoleError(str(cause)) from cause


def plan(manifest: Manifest, selected: Mapping[str, IntegrationAccess], aws: Aws) -> list[IntegrationPlan]:
    """The evaluation of these integrations on these clusters."""
    return [_integration(manifest, name, access, aws) for name, access in selected.items()]


def _integration(manifest: Manifest, name: str, access: IntegrationAccess, aws: Aws) -> IntegrationPlan:
    operator = Operator(aws, name, access)
    by_service = access.trust.kind == "service"
    registered = connector.registrations(aws, operator) if by_service else []
    clusters = {
        key: ClusterEvaluation(aws, ClusterSession(operator, key, cluster)) for key, cluster in access.clusters.items()
    }
    return IntegrationPlan(
        name,
        access,
        connector.trusted(aws, operator) if by_service else _unasked(trust.allowed(operator)),
        [_unasked(check) for check in trust.refused(operator)],
        [*registered, *role.checks(aws, operator, manifest.partition, manifest.account)],
        {key: ClusterPlan(evaluation.identity(), evaluation.calls()) for key, evaluation in clusters.items()},
        assumed=False,
    )


def _unasked(check: Check) -> Check:
    return Check(evaluated(check.question, "nothing"), lambda: Answer(Verdict.COULD_NOT_ASK, None, "", NOT_ASKED))
