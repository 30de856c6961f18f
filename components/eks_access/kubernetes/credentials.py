"""Credentials of a kubeconfig's user: bearer tokens, exec credential plugins and client certificates."""

import json
import logging
import os
import re
import subprocess
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ..errors import EksAccessError
from ..redaction import MASK, redacted
from .kubeconfig import read_data_or_file
from .plain_kubeconfig import list_secret_values

EXEC_CREDENTIAL_SLACK = timedelta(seconds=30)
"""A credential that expires sooner than this is renewed rather than used."""
_COMMAND_SECONDS = 60
_SHORTEST_SECRET = 4
_SHORTEST_PART = 8
"""Characters of an argument, and of a part of one, that are masked where the command repeats them."""
_INFO_VARIABLE = "KUBERNETES_EXEC_INFO"
_CONFIG_EXTENSION = "client.authentication.k8s.io/exec"
_CLUSTER_INFO = ("server", "tls-server-name", "insecure-skip-tls-verify", "certificate-authority-data")

_PART = re.compile(r"[^\w.~+/-]+")
"""What separates the words of a shell's command line."""

log = logging.getLogger(__name__)

Bearer = Callable[[], str]
"""Returns the bearer token for the next request. Called for each request, so that it can renew an expired token."""


class CredentialError(EksAccessError):
    """The kubeconfig's credential command failed; nothing was sent to the API server."""


class ExecCredential:
    """A bearer token from an exec credential plugin, cached until shortly before it expires.

    https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
    """

    def __init__(self, spec: Mapping[str, Any], cluster: Mapping[str, Any] | None = None) -> None:
        """`cluster` is what the kubeconfig has of the cluster, for a command that asks for it."""
        self._spec = spec
        self._cluster = cluster or {}
        self._token: str | None = None
        self._renew_at: datetime | None = None
        # Requests that begin together wait for one run of the command.
        self._lock = threading.Lock()

    def __call__(self) -> str:
        """The token, from the cache or from a new run of the command.

        Raises:
            CredentialError: the command cannot be run, failed, or printed no token.
        """
        with self._lock:
            if self._token is None or (self._renew_at is not None and datetime.now(UTC) > self._renew_at):
                self._token, self._renew_at = self._run()
            return self._token

    def _run(self) -> tuple[str, datetime | None]:
        spec = self._spec
        try:
            command = [str(spec["command"]), *map(str, spec.get("args") or [])]
            variables = {str(e["name"]): str(e["value"]) for e in spec.get("env") or []}
            environment = os.environ | variables | {_INFO_VARIABLE: json.dumps(self._describe_cluster())}
        except (KeyError, TypeError):
            raise CredentialError(
                "the kubeconfig's credential command has no command, or a variable no value"
            ) from None
        # Neither arguments nor environment are logged: either may contain a secret.
        log.debug("running the credential command %s", command[0])
        try:
            done = subprocess.run(command, env=environment, capture_output=True, timeout=_COMMAND_SECONDS, check=False)
        except (OSError, ValueError, subprocess.TimeoutExpired) as cause:
            hint = f" {redacted(str(spec['installHint']).strip())}" if spec.get("installHint") else ""
            # Without the cause itself, whose text has the arguments.
            raise CredentialError(
                f"cannot run the credential command {command[0]!r}: {_describe_failure(cause)}.{hint}"
            ) from None
        if done.returncode != 0:
            error_output = self._redact(done.stderr.decode("utf-8", "replace").strip())
            raise CredentialError(
                f"the credential command {command[0]!r} failed with exit code {done.returncode}: {error_output}"
            )
        try:
            status = json.loads(done.stdout)["status"]
            token = str(status["token"])
            expiry = status.get("expirationTimestamp")
            renew_at = datetime.fromisoformat(expiry) - EXEC_CREDENTIAL_SLACK if expiry else None
        except (ValueError, KeyError, TypeError, AttributeError):
            # Without the cause, whose document is the output.
            raise CredentialError(f"{command[0]!r} printed no ExecCredential with a token") from None
        log.debug("the credential command %s printed a token that expires at %s", command[0], expiry or "no set time")
        return token, renew_at

    def _describe_cluster(self) -> Mapping[str, Any]:
        """The ExecCredential that the command gets: with the cluster only if the kubeconfig says that it needs it."""
        info: dict[str, Any] = {"interactive": False}
        if self._spec.get("provideClusterInfo"):
            info["cluster"] = {key: self._cluster[key] for key in _CLUSTER_INFO if self._cluster.get(key)}
            for each in self._cluster.get("extensions") or ():
                if isinstance(each, Mapping) and each.get("name") == _CONFIG_EXTENSION:
                    info["cluster"]["config"] = each.get("extension")
        return {"apiVersion": self._spec.get("apiVersion"), "kind": "ExecCredential", "spec": info}

    def _redact(self, text: str) -> str:
        """The command's own output without credentials, and without arguments and variables that may be secrets."""
        values = list(list_secret_values(self._spec))
        parts = (part for value in values for part in _PART.split(value) if len(part) >= _SHORTEST_PART)
        whole = (value for value in values if len(value) >= _SHORTEST_SECRET)
        for value in sorted({*whole, *parts}, key=len, reverse=True):
            text = text.replace(value, MASK)
        return redacted(text)


def _describe_failure(cause: Exception) -> str:
    if isinstance(cause, subprocess.TimeoutExpired):
        return f"it did not end within {_COMMAND_SECONDS} seconds"
    return (cause.strerror if isinstance(cause, OSError) else "") or type(cause).__name__


def create_bearer(user: Mapping[str, Any], cluster: Mapping[str, Any] | None = None) -> Bearer | None:
    """The source of bearer tokens for a kubeconfig's user; None where the user has no token of any kind."""
    if user.get("exec"):
        return ExecCredential(user["exec"], cluster)
    if user.get("tokenFile"):
        token_file = Path(user["tokenFile"])
        return lambda: token_file.read_text().strip()
    if user.get("token"):
        token = str(user["token"])
        return lambda: token
    return None


def read_client_certificate(user: Mapping[str, Any]) -> tuple[bytes, bytes] | None:
    """The client certificate and its key in PEM; None where the user has not both.

    Raises:
        KubeconfigError: one of them is not base64.
        OSError: a file that the user names cannot be read.
    """
    certificate, key = read_data_or_file(user, "client-certificate"), read_data_or_file(user, "client-key")
    return (certificate, key) if certificate and key else None
