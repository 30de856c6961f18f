"""What IAM says of a role or user: whether it exists, its unique id, its trust policy and its last use. Blocking."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from eks_access.model.arn import Arn

from .model import PrincipalReading, PrincipalState


def can_be_looked_up(arn: Arn | None, account: str) -> bool:
    """Whether IAM finds it by its name: a role or user of the account that is read."""
    return (
        arn is not None
        and arn.service == "iam"
        and arn.account == account
        and arn.kind in ("role", "user")
        and not {"*", "?"} & set(arn.name)
    )


def read_role(iam: Any, name: str) -> PrincipalReading:
    """The role of this name; a name is there once, whatever the path. `GetRole` alone has the last use.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_RoleLastUsed.html
    """
    role = iam.get_role(RoleName=name)["Role"]
    used = role.get("RoleLastUsed") or {}
    return PrincipalReading(
        PrincipalState.EXISTS,
        role.get("Arn", ""),
        role.get("RoleId", ""),
        _as_time(role.get("CreateDate")),
        _as_time(used.get("LastUsedDate")),
        used.get("Region") or "",
        role.get("AssumeRolePolicyDocument"),
    )


def list_names(iam: Any, kind: str) -> Mapping[str, str]:
    """The names of all roles, or of all users, by their lower case: IAM has no two that differ in letter case only.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    operation, key, field = _LISTS[kind]
    return {each[field].lower(): each[field] for page in iam.get_paginator(operation).paginate() for each in page[key]}


_LISTS = {"role": ("list_roles", "Roles", "RoleName"), "user": ("list_users", "Users", "UserName")}


def read_user(iam: Any, name: str) -> PrincipalReading:
    """The user of this name, with the last use of its password."""
    user = iam.get_user(UserName=name)["User"]
    password = _as_time(user.get("PasswordLastUsed"))
    return PrincipalReading(
        PrincipalState.EXISTS,
        user.get("Arn", ""),
        user.get("UserId", ""),
        _as_time(user.get("CreateDate")),
        password,
        "the console" if password else "",
        has_password_use=password is not None,
    )


def read_key_use(iam: Any, name: str) -> tuple[datetime | None, str]:
    """The last use of any of a user's access keys, and the service that it called. The keys' ids are not kept."""
    uses = [
        iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"]).get("AccessKeyLastUsed") or {}
        for page in iam.get_paginator("list_access_keys").paginate(UserName=name)
        for key in page["AccessKeyMetadata"]
    ]
    found = [(time, _name_service(use)) for use in uses if (time := _as_time(use.get("LastUsedDate"))) is not None]
    return max(found, default=(None, ""))


def _name_service(use: Mapping[str, Any]) -> str:
    return str(use.get("ServiceName") or "")


def _as_time(value: object) -> datetime | None:
    return value if isinstance(value, datetime) else None
