"""The programs of one cluster, as EKS runs them, with everything on loopback and nothing kept.

Flags follow what was measured to start fast: no fsync, no leader election, no serving ports that are
never called.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..aws.identity_provider import SERVICE_ACCOUNTS
from ..clusters import ClusterSpec
from ..ports import HOST, Leases
from ..programs.build import Programs
from . import authenticator
from .authorizer import PATH
from .certificates import CertificateAuthority, write_private
from .kubeconfig import kubeconfig, write

KUBE_API_RATE = ("--kube-api-qps=200", "--kube-api-burst=400")
CACHE_SECONDS = 1
"""How long the API server keeps an answer about a token or an access policy."""


@dataclass(frozen=True)
class Command:
    """A program of a cluster, ready to start."""

    name: str
    arguments: list[str]
    port: int | None = None
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Ports:
    etcd: int
    etcd_peer: int
    api_server: int
    authenticator: int

    @classmethod
    def lease(cls, leases: Leases) -> "Ports":
        return cls(*(leases.take() for _ in range(4)))


class ControlPlane:
    def __init__(self, spec: ClusterSpec, folder: Path, ports: Ports, programs: Programs) -> None:
        self.spec = spec
        self.folder = folder
        self.ports = ports
        self._programs = programs
        self._authenticator = folder / "authenticator"
        self._admin_token = secrets.token_urlsafe(24)

    @property
    def endpoint(self) -> str:
        return f"https://{HOST}:{self.ports.api_server}"

    @property
    def etcd_url(self) -> str:
        return f"http://{HOST}:{self.ports.etcd}"

    @property
    def kubeconfig(self) -> Path:
        return self.folder / "kubeconfig.yaml"

    @property
    def dynamic_file(self) -> Path:
        return self._authenticator / "access-entries.json"

    @property
    def backend_file(self) -> Path:
        return self._authenticator / "backend-mode.json"

    def prepare(self, authority: CertificateAuthority, inner_url: str, issuer_key: Path) -> None:
        """Write every file that the programs read. `issuer_key` signs service accounts' tokens."""
        self._authenticator.mkdir(mode=0o700, parents=True)
        hosts = [HOST, "localhost", "kubernetes.default.svc"]
        authority.issue(hosts, self.folder / "api-server.crt", self.folder / "api-server.key")
        write_private(self.folder / "service-account.key", issuer_key.read_bytes())
        users = f'{self._admin_token},sandbox-admin,sandbox-admin,"system:masters"\n'
        write_private(self.folder / "tokens.csv", users.encode())
        admin = kubeconfig(self.endpoint, ca_data=authority.data, token=self._admin_token)
        write(self.kubeconfig, admin)
        # The authenticator takes its certificate from here instead of making one, so the API server can
        # start first.
        authority.issue(["localhost", HOST], self._authenticator / "cert.pem", self._authenticator / "key.pem")
        webhook = f"https://localhost:{self.ports.authenticator}/authenticate"
        write(self.folder / "authentication.yaml", kubeconfig(webhook, ca_data=authority.data))
        write(self.folder / "authorization.yaml", kubeconfig(f"{inner_url}{PATH}{self.spec.name}"))
        settings = authenticator.configuration(self.spec.name, self.dynamic_file, self.backend_file)
        write(self._authenticator / "config.yaml", settings)
        write(self.dynamic_file, {"mapRoles": [], "mapUsers": [], "mapAccounts": []})
        self.backend_file.write_text(authenticator.backend_mode(self.spec.mode))

    def store(self) -> Command:
        return self._command(
            "etcd",
            [
                str(self._programs.etcd),
                f"--data-dir={self.folder / 'etcd'}",
                f"--listen-client-urls={self.etcd_url}",
                f"--advertise-client-urls={self.etcd_url}",
                f"--listen-peer-urls=http://{HOST}:{self.ports.etcd_peer}",
                f"--initial-advertise-peer-urls=http://{HOST}:{self.ports.etcd_peer}",
                f"--initial-cluster=default=http://{HOST}:{self.ports.etcd_peer}",
                "--unsafe-no-fsync",
                "--log-level=warn",
            ],
            port=self.ports.etcd,
        )

    def api_server(self) -> Command:
        return self._command(
            "kube-apiserver",
            [
                str(self._programs.kube_apiserver),
                f"--etcd-servers={self.etcd_url}",
                f"--bind-address={HOST}",
                f"--advertise-address={HOST}",
                "--endpoint-reconciler-type=none",
                f"--secure-port={self.ports.api_server}",
                f"--tls-cert-file={self.folder / 'api-server.crt'}",
                f"--tls-private-key-file={self.folder / 'api-server.key'}",
                f"--service-account-issuer=https://{SERVICE_ACCOUNTS}",
                f"--service-account-key-file={self.folder / 'service-account.key'}",
                f"--service-account-signing-key-file={self.folder / 'service-account.key'}",
                "--service-cluster-ip-range=172.20.0.0/16",
                f"--token-auth-file={self.folder / 'tokens.csv'}",
                f"--authentication-token-webhook-config-file={self.folder / 'authentication.yaml'}",
                "--authentication-token-webhook-version=v1",
                f"--authentication-token-webhook-cache-ttl={CACHE_SECONDS}s",
                "--authorization-mode=RBAC,Webhook",
                f"--authorization-webhook-config-file={self.folder / 'authorization.yaml'}",
                "--authorization-webhook-version=v1",
                f"--authorization-webhook-cache-authorized-ttl={CACHE_SECONDS}s",
                f"--authorization-webhook-cache-unauthorized-ttl={CACHE_SECONDS}s",
                "--profiling=false",
            ],
            port=self.ports.api_server,
        )

    def authenticator(self, proxy_url: str, ca: Path) -> Command:
        return self._command(
            "aws-iam-authenticator",
            [
                str(self._programs.aws_iam_authenticator),
                "server",
                f"--config={self._authenticator / 'config.yaml'}",
                f"--backend-mode={','.join(authenticator.BACKENDS[self.spec.mode])}",
                f"--kubeconfig={self.kubeconfig}",
                "--kubeconfig-pregenerated=true",
                f"--state-dir={self._authenticator}",
                f"--address={HOST}",
                f"--port={self.ports.authenticator}",
                "--partition=aws",
            ],
            port=self.ports.authenticator,
            environment={
                "HTTPS_PROXY": proxy_url,
                "NO_PROXY": HOST,
                "SSL_CERT_FILE": str(ca),
                "AWS_REGION": "us-east-1",
                "AWS_EC2_METADATA_DISABLED": "true",
            },
        )

    def with_nodes(self, ca: Path) -> Iterator[Command]:
        """What makes pods of deployments, puts them on nodes and plays those."""
        if not self.spec.nodes:
            return
        yield self._command(
            "kube-controller-manager",
            [
                str(self._programs.kube_controller_manager),
                f"--kubeconfig={self.kubeconfig}",
                "--secure-port=0",
                "--leader-elect=false",
                f"--service-account-private-key-file={self.folder / 'service-account.key'}",
                f"--root-ca-file={ca}",
                "--controllers=*,-nodeipam,-route,-service-lb-controller,-node-route-controller,"
                "-cloud-node-lifecycle-controller",
                *KUBE_API_RATE,
            ],
        )
        yield self._command(
            "kube-scheduler",
            [
                str(self._programs.kube_scheduler),
                f"--kubeconfig={self.kubeconfig}",
                "--secure-port=0",
                "--leader-elect=false",
                *KUBE_API_RATE,
            ],
        )
        yield self._command(
            "kwok",
            [
                str(self._programs.kwok),
                f"--kubeconfig={self.kubeconfig}",
                "--manage-all-nodes=true",
                "--cidr=10.0.0.0/16",
                "--node-lease-duration-seconds=40",
                *(f"--config={stage}" for stage in sorted(self._programs.kwok_stages.glob("*.yaml"))),
            ],
        )

    def _command(
        self,
        program: str,
        arguments: list[str],
        *,
        port: int | None = None,
        environment: dict[str, str] | None = None,
    ) -> Command:
        return Command(f"{self.spec.name}.{program}", arguments, port, environment or {})
