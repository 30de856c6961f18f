"""Acting as the former integration: with its credential as the vendor does, and with a session from before."""

from datetime import UTC, datetime

from eks_access.kubernetes.token import EksToken
from eks_access.manifest.models import Cluster, IntegrationAccess

from ..checks.cluster_session import ClusterSession
from ..checks.service_account_session import ServiceAccountSession
from ..identity.assume_role import Actor, AssumeRoleError, RoleSession
from ..identity.aws_clients import Aws
from ..identity.identities import Identities
from .kept import Kept, KeptToken


class FormerActor(Actor):
    """Its session is the one from before the removal, and is never renewed: a new one would not be the same proof."""

    def __init__(self, aws: Aws, name: str, access: IntegrationAccess, identities: Identities, kept: Kept) -> None:
        super().__init__(aws, name, access, identities)
        self.kept = kept

    def session(self) -> RoleSession:
        kept = self.kept.session
        if kept is None:
            raise AssumeRoleError("there is no session of the role from before its removal")
        if kept.expires_at is not None and kept.expires_at <= datetime.now(UTC):
            raise AssumeRoleError(f"the session from before the removal has expired, at {kept.expires_at:%H:%M} UTC")
        return kept.role_session

    def load_former_credential(self) -> str | None:
        """The credential as the vendor gets it, or the one from before: a service account that is gone makes no token.

        Raises:
            AssumeRoleError: neither is available.
        """
        try:
            return self.load_credential()
        except AssumeRoleError:
            if self.kept.credential is None:
                raise
            return self.kept.credential


class FormerServiceAccount(ServiceAccountSession):
    """Requests with a service account's token from before the removal, which is never renewed either."""

    token_seconds = 3600

    def __init__(self, actor: FormerActor, key: str, cluster: Cluster) -> None:
        super().__init__(actor, key, cluster)
        self._former = actor

    def _create_token(self) -> EksToken:
        kept = self._former.kept.tokens.get(self.key)
        if kept is None:
            raise AssumeRoleError("there is no token of the service account from before its removal")
        if kept.expires_at <= datetime.now(UTC):
            raise AssumeRoleError(f"the token from before the removal has expired, at {kept.expires_at:%H:%M} UTC")
        return EksToken(kept.value, kept.expires_at)

    def take_token(self) -> KeptToken:
        """A new token of the service account.

        Raises:
            AssumeRoleError: the cluster's operator gets none.
        """
        token = super()._create_token()
        return KeptToken(value=token.value, expires_at=token.expires_at)


def create_session(actor: FormerActor, key: str, cluster: Cluster) -> ClusterSession:
    if actor.access.is_connected:
        return FormerServiceAccount(actor, key, cluster)
    return ClusterSession(actor, key, cluster)
