"""A small client for the Kubernetes API: JSON over HTTPS, nothing typed, every answer kept as the server gave it.

Why not the official client: this package needs the exact status, reason and message of a refusal as evidence, raw
bodies for selective decoding, and a start-up that is not dominated by importing generated models (the typed client
decodes a few hundred objects a second; see `benchmarks/`).
"""

import base64
import json
import os
import ssl
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import urllib3
import yaml

from ..errors import EksAccessError

EXEC_CREDENTIAL_SLACK = timedelta(seconds=30)
"""A credential that ends within this time is fetched anew rather than used."""


class KubeconfigError(EksAccessError, ValueError):
    """The kubeconfig cannot be used; the message says which part and what to do."""


class UnreachableError(EksAccessError):
    """The API server gave no answer at all: no route, refused connection, TLS failure or time-out."""

    def __init__(self, server: str, cause: BaseException) -> None:
        self.server = server
        self.cause = cause
        super().__init__(f"no answer from {server}: {cause}")


class CredentialError(EksAccessError):
    """The kubeconfig's credential command failed; nothing was sent to the API server."""


class ApiError(EksAccessError):
    """The API server answered with an error. `status` is the HTTP code; `reason` and `message` its own words."""

    def __init__(self, status: int, reason: str, message: str, body: bytes = b"") -> None:
        self.status = status
        self.reason = reason
        self.message = message
        self.body = body
        super().__init__(f"{status} {reason}: {message}" if reason else f"{status}: {message}")


@dataclass(frozen=True)
class Response:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def raise_for_status(self) -> "Response":
        if self.status < 400:
            return self
        try:
            status = json.loads(self.body)
            reason, message = str(status.get("reason", "")), str(status.get("message", ""))
        except (ValueError, AttributeError):
            reason, message = "", self.body[:500].decode("utf-8", "replace").strip()
        raise ApiError(self.status, reason, message, self.body)


class StreamedResponse:
    """A response whose body comes in as it is read. One that is not read to its end takes its connection with it."""

    def __init__(self, server: str, answer: urllib3.BaseHTTPResponse) -> None:
        self.status = answer.status
        self.headers: Mapping[str, str] = answer.headers
        self._server = server
        self._answer = answer

    def read(self, size: int | None = None) -> bytes:
        """All that has not been read, or as many bytes of it; none at its end.

        Raises:
            UnreachableError: it does not come any more.
        """
        try:
            return self._answer.read(size)
        except urllib3.exceptions.HTTPError as cause:
            raise UnreachableError(self._server, cause) from cause


Bearer = Callable[[], str]
"""Gives the bearer token for the next request; called for each one, so it may renew what has ended."""


class KubernetesApi:
    """One cluster's API server. Safe to use from several threads."""

    def __init__(
        self,
        server: str,
        *,
        ca_data: bytes | None = None,
        bearer: Bearer | None = None,
        client_certificate: tuple[bytes, bytes] | None = None,
        insecure_skip_tls_verify: bool = False,
        tls_server_name: str | None = None,
        timeout: float = 15.0,
        connections: int = 8,
    ) -> None:
        self.server = server.rstrip("/")
        self._bearer = bearer
        self._pool = urllib3.PoolManager(
            maxsize=connections,
            timeout=urllib3.Timeout(total=timeout),
            retries=False,
            ssl_context=_tls(ca_data, client_certificate, insecure_skip_tls_verify),
            **_other_name(tls_server_name),
        )

    @classmethod
    def from_kubeconfig(
        cls,
        kubeconfig: str | Mapping[str, Any],
        *,
        context: str | None = None,
        timeout: float = 15.0,
        connections: int = 8,
    ) -> "KubernetesApi":
        """Connect as a kubeconfig (its text or its parsed form) says.

        Understood: tokens, token files, client certificates and exec credential plugins.

        Raises:
            KubeconfigError: the text is no kubeconfig, or names something that it does not hold.
        """
        cluster, user = _of_context(kubeconfig, context)
        return cls(
            cluster["server"],
            ca_data=_inline_or_file(cluster, "certificate-authority"),
            bearer=_bearer(user),
            client_certificate=_client_certificate(user),
            insecure_skip_tls_verify=bool(cluster.get("insecure-skip-tls-verify", False)),
            tls_server_name=cluster.get("tls-server-name"),
            timeout=timeout,
            connections=connections,
        )

    def request(self, method: str, path: str, **options: Any) -> Response:
        """Send one request and give the answer, whatever its status. The options are those of `open`.

        Raises:
            UnreachableError: there was no answer.
            CredentialError: the credential command failed; nothing was sent.
        """
        answer = self.open(method, path, **options)
        return Response(answer.status, answer.headers, answer.read())

    def open(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: object | None = None,
        headers: Mapping[str, str] | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> StreamedResponse:
        """As `request`, for an answer that is larger than what is kept of it.

        Raises:
            UnreachableError, CredentialError: as for `request`.
        """
        url = f"{self.server}{path}" + (f"?{urlencode(query)}" if query else "")
        # As client-go does; the API server compresses what is larger than 128 kB.
        send = {"Accept": accept, "Accept-Encoding": "gzip", "User-Agent": "eks-access", **(headers or {})}
        if self._bearer is not None:
            send["Authorization"] = f"Bearer {self._bearer()}"
        payload = None
        if body is not None:
            send["Content-Type"] = content_type
            payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        try:
            answer = self._pool.request(method, url, headers=send, body=payload, redirect=False, preload_content=False)
        except urllib3.exceptions.HTTPError as cause:
            raise UnreachableError(self.server, cause) from cause
        return StreamedResponse(self.server, answer)

    def json(self, method: str, path: str, **options: Any) -> Any:
        """Send one request and give the decoded answer.

        Raises:
            ApiError: the server answered with a status of 400 or more.
            UnreachableError, CredentialError: as for `request`.
        """
        response = self.request(method, path, **options).raise_for_status()
        return json.loads(response.body) if response.body else None


class ExecCredential:
    """A bearer token from an exec credential plugin, kept until shortly before it ends.

    https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
    """

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self._spec = spec
        self._token: str | None = None
        self._until: datetime | None = None

    def __call__(self) -> str:
        if self._token is None or (self._until is not None and datetime.now(UTC) > self._until):
            self._token, self._until = self._run()
        return self._token

    def _run(self) -> tuple[str, datetime | None]:
        spec = self._spec
        command = [spec["command"], *(spec.get("args") or [])]
        environment = os.environ | {e["name"]: e["value"] for e in spec.get("env") or []}
        try:
            done = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False)
        except (OSError, subprocess.TimeoutExpired) as cause:
            hint = f" {spec['installHint'].strip()}" if spec.get("installHint") else ""
            raise CredentialError(f"cannot run the credential command {command[0]!r}: {cause}.{hint}") from cause
        if done.returncode != 0:
            words = done.stderr.decode("utf-8", "replace").strip()
            raise CredentialError(f"{' '.join(command)} failed with exit code {done.returncode}: {words}")
        try:
            status = json.loads(done.stdout)["status"]
            token = str(status["token"])
        except (ValueError, KeyError, TypeError) as cause:
            raise CredentialError(f"{command[0]} printed no ExecCredential with a token") from cause
        ends = status.get("expirationTimestamp")
        until = datetime.fromisoformat(ends) - EXEC_CREDENTIAL_SLACK if ends else None
        return token, until


