"""Assumes the role of an integration: the real STS call with its real credential, or a tampered request."""

import logging
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from eks_access.errors import EksAccessError
from eks_access.manifest.models import IntegrationAccess
from eks_access.model.trust import TamperedRequest
from eks_access.redaction import redacted

from .aws_clients import Aws, CredentialsUnavailableError, Keys
from .identities import Identities, Identity, Operator, PodIdentity, Saml, TokenSource, WebIdentity

SESSION_NAME = "eks-access-probe"
WRONG_EXTERNAL_ID = "eks-access-probe-wrong-external-id"
_MAX_SESSION_SECONDS = 3600
_COMMAND_TIMEOUT_SECONDS = 60
_RENEW_BEFORE = timedelta(minutes=2)
"""Sessions that expire sooner than this are renewed first."""

_log = logging.getLogger(__name__)
_Value = TypeVar("_Value")


class AssumeRoleError(EksAccessError):
    """The credential for a request is not available, so none was sent. The message has the reason and what to do."""


@dataclass(frozen=True)
class RoleSession:
    """An assumed role: temporary credentials, the session's ARN and when it expires, if known."""

    keys: Keys
    arn: str
    expires_at: datetime | None = None


class Actor:
    """Assumes the role of one integration. Thread-safe."""

    def __init__(self, aws: Aws, name: str, access: IntegrationAccess, identities: Identities) -> None:
        self.name = name
        self.access = access
        self._aws = aws
        self._identities = identities
        self._session: RoleSession | None = None
        self._lock = threading.Lock()

    @property
    def region(self) -> str:
        return next(iter(self.access.clusters.values())).region

    def session(self) -> RoleSession:
        """The integration's session, which is assumed once and renewed shortly before it expires.

        Raises:
            AssumeRoleError, ClientError, BotoCoreError: as for `assume`.
        """
        with self._lock:
            if self._session is None or _is_expiring(self._session):
                self._session = self.assume()
            return self._session

    def forget_session(self) -> None:
        """Discard a session that is not accepted any more, so that the role is assumed again at the next use."""
        with self._lock:
            self._session = None

    def load_credential(self, tampered: TamperedRequest | None = None) -> str | None:
        """The token or assertion that the request is made with; None if it is made with an AWS credential alone.

        Raises:
            AssumeRoleError: it is not available.
        """
        kind = self.access.trust.kind
        if kind in ("web-identity", "irsa"):
            return _load_token(self._find_token_source(tampered))
        if kind == "saml":
            return self._load_assertion(tampered)
        if kind == "pod-identity" and tampered != "stranger":
            return _load_token(self._find_pod_token_source(tampered))
        return None

    def assume(self, tampered: TamperedRequest | None = None, *, credential: str | None = None) -> RoleSession:
        """Assume the integration's role as the vendor does, or with a tampered request.

        Args:
            tampered: how the request is tampered with.
            credential: the token or assertion, if it was loaded already.

        Raises:
            AssumeRoleError: the credential for it is not available.
            ClientError, BotoCoreError: STS refused, or did not respond.
        """
        role, kind = self.access.role.arn, self.access.trust.kind
        try:
            session = self._assume(tampered, credential)
        except (AssumeRoleError, ClientError, BotoCoreError) as error:
            _log.debug("assume %s by %s, %s: %s", role, kind, tampered or "genuine", redacted(str(error)))
            raise
        _log.debug(
            "assume %s by %s, %s: %s, expires at %s",
            role,
            kind,
            tampered or "genuine",
            session.arn,
            session.expires_at or "an unknown time",
        )
        return session

    def _assume(self, tampered: TamperedRequest | None, credential: str | None) -> RoleSession:
        match self.access.trust.kind:
            case "web-identity" | "irsa":
                response = self._assume_with_web_identity(credential or _load_token(self._find_token_source(tampered)))
            case "saml":
                response = self._assume_with_saml(credential or self._load_assertion(tampered))
            case "identity-center":
                response = self._assume_with_identity_center(tampered)
            case "service" if tampered is None:
                raise AssumeRoleError(f"{self.name}: only an AWS service can assume its role")
            case "pod-identity" if tampered != "stranger":
                return self._assume_with_pod_identity(tampered, credential)
            case _:
                response = self._assume_with_profile(tampered)
        keys = response["Credentials"]
        return RoleSession(
            Keys(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]),
            response["AssumedRoleUser"]["Arn"],
            keys.get("Expiration"),
        )

    def operator_keys(self) -> Keys:
        """The credentials of the operator of the clusters.

        Raises:
            AssumeRoleError: they are not available.
        """
        return self._credentials(self._operator().profile)

    def operator_kubeconfig(self, cluster: str) -> Path:
        """The operator's kubeconfig for a cluster, by the user's key for it.

        Raises:
            AssumeRoleError: the identities file has none.
        """
        try:
            return self._operator().kubeconfigs[cluster]
        except KeyError:
            raise AssumeRoleError(f"the operator of {self.name} has no kubeconfig for cluster {cluster!r}") from None

    def _operator(self) -> Operator:
        identity = self._identities.find(self.name, self.access.vendor)
        if identity is None:
            raise self._missing_identity_error()
        if identity.operator is None:
            raise AssumeRoleError(
                f"{self.name}: no user can assume its role, and its identity has no 'operator'; add one"
            )
        return identity.operator

    def _request(self) -> dict[str, Any]:
        role = self.access.role
        seconds = min(role.max_session_seconds, _MAX_SESSION_SECONDS)
        return {"RoleArn": role.arn, "RoleSessionName": SESSION_NAME, "DurationSeconds": seconds}

    def _assume_with_profile(self, tampered: TamperedRequest | None) -> Any:
        external_id = self.access.trust.external_id
        if tampered == "external-id-wrong":
            external_id = WRONG_EXTERNAL_ID
        elif tampered == "external-id-missing":
            external_id = None
        extra = {"ExternalId": external_id} if external_id is not None else {}
        return self._assume_role(self._profile(tampered), **self._request(), **extra)

    def _assume_role(self, profile: str, **request: Any) -> Any:
        return self._aws.client("sts", self.region, self._credentials(profile)).assume_role(**request)

    def _credentials(self, profile: str) -> Keys:
        try:
            return self._aws.profile_credentials(profile)
        except CredentialsUnavailableError as cause:
            raise AssumeRoleError(str(cause)) from cause

    def _profile(self, tampered: TamperedRequest | None) -> str:
        if tampered == "stranger":
            return self._stranger()
        identity = self._identity()
        if identity.profile is None:
            raise AssumeRoleError(f"{self.name}: its trust is cross-account, but its identity has no 'profile'")
        return identity.profile

    def _stranger(self) -> str:
        if self._identities.stranger is None:
            raise AssumeRoleError("the identities file has no 'stranger' for this request")
        return self._identities.stranger.profile

    def _assume_with_identity_center(self, tampered: TamperedRequest | None) -> Any:
        """As a user of Identity Center; tampered under another user's name, or as another principal."""
        sso = self._identity().sso
        if sso is None:
            raise AssumeRoleError(f"{self.name}: its trust is IAM Identity Center, but its identity has no 'sso'")
        profile, name = sso.profile, sso.session_name
        if tampered == "another-session-name":
            name = self._require(sso.another, "sso.another")
        elif tampered == "non-sso-principal":
            profile = self._require(sso.not_sso, "sso.not_sso")
        elif tampered == "stranger":
            profile = self._stranger()
        return self._assume_role(profile, **self._request() | {"RoleSessionName": name})

    def _find_token_source(self, tampered: TamperedRequest | None) -> TokenSource:
        identity = self._identity()
        if identity.web_identity is None:
            raise AssumeRoleError(f"{self.name}: its trust is web identity, but its identity has no 'web_identity'")
        field = _TOKEN_FIELDS[tampered]
        source: TokenSource | None = getattr(identity.web_identity, field)
        return self._require(source, f"web_identity.{field}")

    def _assume_with_web_identity(self, token: str) -> Any:
        client = self._aws.client("sts", self.region, None)
        return client.assume_role_with_web_identity(**self._request(), WebIdentityToken=token)

    def _load_assertion(self, tampered: TamperedRequest | None) -> str:
        identity = self._identity()
        if identity.saml is None:
            raise AssumeRoleError(f"{self.name}: its trust is SAML, but its identity has no 'saml'")
        field = _ASSERTION_FIELDS[tampered]
        source = self._require(getattr(identity.saml, field), f"saml.{field}")
        provider = self.access.trust.provider or ""
        return _load_token(source, {"{role_arn}": self.access.role.arn, "{saml_provider_arn}": provider})

    def _assume_with_saml(self, assertion: str) -> Any:
        """With an assertion, which includes the session's name."""
        request = self._request()
        del request["RoleSessionName"]
        client = self._aws.client("sts", self.region, None)
        return client.assume_role_with_saml(
            **request, PrincipalArn=self.access.trust.provider or "", SAMLAssertion=assertion
        )

    def _find_pod_token_source(self, tampered: TamperedRequest | None) -> TokenSource:
        pod = self._find_pod()
        return pod.token if tampered is None else self._require(pod.wrong_subject, "pod_identity.wrong_subject")

    def _find_pod(self) -> PodIdentity:
        pod = self._identity().pod_identity
        if pod is None:
            raise AssumeRoleError(f"{self.name}: its trust is EKS Pod Identity, but its identity has no 'pod_identity'")
        return pod

    def _assume_with_pod_identity(self, tampered: TamperedRequest | None, credential: str | None) -> RoleSession:
        """By EKS Auth, as the agent on a pod's node calls it: with the pod's token and the node's credentials."""
        pod = self._find_pod()
        cluster = self.access.clusters.get(pod.cluster)
        if cluster is None:
            raise AssumeRoleError(
                f"{self.name}: pod_identity.cluster is {pod.cluster!r}, which is not a cluster of the integration"
            )
        token = credential or _load_token(self._find_pod_token_source(tampered))
        client = self._aws.client("eks-auth", cluster.region, self._credentials(pod.profile))
        response = client.assume_role_for_pod_identity(clusterName=cluster.name, token=token)
        keys = response["credentials"]
        return RoleSession(
            Keys(keys["accessKeyId"], keys["secretAccessKey"], keys["sessionToken"]), response["assumedRoleUser"]["arn"]
        )

    def _identity(self) -> Identity:
        identity = self._identities.find(self.name, self.access.vendor)
        if identity is None:
            raise self._missing_identity_error()
        return identity

    def _require(self, value: _Value | None, field: str) -> _Value:
        if value is None:
            raise AssumeRoleError(f"{self.name}: its identity has no '{field}', which this request needs")
        return value

    def _missing_identity_error(self) -> AssumeRoleError:
        keys = " nor ".join(repr(key) for key in dict.fromkeys((self.name, self.access.vendor)))
        return AssumeRoleError(
            f"the identities file has neither {keys}" if " nor " in keys else f"the identities file has no {keys}"
        )


