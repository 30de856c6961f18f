"""Risks: what a right lets its holder do, in words for a reviewer."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Risk:
    """`is_severe`: it reads credentials, runs code, or widens rights, its own or others'."""

    sentence: str
    is_severe: bool
