"""A user of IAM Identity Center (AWS SSO) assumes the role under their own name."""

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from ...errors import InvalidInputError
from ..placeholders import is_known
from .tampered_request import TamperedRequest

OWN_NAME = "${SAML:sub}"
"""A policy variable: the user's name as Identity Center asserted it. It persists for the session.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-saml
"""

_SUFFIX = "?" * 16
_PERMISSION_SET = re.compile(r"[\w+=,.@-]{1,32}", re.ASCII)


@dataclass(frozen=True)
class IdentityCenter:
    """Sessions of Identity Center's own roles in the account, and only under the user's own name.

    Both conditions are necessary. Without the ARNs, anyone federated under the user's name could assume the role, from
    any account; without the session name, a user could act as any other user. Case is ignored, because directories
    differ in the case of mail addresses.
    """

    kind: ClassVar[str] = "identity-center"
    partition: str
    account: str
    permission_sets: tuple[str, ...] = ()
    """Only users of these permission sets; users of all if empty."""
    anyone: bool = False
    """The principal is `*`, and only the conditions restrict it. Otherwise the principal is the account, and the
    permission sets must allow sts:AssumeRole on the role."""

    def statements(self) -> list[dict[str, Any]]:
        return [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "*" if self.anyone else f"arn:{self.partition}:iam::{self.account}:root"},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "StringEqualsIgnoreCase": {"sts:RoleSessionName": OWN_NAME},
                    "ArnLike": {"aws:PrincipalArn": list(self.roles())},
                },
            }
        ]

    def roles(self) -> tuple[str, ...]:
        """The patterns of Identity Center's roles, whose path is reserved for it.

        In its home region the path ends with the service's name; elsewhere it is followed by the home region. A role's
        name ends with 16 characters of Identity Center's: `*` in their place would also take the permission sets
        whose names begin alike, as `Developers_Eu` for `Developers`.
        https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
        """
        reserved = f"arn:{self.partition}:iam::{self.account}:role/aws-reserved/sso.amazonaws.com"
        names = [f"AWSReservedSSO_{name}_{_SUFFIX}" for name in self.permission_sets] or ["AWSReservedSSO_*"]
        return tuple(f"{reserved}/{path}{name}" for name in names for path in ("", "*/"))

    def refuses(self) -> tuple[TamperedRequest, ...]:
        return ("another-session-name", "non-sso-principal", "stranger")


def validate_permission_sets(path: str, names: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """Validates names: https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreatePermissionSet.html"""
    for index, name in enumerate(names):
        if is_known(name) and name.startswith("AWSReservedSSO_"):
            raise InvalidInputError(
                f"{path}[{index}]",
                name,
                "is the name of a role created by Identity Center",
                "Name the permission set: the part between 'AWSReservedSSO_' and the last underscore.",
            )
        if is_known(name) and not _PERMISSION_SET.fullmatch(name):
            raise InvalidInputError(
                f"{path}[{index}]",
                name,
                "is not a permission set's name: 1 to 32 letters, digits and _+=,.@- are allowed, and no wildcards",
            )
    if len(set(names)) != len(names):
        raise InvalidInputError(path, list(names), "names a permission set twice")
    return tuple(names)
