"""A role in AWS, evaluated: what it may do, and whether that is all that it was given."""

from ..checks.check import Check
from ..identity.assume_role import Actor
from ..identity.aws_clients import Aws
from . import aws as simulated
from . import role_policies


def checks(aws: Aws, operator: Actor, partition: str, account: str) -> list[Check]:
    return [*simulated.checks(aws, operator, partition, account), role_policies.check(aws, operator)]
