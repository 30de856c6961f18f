"""A stack as the rules and the review see it: plain resources, from wherever they come."""

from .load import of_manifest, of_value
from .model import HIDDEN, Resource, Stack, joined
from .state import StateError, of_export, of_preview
from .values import UNKNOWN, Unknown, Value, is_unknown

__all__ = [
    "HIDDEN",
    "UNKNOWN",
    "Resource",
    "Stack",
    "StateError",
    "Unknown",
    "Value",
    "is_unknown",
    "joined",
    "of_export",
    "of_manifest",
    "of_preview",
    "of_value",
]
