"""An existing IAM role, managed by its owner: it is used as it is, and never created or changed.

The owner keeps its trust policy and permissions, and gets documents with what they must be, ready to paste.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import InvalidInputError
from .arn import parse, validate_principal
from .iam import compact
from .placeholders import is_known, placeholder

ARGUMENT = "existing_role_arn"
NAME_PLACEHOLDER = placeholder("existing_role.name")
"""The placeholder of the role's name while its ARN is not known yet."""
OWNER_MANAGED_OPTIONS = {
    "role_name": "its name is in the ARN",
    "role_path": "its path is in the ARN",
    "permissions_boundary": "its owner sets its permissions boundary",
    "max_session_seconds": "its owner sets its maximum session duration",
    "extra_statements": "its owner sets its permissions",
}
"""The options that would change the role, and why they do not apply to an existing one."""


def validate_existing_role(args: Mapping[str, Any]) -> str | None:
    """The ARN of the existing role, or None if none was given.

    Raises:
        InvalidInputError: it is not the ARN of a role, or an option was given that would change the role.
    """
    if ARGUMENT not in args:
        return None
    for option, reason in OWNER_MANAGED_OPTIONS.items():
        if option in args:
            raise InvalidInputError(
                option,
                None,
                f"cannot be given with {ARGUMENT}, which is never changed: {reason}",
                f"Leave {option} out, or leave {ARGUMENT} out to create a role for the integration.",
            )
    return validate_principal(ARGUMENT, args[ARGUMENT], kinds=("role",))


def name_from_arn(arn: str) -> str:
    """The role's name; its placeholder if the ARN is not known yet."""
    parsed = parse(arn) if is_known(arn) else None
    return NAME_PLACEHOLDER if parsed is None else parsed.name


def validate_location(arn: str, *, partition: str, account: str) -> None:
    """Validates that the role is in this partition and account.

    One elsewhere cannot be read, and could be confused with a role of the same name here.

    Raises:
        InvalidInputError: it is in another partition or account.
    """
    parsed = parse(arn) if is_known(arn) else None
    if parsed is None:
        return
    for kind, actual, expected in (
        ("partition", parsed.partition, partition),
        ("account", parsed.account, account),
    ):
        if is_known(expected) and actual != expected:
            raise InvalidInputError(ARGUMENT, arn, f"is in {kind} {actual}, and this deployment is in {expected}")


def validate_found_arn(arn: str, found: str) -> None:
    """Validates that the ARN given is the one that IAM has for a role of this name; it may lack the role's path.

    EKS considers an access entry for any other ARN invalid, and aws-auth would map a role that does not exist.

    Raises:
        InvalidInputError: they differ.
    """
    if arn != found:
        raise InvalidInputError(
            ARGUMENT, arn, f"is not the ARN of the role of that name, which is {found}", "Use that ARN."
        )


def instructions_for_owner(
    arn: str, trust_policy: Mapping[str, Any], policy: Mapping[str, Any], managed_policies: Sequence[str] = ()
) -> tuple[str, ...]:
    """What the role's owner must configure, as sentences with the documents to paste.

    `managed_policies` are the ARNs of AWS's own policies that the role needs besides.
    """
    allowed = (
        f"and has this policy, or rights that contain it: {compact(policy)}"
        if policy["Statement"]
        else "and needs no policy of its own"
        if managed_policies
        else "and needs no policy: the integration makes no AWS call"
    )
    attached = f"The role {arn} has these policies of AWS attached: {', '.join(managed_policies)}"
    return (
        f"The role {arn} is used as it is: eks-access makes and changes neither its trust nor its policies. Its owner"
        f" has it trust this: {compact(trust_policy)}",
        f"The role {arn} {allowed}",
        *([attached] if managed_policies else []),
    )
