"""Becoming an integration: the real STS call with its real credential, or with one thing about it changed."""

import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from eks_access.errors import EksAccessError
from eks_access.manifest.models import IntegrationAccess
from eks_access.model.trust import TamperedRequest
from eks_access.redaction import redacted

from .aws_clients import Aws, CredentialsUnavailableError, Keys
from .identities import Identities, Identity, Operator, Saml, TokenSource, WebIdentity

SESSION_NAME = "eks-access-probe"
WRONG_EXTERNAL_ID = "eks-access-probe-wrong-external-id"
_LONGEST_SESSION = 3600
_COMMAND_SECONDS = 60
_ASSUME_BEFORE = timedelta(minutes=2)
"""A session that ends within this time is not begun anything with."""
_Value = TypeVar("_Value")


class AssumeRoleError(EksAccessError):
    """The credential that is needed could not be had; nothing was asked. The message says why and what to do."""


@dataclass(frozen=True)
class RoleSession:
    keys: Keys
    arn: str
    ends_at: datetime | None = None


class Actor:
    """Becomes one integration. Safe to use from several threads."""

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
        """The integration's session, assumed once, and anew shortly before it ends.

        Raises:
            AssumeRoleError, ClientError, BotoCoreError: as for `assume`.
        """
        with self._lock:
            if self._session is None or _is_ending(self._session):
                self._session = self.assume()
            return self._session

    def forget_session(self) -> None:
        """Assume the role anew at the next use: what was assumed is not accepted any more."""
        with self._lock:
            self._session = None

    def assume(self, change: TamperedRequest | None = None) -> RoleSession:
        """Assume the integration's role as the vendor does, or with `change`.

        Raises:
            AssumeRoleError: the credential for it could not be had.
            ClientError, BotoCoreError: the answer of STS, or that there was none.
        """
        match self.access.trust.kind:
            case "web-identity" | "irsa":
                answer = self._by_token(change)
            case "saml":
                answer = self._by_assertion(change)
            case "identity-center":
                answer = self._by_sign_in(change)
            case "service" if change is None:
                raise AssumeRoleError(f"{self.name} is assumed by an AWS service, which cannot be acted as")
            case "pod-identity" if change != "stranger":
                return self._by_pod(change)
            case _:
                answer = self._by_profile(change)
        keys = answer["Credentials"]
        return RoleSession(
            Keys(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]),
            answer["AssumedRoleUser"]["Arn"],
            keys.get("Expiration"),
        )

    def operator_keys(self) -> Keys:
        """The credentials of who runs the clusters.

        Raises:
            AssumeRoleError: they could not be had.
        """
        return self._credentials(self._operator().profile)

    def operator_kubeconfig(self, cluster: str) -> Path:
        """The operator's way into a cluster, by the user's key for it.

        Raises:
            AssumeRoleError: the identities name none.
        """
        try:
            return self._operator().kubeconfigs[cluster]
        except KeyError:
            raise AssumeRoleError(f"the operator of {self.name} has no kubeconfig for cluster {cluster!r}") from None

    def _operator(self) -> Operator:
        identity = self._identities.of(self.name, self.access.vendor)
        if identity is None:
            raise self._unnamed()
        if identity.operator is None:
            raise AssumeRoleError(f"nobody can become {self.name}, and its identity names no 'operator' to ask")
        return identity.operator

    def _request(self) -> dict[str, Any]:
        role = self.access.role
        seconds = min(role.max_session_seconds, _LONGEST_SESSION)
        return {"RoleArn": role.arn, "RoleSessionName": SESSION_NAME, "DurationSeconds": seconds}

    def _by_profile(self, change: TamperedRequest | None) -> Any:
        external_id = self.access.trust.external_id
        if change == "external-id-wrong":
            external_id = WRONG_EXTERNAL_ID
        elif change == "external-id-missing":
            external_id = None
        extra = {"ExternalId": external_id} if external_id is not None else {}
        return self._assume_role(self._profile(change), **self._request(), **extra)

    def _assume_role(self, profile: str, **request: Any) -> Any:
        return self._aws.client("sts", self.region, self._credentials(profile)).assume_role(**request)

    def _credentials(self, profile: str) -> Keys:
        try:
            return self._aws.profile_credentials(profile)
        except CredentialsUnavailableError as cause:
            raise AssumeRoleError(str(cause)) from cause

    def _profile(self, change: TamperedRequest | None) -> str:
        if change == "stranger":
            return self._stranger()
        identity = self._identity()
        if identity.profile is None:
            raise AssumeRoleError(f"{self.name} is trusted across accounts, and its identity names no 'profile'")
        return identity.profile

    def _stranger(self) -> str:
        if self._identities.stranger is None:
            raise AssumeRoleError("the identities name no 'stranger' to try with")
        return self._identities.stranger.profile

    def _by_sign_in(self, change: TamperedRequest | None) -> Any:
        """As a user of Identity Center, in the user's own name or, for a change, in another's or as somebody else."""
        sso = self._identity().sso
        if sso is None:
            raise AssumeRoleError(f"{self.name} is trusted by IAM Identity Center, and its identity has no 'sso'")
        profile, name = sso.profile, sso.session_name
        if change == "another-session-name":
            name = self._needed(sso.another, "sso.another")
        elif change == "non-sso-principal":
            profile = self._needed(sso.not_sso, "sso.not_sso")
        elif change == "stranger":
            profile = self._stranger()
        return self._assume_role(profile, **self._request() | {"RoleSessionName": name})

    def _by_token(self, change: TamperedRequest | None) -> Any:
        identity = self._identity()
        if identity.web_identity is None:
            raise AssumeRoleError(f"{self.name} is trusted by web identity, and its identity has no 'web_identity'")
        field = _TOKENS[change]
        source = self._needed(getattr(identity.web_identity, field), f"web_identity.{field}")
        client = self._aws.client("sts", self.region, None)
        return client.assume_role_with_web_identity(**self._request(), WebIdentityToken=_token(source))

    def _by_assertion(self, change: TamperedRequest | None) -> Any:
        """With an assertion, which also has the session's name."""
        identity = self._identity()
        if identity.saml is None:
            raise AssumeRoleError(f"{self.name} is trusted by SAML, and its identity has no 'saml'")
        field = _ASSERTIONS[change]
        source = self._needed(getattr(identity.saml, field), f"saml.{field}")
        request = self._request()
        del request["RoleSessionName"]
        provider = self.access.trust.provider or ""
        values = {"{role_arn}": self.access.role.arn, "{saml_provider_arn}": provider}
        client = self._aws.client("sts", self.region, None)
        return client.assume_role_with_saml(**request, PrincipalArn=provider, SAMLAssertion=_token(source, values))

    def _by_pod(self, change: TamperedRequest | None) -> RoleSession:
        """By EKS Auth, which the agent on a pod's node asks for the pod: with its token, as the node."""
        pod = self._identity().pod_identity
        if pod is None:
            raise AssumeRoleError(
                f"{self.name} has its role by EKS Pod Identity, and its identity has no 'pod_identity'"
            )
        cluster = self.access.clusters.get(pod.cluster)
        if cluster is None:
            raise AssumeRoleError(f"the identity of {self.name} names cluster {pod.cluster!r}, which it is not in")
        source = pod.token if change is None else self._needed(pod.wrong_subject, "pod_identity.wrong_subject")
        client = self._aws.client("eks-auth", cluster.region, self._credentials(pod.profile))
        answer = client.assume_role_for_pod_identity(clusterName=cluster.name, token=_token(source))
        keys = answer["credentials"]
        return RoleSession(
            Keys(keys["accessKeyId"], keys["secretAccessKey"], keys["sessionToken"]), answer["assumedRoleUser"]["arn"]
        )

    def _identity(self) -> Identity:
        identity = self._identities.of(self.name, self.access.vendor)
        if identity is None:
            raise self._unnamed()
        return identity

    def _needed(self, value: _Value | None, field: str) -> _Value:
        if value is None:
            raise AssumeRoleError(f"the identity of {self.name} has no '{field}' to try with")
        return value

    def _unnamed(self) -> AssumeRoleError:
        keys = " nor ".join(repr(key) for key in dict.fromkeys((self.name, self.access.vendor)))
        return AssumeRoleError(
            f"the identities name neither {keys}" if " nor " in keys else f"the identities lack {keys}"
        )


