"""A stack as the rules and the review read it: plain resources, whatever they were parsed from."""

from .load import StackFormat, convert_manifest, detect_format, parse_stack
from .model import HIDDEN, Resource, Stack, join_stacks
from .state import StateError, parse_preview, parse_state
from .values import UNKNOWN, Unknown, Value, is_unknown

__all__ = [
    "HIDDEN",
    "UNKNOWN",
    "Resource",
    "Stack",
    "StackFormat",
    "StateError",
    "Unknown",
    "Value",
    "convert_manifest",
    "detect_format",
    "is_unknown",
    "join_stacks",
    "parse_preview",
    "parse_stack",
    "parse_state",
]
