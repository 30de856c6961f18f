"""The role that an integration acts as: created for it, or an existing one, which is only read."""

from dataclasses import dataclass
from typing import Protocol, cast

import pulumi
import pulumi_aws as aws

from ..errors import InvalidInputError
from ..model import existing_role


class ActingRole(Protocol):
    """What resources need of a role, created or existing."""

    @property
    def arn(self) -> pulumi.Output[str]: ...
    @property
    def name(self) -> pulumi.Output[str]: ...
    @property
    def unique_id(self) -> pulumi.Output[str]: ...


@dataclass(frozen=True)
class ExistingRole:
    """A role read from IAM, with each deployment: so that an access entry is replaced when its role was recreated."""

    arn: pulumi.Output[str]
    name: pulumi.Output[str]
    unique_id: pulumi.Output[str]


def read_existing_role(arn: pulumi.Input[str], invoke_opts: pulumi.InvokeOptions) -> ExistingRole:
    """Reads the role with this ARN; at once, before anything is created, if the ARN is known.

    Raises:
        InvalidInputError: there is no such role, or the role of that name has another ARN. For an Output it is raised
            once the value is known.
    """
    if isinstance(arn, str):
        found = _read(arn, invoke_opts)
        return ExistingRole(*map(pulumi.Output.from_input, (found.arn, found.name, found.unique_id)))
    requested: pulumi.Output[str] = pulumi.Output.from_input(cast("pulumi.Input[str]", arn))
    found_later = aws.iam.get_role_output(
        name=requested.apply(existing_role.name_from_arn),
        opts=pulumi.InvokeOutputOptions(parent=invoke_opts.parent, provider=invoke_opts.provider),
    )
    return ExistingRole(
        pulumi.Output.all(requested, found_later.arn).apply(_validated_arn), found_later.name, found_later.unique_id
    )


def _read(arn: str, invoke_opts: pulumi.InvokeOptions) -> "aws.iam.GetRoleResult":
    try:
        found = aws.iam.get_role(name=existing_role.name_from_arn(arn), opts=invoke_opts)
    except Exception as cause:  # the SDK raises nothing narrower for a failed invoke
        raise InvalidInputError(existing_role.ARGUMENT, arn, f"cannot be read from IAM: {cause}") from cause
    existing_role.validate_found_arn(arn, found.arn)
    return found


def _validated_arn(arns: list[str]) -> str:
    requested, found = arns
    existing_role.validate_found_arn(requested, found)
    return found
