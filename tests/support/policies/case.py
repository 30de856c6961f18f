"""One rule, with what breaks it and its allowed twin."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.support.policies.resources import Made


@dataclass(frozen=True)
class Case:
    """`refused` says what refuses the bad one before it can be deployed, where something does."""

    rule: str
    bad: Sequence[Made]
    good: Sequence[Made]
    refused: str = ""
