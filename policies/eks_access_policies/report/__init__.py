"""Findings as a table for people and as JSON for programs, and the rules as documentation."""

from .json import convert_findings
from .table import print_table

__all__ = ["convert_findings", "print_table"]
