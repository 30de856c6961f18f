"""What is done to a cluster once its API server starts: wait for it, fill it, and see that its creator can
enter.
"""

import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from eks_access.kubernetes.client import KubernetesApi, UnreachableError
from eks_access.kubernetes.token import presigned_token

from ..aws.ministack_client import REGION
from . import workload
from .control_plane import ControlPlane

POLL_SECONDS = 0.2


class NotReadyError(RuntimeError):
    """A part of a cluster did not become ready in time."""


class Deadline:
    """A point in time that can be moved to now, for everyone who waits for it."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    @property
    def passed(self) -> bool:
        return time.monotonic() > self._at

    def expire(self) -> None:
        self._at = 0.0


def until(ready: Callable[[], bool], what: str, deadline: Deadline) -> None:
    while not ready():
        if deadline.passed:
            raise NotReadyError(f"{what} was not ready in time")
        time.sleep(POLL_SECONDS)


def admin(plane: ControlPlane) -> KubernetesApi:
    return KubernetesApi.from_kubeconfig(plane.kubeconfig.read_text())


def await_api_server(plane: ControlPlane, deadline: Deadline) -> None:
    api = admin(plane)

    def ready() -> bool:
        try:
            return api.request("GET", "/readyz").status == 200
        except UnreachableError:
            return False

    until(ready, f"the API server of {plane.spec.name}", deadline)


def fill(plane: ControlPlane, manifests: list[dict[str, Any]], deadline: Deadline) -> None:
    """Nodes, aws-auth and the workload; until everything runs."""
    api = admin(plane)
    if plane.spec.has_aws_auth:
        workload.create(api, workload.aws_auth())
    if not plane.spec.nodes:
        return
    for manifest in [*workload.nodes(), *manifests]:
        workload.create(api, manifest)
    until(lambda: not workload.not_running(api, manifests), f"the workload of {plane.spec.name}", deadline)


def await_creator(plane: ControlPlane, ca: Path, key: tuple[str, str], deadline: Deadline) -> None:
    """The whole chain: a presigned token, the authenticator, STS, the creator's access entry or mapping."""
    _await_authenticator(plane, ca, deadline)
    credentials = SimpleNamespace(access_key=key[0], secret_key=key[1], token=None)
    api = KubernetesApi(
        plane.endpoint,
        ca_data=ca.read_bytes(),
        bearer=lambda: presigned_token(credentials, cluster_name=plane.spec.name, region=REGION).value,
    )
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {"verb": "escalate", "group": "*", "resource": "*"}},
    }

    def ready() -> bool:
        answer = api.request("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body=review)
        return answer.status == 201 and b'"allowed":true' in answer.body

    until(ready, f"the creator's access to {plane.spec.name}", deadline)


def _await_authenticator(plane: ControlPlane, ca: Path, deadline: Deadline) -> None:
    tls = ssl.create_default_context(cafile=str(ca))
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=tls))

    def ready() -> bool:
        try:
            with direct.open(f"https://localhost:{plane.ports.authenticator}/healthz", timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            return False

    until(ready, f"the authenticator of {plane.spec.name}", deadline)
