"""The connection of an integration to one cluster, authenticated with a token of its role's session."""

import base64
import json
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from eks_access.errors import EksAccessError
from eks_access.kubernetes.client import KubernetesApi, Response, StreamedResponse
from eks_access.kubernetes.token import EksToken, presigned_token
from eks_access.manifest.models import Cluster

from ..identity.assume_role import Actor, RoleSession

_TIMEOUT = 10.0
_RENEW_BEFORE = timedelta(minutes=1)


class NotKubernetesError(EksAccessError):
    """The response is not one of a Kubernetes API server; a proxy's sign-in page, for example."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__("the response is not one of a Kubernetes API server")


class ClusterSession:
    """Requests to the API server with an EKS token of the integration's own session. Thread-safe."""

    def __init__(self, actor: Actor, key: str, cluster: Cluster) -> None:
        self.actor = actor
        self.key = key
        self.cluster = cluster
        self._api: KubernetesApi | None = None
        self._token: EksToken | None = None
        self._versions: dict[str, str] = {}
        self._lock = threading.Lock()

    def renew(self) -> None:
        """Sign a new token for the next request.

        The API server caches the authenticator's answer to a token for minutes, refusals and groups alike: a retry with
        the same token would only repeat it.
        """
        with self._lock:
            self._token = None

    def role_session(self) -> RoleSession | None:
        """The role session that authenticates; None if the caller is not an IAM role."""
        return self.actor.session()

    def request(self, method: str, path: str, **options: Any) -> Response:
        return self._connect().request(method, path, **{"headers": self._headers(), **options})

    def open(self, path: str, **options: Any) -> StreamedResponse:
        """The streamed response to a GET, for bodies much larger than what is kept of them."""
        return self._connect().open("GET", path, headers=self._headers(), **options)

    def _headers(self) -> Mapping[str, str]:
        """Default headers of a request that has none of its own."""
        return {}

    def preferred_version(self, group: str) -> str:
        """The version of an API group that the cluster prefers."""
        if group not in self._versions:
            response = self.request("GET", f"/apis/{quote(group)}")
            # The request is authorized before its version is looked up, so any version shows a refusal.
            self._versions[group] = "v1" if response.status >= 400 else extract(response, "preferredVersion", "version")
        return self._versions[group]

    def _connect(self) -> KubernetesApi:
        with self._lock:
            if self._api is None:
                self._api = KubernetesApi(
                    self.cluster.endpoint,
                    ca_data=base64.b64decode(self.cluster.certificate_authority, validate=True),
                    bearer=self._bearer_token,
                    timeout=_TIMEOUT,
                )
            return self._api

    def _bearer_token(self) -> str:
        with self._lock:
            if self._token is None or self._token.expires_at - _RENEW_BEFORE < datetime.now(UTC):
                self._token = self._create_token()
            return self._token.value

    def _create_token(self) -> EksToken:
        return presigned_token(
            self.actor.session().keys,
            cluster_name=self.cluster.name,
            region=self.cluster.region,
        )


def extract(response: Response, *keys: str) -> Any:
    """The value at this path of keys in a JSON response.

    Raises:
        NotKubernetesError: the body is not JSON, or has no such value.
    """
    try:
        value = json.loads(response.body)
        for key in keys:
            value = value[key]
    except (ValueError, KeyError, TypeError) as cause:
        raise NotKubernetesError(response.status) from cause
    return value
