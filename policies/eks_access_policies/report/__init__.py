"""Findings as a table for people, as Markdown for comments and as JSON for programs, and the rules as documentation."""

from .json import convert_findings
from .markdown import format_markdown
from .table import print_table

__all__ = ["convert_findings", "format_markdown", "print_table"]
