"""A rule with resources that violate it, and compliant ones."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.support.policies.resources import ResourceSpec


@dataclass(frozen=True)
class Case:
    """`refused` names what rejects the bad resources before they can be deployed, if anything does."""

    rule: str
    bad: Sequence[ResourceSpec]
    good: Sequence[ResourceSpec]
    refused: str = ""
