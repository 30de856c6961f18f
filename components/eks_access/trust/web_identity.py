"""A token of an OpenID Connect provider that is built into IAM, such as Google's."""

from dataclasses import dataclass
from typing import Any, ClassVar

from .changes import Change


@dataclass(frozen=True)
class WebIdentity:
    """A token of an OpenID Connect provider is exchanged for the role.

    `provider` is what the principal names: a built-in one such as accounts.google.com, which is not an ARN.
    For Google, `:aud` is the token's `azp` if it has one; the requested audience is then in `:oaud`.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
    """

    kind: ClassVar[str] = "web-identity"
    provider: str
    audience: str
    subject: str | None = None
    authorized_audience: str | None = None

    def statements(self) -> list[dict[str, Any]]:
        pinned = {"aud": self.audience, "sub": self.subject, "oaud": self.authorized_audience}
        return [
            {
                "Effect": "Allow",
                "Principal": {"Federated": self.provider},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {f"{self.provider}:{key}": value for key, value in pinned.items() if value}
                },
            }
        ]

    def refuses(self) -> tuple[Change, ...]:
        by_subject: tuple[Change, ...] = ("subject-wrong",) if self.subject else ()
        return ("audience-wrong", *by_subject, "forged")
