"""A principal of another account: the vendor's own role."""

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from ...errors import InvalidInputError
from ..arn import validate_principal
from ..placeholders import is_known
from .tampered_request import TamperedRequest

_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)


@dataclass(frozen=True)
class CrossAccount:
    """A principal of another account assumes the role, with an ExternalId if the vendor has one."""

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

    def refuses(self) -> tuple[TamperedRequest, ...]:
        by_external_id: tuple[TamperedRequest, ...] = (
            ("external-id-missing", "external-id-wrong") if self.external_id else ()
        )
        return (*by_external_id, "stranger")


def validate_external_id(path: str, value: str) -> str:
    """Validates an External ID: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"""
    if is_known(value) and not _EXTERNAL_ID.fullmatch(value):
        raise InvalidInputError(
            path, value, "is not an ExternalId: 2 to 1224 letters, digits and _+=,.@:/- are allowed"
        )
    return value


def validate_principals(path: str, values: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """Validates ARNs of single roles or users: a whole account (`:root`) or a wildcard trusts more than the vendor.

    Raises:
        InvalidInputError: there are none, or one is not the ARN of a role or user.
    """
    if not values:
        raise InvalidInputError(
            path, values, "names no principal that may assume the role", "Give the ARN of at least one role."
        )
    return tuple(validate_principal(f"{path}[{index}]", value) for index, value in enumerate(values))
