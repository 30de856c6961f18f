"""A role in AWS, evaluated: what it may do, and whether that is all that it was given."""

from ..actor import Actor
from ..aws import Aws
from ..checks.check import Check
from . import aws as simulated
from . import granted


def checks(aws: Aws, operator: Actor, partition: str, account: str) -> list[Check]:
    return [*simulated.checks(aws, operator, partition, account), granted.check(aws, operator)]