def address(kubeconfig: str | Mapping[str, Any]) -> tuple[str, bytes | None]:
    """The server that a kubeconfig's current context leads to, and its certificate authority.

    Raises:
        KubeconfigError: the text is no kubeconfig, or names something that it does not hold.
    """
    cluster, _ = _of_context(kubeconfig, None)
    return cluster["server"], _inline_or_file(cluster, "certificate-authority")


def _of_context(
    kubeconfig: str | Mapping[str, Any], context: str | None
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The cluster, which has a server, and the user of the context, or of the current one."""
    config = _parsed(kubeconfig)
    ctx = _named(config, "contexts", context or config.get("current-context"), "context")
    cluster = _named(config, "clusters", ctx.get("cluster"), "cluster")
    user = _named(config, "users", ctx["user"], "user") if ctx.get("user") else {}
    if not cluster.get("server"):
        raise KubeconfigError(f"kubeconfig: cluster {ctx.get('cluster')!r} has no 'server'")
    return cluster, user


def _parsed(kubeconfig: str | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(kubeconfig, Mapping):
        return kubeconfig
    try:
        config = yaml.safe_load(kubeconfig)
    except yaml.YAMLError as cause:
        # The parser's own message would quote the text, which may hold a token.
        raise KubeconfigError("kubeconfig: not valid YAML") from cause
    if not isinstance(config, dict):
        raise KubeconfigError("kubeconfig: expected a mapping with clusters, contexts and users")
    return config


def _named(config: Mapping[str, Any], section: str, name: str | None, key: str) -> Mapping[str, Any]:
    entries = {entry.get("name"): entry.get(key) or {} for entry in config.get(section) or []}
    if name not in entries:
        raise KubeconfigError(f"kubeconfig: no {key} named {name!r}; it has {sorted(map(str, entries))}")
    found: Mapping[str, Any] = entries[name]
    return found


def _inline_or_file(entry: Mapping[str, Any], key: str) -> bytes | None:
    if entry.get(f"{key}-data"):
        return base64.b64decode(entry[f"{key}-data"])
    return Path(entry[key]).read_bytes() if entry.get(key) else None


def _bearer(user: Mapping[str, Any]) -> Bearer | None:
    if user.get("exec"):
        return ExecCredential(user["exec"])
    if user.get("tokenFile"):
        token_file = Path(user["tokenFile"])
        return lambda: token_file.read_text().strip()
    if user.get("token"):
        token = str(user["token"])
        return lambda: token
    return None


def _client_certificate(user: Mapping[str, Any]) -> tuple[bytes, bytes] | None:
    certificate, key = _inline_or_file(user, "client-certificate"), _inline_or_file(user, "client-key")
    return (certificate, key) if certificate and key else None


def _other_name(name: str | None) -> dict[str, Any]:
    return {"server_hostname": name, "assert_hostname": name} if name else {}


def _tls(ca_data: bytes | None, client: tuple[bytes, bytes] | None, insecure: bool) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=ca_data.decode() if ca_data else None)
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if client:
        # The ssl module loads a certificate chain only from files.
        with tempfile.TemporaryDirectory() as folder:
            certificate, key = Path(folder, "tls.crt"), Path(folder, "tls.key")
            certificate.write_bytes(client[0])
            key.touch(mode=0o600)
            key.write_bytes(client[1])
            context.load_cert_chain(certificate, key)
    return context
