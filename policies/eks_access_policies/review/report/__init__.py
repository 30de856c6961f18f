"""The formats of a review: JSON, Markdown, SARIF and a table for the terminal."""

from .interface import ReviewFormat
from .json import JsonFormat
from .markdown import MarkdownFormat
from .sarif import SarifFormat
from .table import TableFormat

__all__ = ["JsonFormat", "MarkdownFormat", "ReviewFormat", "SarifFormat", "TableFormat"]
