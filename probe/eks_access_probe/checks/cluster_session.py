"""The integration's connection to one cluster."""

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
    """An answer that no Kubernetes API server gives, as of a proxy's sign-in page."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__("the answer is not one of a Kubernetes API server")


class ClusterSession:
    """Signs in with a token of the integration's own session. Safe to use from several threads."""

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

        The API server keeps the authenticator's answer to a token for minutes, refusals and groups alike: asking
        again with the same one would only repeat it.
        """
        with self._lock:
            self._token = None

    def caller(self) -> RoleSession | None:
        """The session that signs in; None where no IAM role does."""
        return self.actor.session()

    def request(self, method: str, path: str, **options: Any) -> Response:
        return self._connected().request(method, path, **{"headers": self._headers(), **options})

    def open(self, path: str, **options: Any) -> StreamedResponse:
        """What is read, where it is larger than what is kept of it."""
        return self._connected().open("GET", path, headers=self._headers(), **options)

    def _headers(self) -> Mapping[str, str]:
        """What is sent with each request that has no headers of its own."""
        return {}

    def version(self, group: str) -> str:
        """The version of an API group that the cluster prefers."""
        if group not in self._versions:
            response = self.request("GET", f"/apis/{quote(group)}")
            # Authorization comes before the version is looked at, so any version shows a refusal.
            self._versions[group] = "v1" if response.status >= 400 else within(response, "preferredVersion", "version")
        return self._versions[group]

    def _connected(self) -> KubernetesApi:
        with self._lock:
            if self._api is None:
                self._api = KubernetesApi(
                    self.cluster.endpoint,
                    ca_data=base64.b64decode(self.cluster.certificate_authority, validate=True),
                    bearer=self._bearer,
                    timeout=_TIMEOUT,
                )
            return self._api

    def _bearer(self) -> str:
        with self._lock:
            if self._token is None or self._token.expires_at - _RENEW_BEFORE < datetime.now(UTC):
                self._token = self._sign()
            return self._token.value

    def _sign(self) -> EksToken:
        return presigned_token(
            self.actor.session().keys,
            cluster_name=self.cluster.name,
            region=self.cluster.region,
        )


def within(response: Response, *keys: str) -> Any:
    """What lies under these keys in the answer."""
    try:
        value = json.loads(response.body)
        for key in keys:
            value = value[key]
    except (ValueError, KeyError, TypeError) as cause:
        raise NotKubernetesError(response.status) from cause
    return value