_TOKEN_FIELDS: dict[TamperedRequest | None, str] = {
    None: "token",
    "audience-wrong": "wrong_audience",
    "subject-wrong": "wrong_subject",
    "forged": "forged",
}
_ASSERTION_FIELDS: dict[TamperedRequest | None, str] = {
    None: "assertion",
    "audience-wrong": "wrong_audience",
    "forged": "forged",
}
assert set(_TOKEN_FIELDS.values()) == set(WebIdentity.model_fields)
assert set(_ASSERTION_FIELDS.values()) == set(Saml.model_fields)


def _is_expiring(session: RoleSession) -> bool:
    return session.expires_at is not None and session.expires_at - _RENEW_BEFORE < datetime.now(UTC)


def _load_token(source: TokenSource, placeholders: Mapping[str, str] | None = None) -> str:
    """The token or assertion of the source, with the placeholders in its command filled in."""
    if source.file is not None:
        try:
            token = source.file.read_text().strip()
        except (OSError, UnicodeDecodeError) as cause:
            raise AssumeRoleError(f"cannot read the token file {source.file}: {cause.__class__.__name__}") from cause
        return _validate_token(token, str(source.file))
    command = [_fill_placeholders(part, placeholders or {}) for part in source.command or []]
    try:
        done = subprocess.run(
            command, capture_output=True, stdin=subprocess.DEVNULL, timeout=_COMMAND_TIMEOUT_SECONDS, check=False
        )
    except OSError as cause:
        raise AssumeRoleError(f"cannot run the token command {command[0]!r}: {cause.strerror}") from cause
    except subprocess.TimeoutExpired as cause:
        raise AssumeRoleError(
            f"the token command {command[0]!r} took longer than {_COMMAND_TIMEOUT_SECONDS} seconds"
        ) from cause
    if done.returncode != 0:
        reason = redacted(done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2])
        raise AssumeRoleError(f"the token command {command[0]!r} failed with exit code {done.returncode}: {reason}")
    return _validate_token(done.stdout.decode("utf-8", "replace").strip(), f"the command {command[0]!r}")


def _fill_placeholders(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(name, value)
    return text


def _validate_token(token: str, origin: str) -> str:
    if not token or any(character.isspace() for character in token):
        raise AssumeRoleError(f"{origin} returned no token, or more than a token")
    return token
