"""Trust policies: who may become the integration's role, and what must be true of the request.

Each kind of trust is a small class that knows its statement and which changed requests it must refuse, so that the
probe can show that every one of its conditions holds.
"""

import re
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from .arn import checked_principal
from .errors import Refused
from .placeholders import is_known

Change = Literal["external-id-missing", "external-id-wrong", "audience-wrong", "subject-wrong", "forged", "stranger"]
"""How a request to assume the role can differ from the vendor's own; every one must be refused."""

_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)


@dataclass(frozen=True)
class CrossAccount:
    """A principal of another account assumes the role, with an ExternalId where the vendor gives one."""

    kind: ClassVar[str] = "cross-account"
    principals: tuple[str, ...]
    external_id: str | None = None
    organization_id: str | None = None

    def statements(self) -> list[dict[str, Any]]:
        conditions = {
            key: value
            for key, value in (
                ("sts:ExternalId", self.external_id),
                ("aws:PrincipalOrgID", self.organization_id),
            )
            if value is not None
        }
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": list(self.principals)},
            "Action": "sts:AssumeRole",
        }
        return [statement | ({"Condition": {"StringEquals": conditions}} if conditions else {})]

    def refuses(self) -> tuple[Change, ...]:
        by_external_id: tuple[Change, ...] = ("external-id-missing", "external-id-wrong") if self.external_id else ()
        return (*by_external_id, "stranger")


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


@dataclass(frozen=True)
class ServicePrincipal:
    """An AWS service assumes the role on its own. Nobody else can, so that it cannot be tried."""

    kind: ClassVar[str] = "service"
    service: str

    def statements(self) -> list[dict[str, Any]]:
        return [{"Effect": "Allow", "Principal": {"Service": self.service}, "Action": "sts:AssumeRole"}]

    def refuses(self) -> tuple[Change, ...]:
        return ("stranger",)


Trust = CrossAccount | WebIdentity | ServicePrincipal


def checked_external_id(property: str, value: str) -> str:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (ExternalId)"""
    if is_known(value) and not _EXTERNAL_ID.fullmatch(value):
        raise Refused(property, value, "is not an ExternalId: 2 to 1224 letters, digits and _+=,.@:/- are allowed")
    return value


def checked_principals(property: str, values: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """ARNs of single roles or users. A whole account (`:root`) or a wildcard trusts more than the vendor.

    Raises:
        Refused: there is none, or one is not the ARN of a role or user.
    """
    if not values:
        raise Refused(property, values, "names nobody who may assume the role; give at least one role ARN")
    return tuple(checked_principal(f"{property}[{index}]", value) for index, value in enumerate(values))
