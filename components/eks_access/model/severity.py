"""Severities, shared by the catalogue of rights, the rules and the review."""

from enum import IntEnum


class Severity(IntEnum):
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4
