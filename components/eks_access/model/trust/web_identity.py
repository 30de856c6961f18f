"""A token of an OpenID Connect provider: one that is built into IAM, such as Google's, or one of the account's."""

from dataclasses import dataclass
from typing import Any, ClassVar

from ...errors import InvalidInputError
from ..arn import parse
from ..placeholders import is_known
from .tampered_request import TamperedRequest

BUILT_IN = ("accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com")
"""Principals by their own name, never by an ARN, and never to be created in an account.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-federated-web-identity
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
    authorized_audience: str | None = None

    @property
    def issuer(self) -> str:
        """The prefix of the condition keys."""
        return self.provider.partition(_ARN_PREFIX)[2] or self.provider

    def statements(self) -> list[dict[str, Any]]:
        pinned = {"aud": self.audience, "sub": self.subject, "oaud": self.authorized_audience}
        return [
            {
                "Effect": "Allow",
                "Principal": {"Federated": self.provider},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {f"{self.issuer}:{key}": value for key, value in pinned.items() if value}
                },
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
    if arn.resource.removeprefix(_ARN_PREFIX) in BUILT_IN:
        raise InvalidInputError(
            path,
            provider,
            "is built into IAM; a provider of that name in the account breaks the built-in one",
            f"Name it as {arn.resource.removeprefix(_ARN_PREFIX)}, and delete the account's.",
        )
    return provider
