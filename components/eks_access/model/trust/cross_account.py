"""A principal of another account: the vendor's own role, or the vendor's account."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from ...errors import InvalidInputError
from ..arn import ACCOUNT_ID, parse, validate_principal
from ..partitions import PARTITIONS
from ..placeholders import is_known
from .tampered_request import TamperedRequest

_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
_ORGANIZATION_ID = re.compile(r"o-[a-z0-9]{10,32}")
"""https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html (Id)"""


@dataclass(frozen=True)
class CrossAccount:
    """A principal of another account assumes the role, with an ExternalId if the vendor has one.

    A whole account is a principal only together with an ExternalId: then the vendor decides which of its principals
    assume the role, and the ExternalId decides for which of its customers.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html
    """

    kind: ClassVar[str] = "cross-account"
    principals: tuple[str, ...]
    external_id: str | None = None
    organization_id: str | None = None

    def __post_init__(self) -> None:
        if self.organization_id is not None:
            validate_organization_id("organization_id", self.organization_id)
        for index, principal in enumerate(self.principals):
            if self.external_id is None and account_of(principal) is not None:
                raise InvalidInputError(
                    f"principals[{index}]",
                    principal,
                    "is a whole account, which is trusted only together with an ExternalId: without one, any customer"
                    " of the vendor could have it assume this role",
                    "Give `external_id`, or name the vendor's role.",
                )

    def validate_partition(self, partition: str) -> None:
        """Validates that the principals are in the role's partition: IAM knows no others.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
        """
        for index, principal in enumerate(self.principals):
            arn = parse(principal) if is_known(principal) else None
            if arn is not None and arn.partition != partition:
                raise InvalidInputError(
                    f"principals[{index}]",
                    principal,
                    f"is in partition {arn.partition}, and IAM takes only principals of the role's own, {partition}",
                )

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts that are trusted as a whole."""
        return tuple(account for each in self.principals if (account := account_of(each)) is not None)

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


def validate_organization_id(path: str, value: str) -> str:
    if is_known(value) and not _ORGANIZATION_ID.fullmatch(value):
        raise InvalidInputError(
            path,
            value,
            "is not the id of an AWS Organization: o- and 10 to 32 lower-case letters and digits, without wildcards,"
            " which IAM takes literally here",
        )
    return value


def account_of(principal: str) -> str | None:
    """The account that the principal is as a whole: its id alone, or its root; None for any other principal.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-accounts
    """
    if not is_known(principal):
        return None
    if ACCOUNT_ID.fullmatch(principal):
        return principal
    arn = parse(principal)
    is_root = arn is not None and (arn.service, arn.region, arn.resource) == ("iam", "", "root")
    if arn is None or not is_root or arn.partition not in PARTITIONS or not ACCOUNT_ID.fullmatch(arn.account):
        return None
    return arn.account


def validate_trusted_principals(path: str, values: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """Validates ARNs of single roles or users, or whole accounts, which a trust with an ExternalId may name.

    Raises:
        InvalidInputError: there are none, or one is neither.
    """
    return _validate_each(path, values, lambda value: account_of(value) is not None)


def validate_principals(path: str, values: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """Validates ARNs of single roles or users: a whole account (`:root`) or a wildcard trusts more than the vendor.

    Raises:
        InvalidInputError: there are none, or one is not the ARN of a role or user.
    """
    return _validate_each(path, values, lambda _: False)


def _validate_each(
    path: str, values: list[str] | tuple[str, ...], is_accepted: Callable[[str], bool]
) -> tuple[str, ...]:
    if not values:
        raise InvalidInputError(
            path, values, "names no principal that may assume the role", "Give the ARN of at least one role."
        )
    return tuple(
        value if is_accepted(value) else validate_principal(f"{path}[{index}]", value)
        for index, value in enumerate(values)
    )
