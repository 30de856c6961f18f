"""Credentials of a kubeconfig's user: bearer tokens, exec credential plugins and client certificates."""

import json
import logging
import os
import subprocess
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ..errors import EksAccessError
from .kubeconfig import read_data_or_file

EXEC_CREDENTIAL_SLACK = timedelta(seconds=30)
"""A credential that expires sooner than this is renewed rather than used."""
_COMMAND_SECONDS = 60

log = logging.getLogger(__name__)

Bearer = Callable[[], str]
"""Returns the bearer token for the next request. Called for each request, so that it can renew an expired token."""


class CredentialError(EksAccessError):
    """The kubeconfig's credential command failed; nothing was sent to the API server."""


class ExecCredential:
    """A bearer token from an exec credential plugin, cached until shortly before it expires.

    https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
    """

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self._spec = spec
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
        command = [spec["command"], *(spec.get("args") or [])]
        environment = os.environ | {e["name"]: e["value"] for e in spec.get("env") or []}
        # Neither arguments nor environment are logged: either may contain a secret.
        log.debug("running the credential command %s", command[0])
        try:
            done = subprocess.run(command, env=environment, capture_output=True, timeout=_COMMAND_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as cause:
            hint = f" {spec['installHint'].strip()}" if spec.get("installHint") else ""
            raise CredentialError(f"cannot run the credential command {command[0]!r}: {cause}.{hint}") from cause
        if done.returncode != 0:
            error_output = done.stderr.decode("utf-8", "replace").strip()
            raise CredentialError(f"{' '.join(command)} failed with exit code {done.returncode}: {error_output}")
        try:
            status = json.loads(done.stdout)["status"]
            token = str(status["token"])
        except (ValueError, KeyError, TypeError) as cause:
            raise CredentialError(f"{command[0]} printed no ExecCredential with a token") from cause
        expiry = status.get("expirationTimestamp")
        log.debug("the credential command %s printed a token that expires at %s", command[0], expiry or "no set time")
        return token, datetime.fromisoformat(expiry) - EXEC_CREDENTIAL_SLACK if expiry else None


def create_bearer(user: Mapping[str, Any]) -> Bearer | None:
    """The source of bearer tokens for a kubeconfig's user; None where the user has no token of any kind."""
    if user.get("exec"):
        return ExecCredential(user["exec"])
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
