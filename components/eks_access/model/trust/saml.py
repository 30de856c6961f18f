"""A user with an assertion of one of the account's SAML identity providers assumes the role."""

from dataclasses import dataclass
from typing import Any, ClassVar

from ...errors import InvalidInputError
from ..arn import parse, partition_of
from ..placeholders import is_known
from .tampered_request import TamperedRequest

SIGN_IN = {
    "aws": "https://signin.aws.amazon.com/saml",
    "aws-us-gov": "https://signin.amazonaws-us-gov.com/saml",
    "aws-cn": "https://signin.amazonaws.cn/saml",
}
"""Each partition's sign-in endpoint, to which assertions are addressed.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html
"""


@dataclass(frozen=True)
class Saml:
    """An assertion of a SAML provider is exchanged for the role; the session's name is in the assertion.

    The session's name needs no condition, since the user cannot choose it: the attribute mapping of the identity
    provider does.
    `SAML:aud` is the assertion's Recipient, not its Audience.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-saml
    """

    kind: ClassVar[str] = "saml"
    provider: str
    """The ARN of the SAML provider in IAM."""
    audience: str

    def statements(self) -> list[dict[str, Any]]:
        return [
            {
                "Effect": "Allow",
                "Principal": {"Federated": self.provider},
                "Action": "sts:AssumeRoleWithSAML",
                "Condition": {"StringEquals": {"SAML:aud": self.audience}},
            }
        ]

    def refuses(self) -> tuple[TamperedRequest, ...]:
        return ("audience-wrong", "forged")


def saml_audience(region: str) -> str:
    """The value of `SAML:aud` in the partition of this region."""
    return SIGN_IN[partition_of(region)]


def validate_saml_provider(path: str, provider: str, *, account: str) -> str:
    """Validates the ARN of a SAML provider in this account; STS accepts assertions of no other account's.

    Raises:
        InvalidInputError: it is not such an ARN, or one in another account.
    """
    if not is_known(provider):
        return provider
    arn = parse(provider)
    if arn is None or arn.service != "iam" or arn.kind != "saml-provider" or arn.resource.count("/") != 1:
        raise InvalidInputError(
            path,
            provider,
            "is not a SAML provider's ARN; it must look like arn:<partition>:iam::<account>:saml-provider/<name>",
        )
    if is_known(account) and arn.account != account:
        raise InvalidInputError(
            path,
            provider,
            f"is in account {arn.account}, and a role accepts assertions only of providers in its own, {account}",
            "Create the provider there too (IAM > Identity providers), from the same metadata.",
        )
    return provider
