"""The role that an integration acts as: one of its own, or one that somebody else owns and that is only read."""

from dataclasses import dataclass
from typing import Protocol, cast

import pulumi
import pulumi_aws as aws

from ..errors import InvalidInputError
from ..model import existing_role as existing


class ActingRole(Protocol):
    """What is needed of a role, whoever made it."""

    @property
    def arn(self) -> pulumi.Output[str]: ...
    @property
    def name(self) -> pulumi.Output[str]: ...
    @property
    def unique_id(self) -> pulumi.Output[str]: ...


@dataclass(frozen=True)
class ExistingRole:
    """A role as IAM has it. It is read with each deployment, so that an entry is replaced with its role."""

    arn: pulumi.Output[str]
    name: pulumi.Output[str]
    unique_id: pulumi.Output[str]


def existing_role(arn: pulumi.Input[str], asking: pulumi.InvokeOptions) -> ExistingRole:
    """The role of this ARN: a known one is read at once, before anything is made.

    Raises:
        InvalidInputError: there is none, or the one of that name has another ARN. Of an Output, that is told when it
            is known.
    """
    if isinstance(arn, str):
        found = _read(arn, asking)
        return ExistingRole(*map(pulumi.Output.from_input, (found.arn, found.name, found.unique_id)))
    given: pulumi.Output[str] = pulumi.Output.from_input(cast("pulumi.Input[str]", arn))
    later = aws.iam.get_role_output(
        name=given.apply(existing.name_of),
        opts=pulumi.InvokeOutputOptions(parent=asking.parent, provider=asking.provider),
    )
    return ExistingRole(pulumi.Output.all(given, later.arn).apply(_same), later.name, later.unique_id)


def _read(arn: str, asking: pulumi.InvokeOptions) -> aws.iam.GetRoleResult:
    try:
        found = aws.iam.get_role(name=existing.name_of(arn), opts=asking)
    except Exception as cause:  # the SDK has no narrower one for a question that was answered with an error
        raise InvalidInputError(existing.ARGUMENT, arn, f"cannot be read from IAM: {cause}") from cause
    existing.check_found(arn, found.arn)
    return found


def _same(arns: list[str]) -> str:
    given, found = arns
    existing.check_found(given, found)
    return found