_TOKENS: dict[TamperedRequest | None, str] = {
    None: "token",
    "audience-wrong": "wrong_audience",
    "subject-wrong": "wrong_subject",
    "forged": "forged",
}
_ASSERTIONS: dict[TamperedRequest | None, str] = {
    None: "assertion",
    "audience-wrong": "wrong_audience",
    "forged": "forged",
}
assert set(_TOKENS.values()) == set(WebIdentity.model_fields)
assert set(_ASSERTIONS.values()) == set(Saml.model_fields)


def _is_ending(session: RoleSession) -> bool:
    return session.ends_at is not None and session.ends_at - _ASSUME_BEFORE < datetime.now(UTC)


def _token(source: TokenSource, mentioned: Mapping[str, str] | None = None) -> str:
    """The token or assertion of this source; what its command mentions is put in."""
    if source.file is not None:
        try:
            token = source.file.read_text().strip()
        except (OSError, UnicodeDecodeError) as cause:
            raise AssumeRoleError(f"cannot read the token file {source.file}: {cause.__class__.__name__}") from cause
        return _validate_token(token, str(source.file))
    command = [_filled(part, mentioned or {}) for part in source.command or []]
    try:
        done = subprocess.run(
            command, capture_output=True, stdin=subprocess.DEVNULL, timeout=_COMMAND_SECONDS, check=False
        )
    except OSError as cause:
        raise AssumeRoleError(f"cannot run the token command {command[0]!r}: {cause.strerror}") from cause
    except subprocess.TimeoutExpired as cause:
        raise AssumeRoleError(f"the token command {command[0]!r} took over {_COMMAND_SECONDS} seconds") from cause
    if done.returncode != 0:
        words = redacted(done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2])
        raise AssumeRoleError(f"the token command {command[0]!r} failed with exit code {done.returncode}: {words}")
    return _validate_token(done.stdout.decode("utf-8", "replace").strip(), f"the command {command[0]!r}")


def _filled(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(name, value)
    return text


def _validate_token(token: str, origin: str) -> str:
    if not token or any(character.isspace() for character in token):
        raise AssumeRoleError(f"{origin} gave no token, or more than a token")
    return token
