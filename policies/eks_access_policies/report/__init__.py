"""What was found, as a table for people and as JSON for programs."""

from .json import as_json
from .table import print_table

__all__ = ["as_json", "print_table"]
