"""A small client for the Kubernetes API: JSON over HTTPS, untyped, with every response as the server sent it.

Why not the official client: this package needs the exact status, reason and message of a refusal as evidence, raw
bodies for selective decoding, and a start-up that is not dominated by importing generated models (the typed client
decodes a few hundred objects a second; see `benchmarks/`).
"""

import json
import logging
import ssl
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode

import urllib3

from ..errors import EksAccessError
from .credentials import Bearer, create_bearer, read_client_certificate
from .kubeconfig import resolve_context

log = logging.getLogger(__name__)

FIELD_MANAGER = "eks-access"
"""The field manager of every write."""


class UnreachableError(EksAccessError):
    """The API server did not respond: no route, refused connection, TLS failure or time-out."""

    def __init__(self, server: str, cause: BaseException) -> None:
        self.server = server
        self.cause = cause
        super().__init__(f"no answer from {server}: {cause}")


class ApiError(EksAccessError):
    """The API server responded with an error.

    Attributes:
        status: the HTTP status code, 400 or more.
        reason: the `reason` of the server's Status object, such as `Forbidden`; empty where the body is none.
        message: the `message` of the Status object, or the beginning of the body.
        body: the whole body.
    """

    def __init__(self, status: int, reason: str, message: str, body: bytes = b"") -> None:
        self.status = status
        self.reason = reason
        self.message = message
        self.body = body
        super().__init__(f"{status} {reason}: {message}" if reason else f"{status}: {message}")


@dataclass(frozen=True)
class Response:
    """A response that was read to its end, whatever its status."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def raise_for_status(self) -> "Response":
        """The response itself.

        Raises:
            ApiError: its status is 400 or more.
        """
        if self.status < 400:
            return self
        try:
            status = json.loads(self.body)
            reason, message = str(status.get("reason", "")), str(status.get("message", ""))
        except (ValueError, AttributeError):
            reason, message = "", self.body[:500].decode("utf-8", "replace").strip()
        raise ApiError(self.status, reason, message, self.body)


class StreamedResponse:
    """A response whose body is received as it is read.

    A connection whose response was not read to the end is not reused.
    """

    def __init__(self, server: str, response: urllib3.BaseHTTPResponse) -> None:
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers
        self._server = server
        self._response = response

    def read(self, size: int | None = None) -> bytes:
        """Up to `size` bytes of what has not been read yet, or all of it; b"" at the end.

        Raises:
            UnreachableError: the connection was lost.
        """
        try:
            return self._response.read(size)
        except urllib3.exceptions.HTTPError as cause:
            raise UnreachableError(self._server, cause) from cause


class Api(Protocol):
    """The part of a client that writing an object needs; `KubernetesApi` has it."""

    def json(
        self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: object | None = None
    ) -> Any: ...


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
            ssl_context=_create_tls_context(ca_data, client_certificate, insecure_skip_tls_verify),
            **_server_name_options(tls_server_name),
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
        """A client for a context of a kubeconfig (its text or its parsed content), by default the current one.

        Supported credentials: tokens, token files, client certificates and exec credential plugins.

        Raises:
            KubeconfigError: the text is no kubeconfig, or refers to an entry that it does not have.
            OSError: a file that it names cannot be read.
        """
        resolved = resolve_context(kubeconfig, context)
        return cls(
            resolved.server,
            ca_data=resolved.certificate_authority,
            bearer=create_bearer(resolved.user, resolved.cluster),
            client_certificate=read_client_certificate(resolved.user),
            insecure_skip_tls_verify=bool(resolved.cluster.get("insecure-skip-tls-verify", False)),
            tls_server_name=resolved.cluster.get("tls-server-name"),
            timeout=timeout,
            connections=connections,
        )

    def request(self, method: str, path: str, **options: Any) -> Response:
        """Send a request and return the response, whatever its status. The options are those of `open`.

        Raises:
            UnreachableError: there was no response.
            CredentialError: the credential command failed; nothing was sent.
        """
        response = self.open(method, path, **options)
        return Response(response.status, response.headers, response.read())

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
        """As `request`, but the body is received as it is read: for large lists of which little is kept.

        Raises:
            UnreachableError, CredentialError: as for `request`.
        """
        url = f"{self.server}{path}" + (f"?{urlencode(query)}" if query else "")
        # gzip, as client-go does: the API server compresses responses larger than 128 kB.
        sent_headers = {"Accept": accept, "Accept-Encoding": "gzip", "User-Agent": "eks-access", **(headers or {})}
        if self._bearer is not None:
            sent_headers["Authorization"] = f"Bearer {self._bearer()}"
        payload = None
        if body is not None:
            sent_headers["Content-Type"] = content_type
            payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        begun = time.monotonic()
        try:
            response = self._pool.request(
                method, url, headers=sent_headers, body=payload, redirect=False, preload_content=False
            )
        except urllib3.exceptions.HTTPError as cause:
            log.debug("%s %s%s: no response after %.3f s: %s", method, self.server, path, _seconds_since(begun), cause)
            raise UnreachableError(self.server, cause) from cause
        # Neither headers, bodies nor query values are logged: any of them may contain a secret.
        log.debug("%s %s%s: %d after %.3f s", method, self.server, path, response.status, _seconds_since(begun))
        return StreamedResponse(self.server, response)

    def json(self, method: str, path: str, **options: Any) -> Any:
        """Send a request and return the decoded body; None where it is empty.

        Raises:
            ApiError: the server responded with a status of 400 or more.
            UnreachableError, CredentialError: as for `request`.
        """
        response = self.request(method, path, **options).raise_for_status()
        return json.loads(response.body) if response.body else None


def _server_name_options(name: str | None) -> dict[str, Any]:
    return {"server_hostname": name, "assert_hostname": name} if name else {}


def _seconds_since(begun: float) -> float:
    return time.monotonic() - begun


def _create_tls_context(ca_data: bytes | None, client: tuple[bytes, bytes] | None, insecure: bool) -> ssl.SSLContext:
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
