"""The connection to one cluster as a service account, with a token that the cluster's operator requests."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from eks_access.kubernetes.client import ApiError, KubernetesApi
from eks_access.kubernetes.credentials import CredentialError
from eks_access.kubernetes.kubeconfig import KubeconfigError
from eks_access.kubernetes.token import EksToken
from eks_access.manifest.models import Cluster

from ..identity.assume_role import Actor, AssumeRoleError, RoleSession
from .cluster_session import ClusterSession

TOKEN_SECONDS = 600
"""The shortest lifetime that the API accepts: https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/"""


def create_sessions(actor: Actor, key: str, cluster: Cluster) -> list[ClusterSession]:
    """The sessions to read a cluster with: the integration's own, or one for each user that it impersonates."""
    if not actor.access.is_connected:
        return [ClusterSession(actor, key, cluster)]
    users = dict.fromkeys(e.user for e in actor.access.kubernetes if e.user)
    return [ViewerSession(actor, key, cluster, user) for user in users] or [ServiceAccountSession(actor, key, cluster)]


class ServiceAccountSession(ClusterSession):
    """Requests as the integration's service account. The token expires by itself; nothing is left in the cluster."""

    token_seconds = TOKEN_SECONDS

    def role_session(self) -> RoleSession | None:
        return None

    def _create_token(self) -> EksToken:
        path = self.actor.operator_kubeconfig(self.key)
        _, _, namespace, name = self.actor.access.identity.username.split(":")
        body = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": self.token_seconds},
        }
        try:
            api = KubernetesApi.from_kubeconfig(path.read_text())
            if api.server != self.cluster.endpoint.rstrip("/"):
                raise AssumeRoleError(
                    f"{path} leads to {api.server}, but cluster {self.key!r} is at {self.cluster.endpoint}"
                )
            request = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
            token = api.json("POST", request, body=body)["status"]["token"]
        except (OSError, KubeconfigError, CredentialError, ApiError) as cause:
            raise AssumeRoleError(f"no token of the service account {namespace}/{name}: {cause}") from cause
        return EksToken(token, datetime.now(UTC) + timedelta(seconds=self.token_seconds))


class ViewerSession(ServiceAccountSession):
    """Requests as the service account that impersonates a user."""

    def __init__(self, actor: Actor, key: str, cluster: Cluster, user: str) -> None:
        super().__init__(actor, key, cluster)
        self._user = user

    def _headers(self) -> Mapping[str, str]:
        return {"Impersonate-User": self._user}
