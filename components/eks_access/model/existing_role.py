"""A role that somebody else owns: used as it is, never made or changed. Pure data and checks.

Its owner keeps its trust and its policies, so what they must be is told, ready to paste.
"""

from collections.abc import Mapping
from typing import Any

from ..errors import InvalidInputError
from .arn import parse, validate_principal
from .iam import compact
from .placeholders import is_known, placeholder

ARGUMENT = "existing_role_arn"
NAME = placeholder("existing_role.name")
"""Stands for the role's name where its ARN is not known yet."""
ITS_OWNERS = {
    "role_name": "its name is in the ARN",
    "role_path": "its path is in the ARN",
    "permissions_boundary": "its owner bounds its permissions",
    "max_session_seconds": "its owner says how long its sessions last",
    "extra_statements": "its owner says what it may do",
}
"""The options that would change a role, and why an existing one has none of them."""


def validate_existing_role(args: Mapping[str, Any]) -> str | None:
    """The ARN of the existing role, where one was given.

    Raises:
        InvalidInputError: it is not the ARN of a role, or an option was given that would have to change the role.
    """
    if ARGUMENT not in args:
        return None
    for option, why in ITS_OWNERS.items():
        if option in args:
            raise InvalidInputError(
                option,
                None,
                f"cannot be given with {ARGUMENT}, which is never changed: {why}",
                f"Leave {option} out, or leave {ARGUMENT} out to have a role of the integration's own.",
            )
    return validate_principal(ARGUMENT, args[ARGUMENT], kinds=("role",))


def name_of(arn: str) -> str:
    """The role's name; a placeholder for it where the ARN is one."""
    parsed = parse(arn) if is_known(arn) else None
    return NAME if parsed is None else parsed.name


def check_home(arn: str, *, partition: str, account: str) -> None:
    """Refuse a role of another partition or account, which could be neither read nor told from another of its name.

    Raises:
        InvalidInputError: it is one.
    """
    parsed = parse(arn) if is_known(arn) else None
    if parsed is None:
        return
    for kind, its, here in (("partition", parsed.partition, partition), ("account", parsed.account, account)):
        if is_known(here) and its != here:
            raise InvalidInputError(ARGUMENT, arn, f"is in {kind} {its}, and this deployment is in {here}")


def check_found(arn: str, found: str) -> None:
    """Refuse an ARN other than that of the role of this name, such as one that lacks the role's path.

    EKS takes an access entry for such a principal to be invalid, and aws-auth would name a role that nobody has.

    Raises:
        InvalidInputError: they differ.
    """
    if arn != found:
        raise InvalidInputError(
            ARGUMENT, arn, f"is not the ARN of the role of that name, which is {found}", "Give that one."
        )


def owners_part(arn: str, trust_policy: Mapping[str, Any], policy: Mapping[str, Any]) -> tuple[str, ...]:
    """What the role's owner must put there, as sentences with documents to paste."""
    allowed = (
        f"and has this policy, or rights that contain it: {compact(policy)}"
        if policy["Statement"]
        else "and needs no policy: the integration makes no AWS call"
    )
    return (
        f"The role {arn} is used as it is: eks-access makes and changes neither its trust nor its policies. Its owner"
        f" has it trust this: {compact(trust_policy)}",
        f"The role {arn} {allowed}",
    )
