"""A token of an OpenID Connect provider: one that is built into IAM, such as Google's, or one of the account's."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from ...errors import InvalidInputError
from ..arn import parse
from ..placeholders import is_known
from .google import GOOGLE, validate_google_audience, validate_google_subject
from .subject_patterns import has_wildcard, validate_literal, validate_subject
from .tampered_request import TamperedRequest

Claim = Literal["aud", "sub", "oaud"]

_STANDARD: Mapping[Claim, str] = {"aud": "aud", "sub": "sub"}
BUILT_IN: Mapping[str, Mapping[Claim, str]] = {
    GOOGLE: {**_STANDARD, "oaud": "oaud"},
    "cognito-identity.amazonaws.com": _STANDARD,
    "cognito-identity-us-gov.amazonaws.com": _STANDARD,
    "cognito-identity.cn-north-1.amazonaws.com.cn": _STANDARD,
    "graph.facebook.com": {"aud": "app_id", "sub": "id"},
    "www.amazon.com": {"aud": "app_id", "sub": "user_id"},
}
"""Principals by their own name, never by an ARN, and never to be created in an account: and IAM's keys for each.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-federated-web-identity
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
"""
_ARN_PREFIX = "oidc-provider/"


@dataclass(frozen=True)
class WebIdentity:
    """A token of an OpenID Connect provider is exchanged for the role.

    `provider` is the principal: a built-in one such as accounts.google.com, which is not an ARN, or the ARN of an IAM
    OIDC provider in the account, whose condition keys begin with its URL.
    For Google, `:aud` is the token's `azp` if it has one; the requested audience is then in `:oaud`.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
    """

    kind: ClassVar[str] = "web-identity"
    provider: str
    audience: str
    subject: str | None = None
    """One subject; or, of an account's provider, a pattern that a form in `subject_patterns` closes."""
    authorized_audience: str | None = None

    def __post_init__(self) -> None:
        keys = self._keys
        if keys is None:
            validate_literal("audience", self.audience)
            if self.subject is not None:
                validate_subject("subject", self.subject)
        else:
            self._validate_built_in()
        if self.authorized_audience is None:
            return
        validate_literal("authorized_audience", self.authorized_audience)
        if is_known(self.provider) and "oaud" not in (keys or _STANDARD):
            raise InvalidInputError(
                "authorized_audience",
                self.authorized_audience,
                f"has no condition key for {self.issuer}: only tokens of {GOOGLE} have it, so no token would match",
                "Leave it out; the audience of other providers' tokens is `audience`.",
            )

    def _validate_built_in(self) -> None:
        validate_literal("audience", self.audience)
        if self.subject is not None:
            validate_literal("subject", self.subject)
        if self.provider == GOOGLE:
            validate_google_audience("audience", self.audience, requested="authorized_audience")
            if self.subject is not None:
                validate_google_subject("subject", self.subject, audience=self.audience)

    @property
    def _keys(self) -> Mapping[Claim, str] | None:
        """The provider's own names of condition keys; None for a provider of the account."""
        return BUILT_IN.get(self.provider)

    @property
    def issuer(self) -> str:
        """The prefix of the condition keys."""
        return self.provider.partition(_ARN_PREFIX)[2] or self.provider

    def statements(self) -> list[dict[str, Any]]:
        claims: Mapping[Claim, str | None] = {
            "aud": self.audience,
            "sub": self.subject,
            "oaud": self.authorized_audience,
        }
        conditions: dict[str, dict[str, str]] = {}
        for claim, value in claims.items():
            if value:
                key = f"{self.issuer}:{(self._keys or {}).get(claim, claim)}"
                conditions.setdefault("StringLike" if has_wildcard(value) else "StringEquals", {})[key] = value
        return [
            {
                "Effect": "Allow",
                "Principal": {"Federated": self.provider},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": conditions,
            }
        ]

    def refuses(self) -> tuple[TamperedRequest, ...]:
        by_subject: tuple[TamperedRequest, ...] = ("subject-wrong",) if self.subject else ()
        return ("audience-wrong", *by_subject, "forged")


def validate_oidc_provider(path: str, provider: str, *, account: str) -> str:
    """Validates a provider: one built into IAM, or the ARN of one in this account; STS accepts no other.

    Raises:
        InvalidInputError: it is neither, or one in another account.
    """
    if not is_known(provider) or provider in BUILT_IN:
        return provider
    arn = parse(provider)
    if arn is None or arn.service != "iam" or not arn.resource.startswith(_ARN_PREFIX):
        raise InvalidInputError(
            path,
            provider,
            f"is neither built into IAM ({', '.join(BUILT_IN)}) nor the ARN of a provider",
            "It must look like arn:<partition>:iam::<account>:oidc-provider/<issuer without https://>.",
        )
    if is_known(account) and arn.account != account:
        raise InvalidInputError(
            path,
            provider,
            f"is in account {arn.account}, and a role accepts tokens only of providers in its own, {account}",
        )
    issuer = arn.resource.removeprefix(_ARN_PREFIX)
    if issuer in BUILT_IN:
        raise InvalidInputError(
            path,
            provider,
            "is built into IAM; a provider of that name in the account breaks the built-in one",
            f"Name it as {issuer}, and delete the account's.",
        )
    if not issuer or has_wildcard(issuer) or "://" in issuer:
        raise InvalidInputError(
            path, provider, "does not end in one provider's URL without https://; wildcards are taken literally"
        )
    return provider
