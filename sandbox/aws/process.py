"""The AWS process as the supervisor starts it: its sockets, its settings, its environment."""

import os
import socket
import sys
from collections.abc import Sequence

import botocore.session

from ..cluster.certificates import CertificateAuthority
from ..cluster.control_plane import ControlPlane
from ..ports import HOST, listening_socket, port_of
from ..processes import Children, base_environment
from ..state import State, checkout
from . import accounts
from .ministack_client import REGION
from .server import ClusterSettings, Settings

NAME = "aws"


class AwsProcess:
    def __init__(self) -> None:
        self._front, self._inner, self._proxy = (listening_socket() for _ in range(3))
        self.endpoint = _url(self._front)
        """For clients."""
        self.inner_url = _url(self._inner)
        """MiniStack without the front, for the sandbox itself."""
        self.proxy_url = _url(self._proxy)
        """The authenticators' way to STS."""

    def start(
        self,
        children: Children,
        state: State,
        authority: CertificateAuthority,
        planes: Sequence[ControlPlane],
        *,
        entry_seconds: float,
        update_seconds: float,
    ) -> None:
        listeners = (self._front, self._inner, self._proxy)
        certificate, key = state.pki / "sts.crt", state.pki / "sts.key"
        authority.issue(sts_hosts(), certificate, key)
        settings = Settings(
            account=accounts.CUSTOMER,
            front_fd=self._front.fileno(),
            inner_fd=self._inner.fileno(),
            proxy_fd=self._proxy.fileno(),
            inner_url=self.inner_url,
            sts_certificate=str(certificate),
            sts_key=str(key),
            providers=str(state.providers),
            clusters={
                plane.spec.name: ClusterSettings(
                    plane.endpoint, authority.data, str(plane.dynamic_file), str(plane.backend_file)
                )
                for plane in planes
            },
            entry_seconds=entry_seconds,
            update_seconds=update_seconds,
        )
        path = state.aws / "server.json"
        settings.write(path)
        children.start(
            NAME,
            [sys.executable, "-m", "sandbox.aws.server", path],
            environment=_environment(port_of(self._front), state),
            port=port_of(self._front),
            descriptors=[listener.fileno() for listener in listeners],
        )
        for listener in listeners:
            listener.close()


def _url(listener: socket.socket) -> str:
    return f"http://{HOST}:{port_of(listener)}"


def _environment(port: int, state: State) -> dict[str, str]:
    """MiniStack's settings: signatures and policies are checked, nothing but its HTTP port is opened."""
    return base_environment() | {
        "PYTHONPATH": os.pathsep.join([str(checkout()), str(checkout() / "components")]),
        "AUTH": "true",
        "GATEWAY_PORT": str(port),
        "BIND_HOST": HOST,
        "MINISTACK_ACCOUNT_ID": accounts.CUSTOMER,
        "MINISTACK_REGION": REGION,
        "LOG_LEVEL": "WARNING",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        # It would run each cluster in a container where Docker is.
        "DOCKER_HOST": f"unix://{state.folder / 'no-docker.sock'}",
    }


def sts_hosts() -> list[str]:
    """Every STS host that the authenticator accepts in a token, in the partitions that botocore knows."""
    session = botocore.session.get_session()
    hosts = ["sts.amazonaws.com"]
    for partition, suffix in (
        ("aws", "amazonaws.com"),
        ("aws-us-gov", "amazonaws.com"),
        ("aws-cn", "amazonaws.com.cn"),
    ):
        regions = session.get_available_regions("sts", partition)
        hosts += [f"sts.{region}.{suffix}" for region in regions if region != "aws-global"]
    return hosts
