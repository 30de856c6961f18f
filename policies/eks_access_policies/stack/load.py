"""Parses a stack from a preview, an exported state or an access manifest, distinguished by their keys. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

from .model import Stack
from .state import StateError, parse_preview, parse_state
from .values import Value

if TYPE_CHECKING:
    from eks_access.manifest.models import Manifest

_OUTPUT = "access"
"""The stack output that holds the manifest (`eks_access.manifest.models.OUTPUT`)."""
EXPECTED = (
    "expected the output of `pulumi preview --json --show-sames`, `pulumi stack export` or"
    " `pulumi stack output access --json`"
)


class StackFormat(StrEnum):
    PREVIEW = "preview"
    STATE = "state"
    MANIFEST = "access manifest"


def detect_format(value: Value) -> StackFormat:
    """Which of the formats a value is in, by its keys.

    Raises:
        StateError: it is in none of them.
    """
    if not isinstance(value, Mapping):
        raise StateError(f"is not a JSON object; {EXPECTED}")
    if "deployment" in value or "checkpoint" in value:
        return StackFormat.STATE
    if "steps" in value:
        return StackFormat.PREVIEW
    if "schemaVersion" in value or _OUTPUT in value:
        return StackFormat.MANIFEST
    raise StateError(f"is neither a preview, nor an exported state, nor an access manifest; {EXPECTED}")


def parse_stack(value: Value, *, before: bool = False) -> Stack:
    """The stack in a value of any of the formats. `before` applies to previews: the stack before the planned changes.

    Raises:
        StateError: the value is in none of the formats, or is malformed.
    """
    match detect_format(value):
        case StackFormat.STATE:
            return parse_state(value)
        case StackFormat.PREVIEW:
            return parse_preview(value, before=before)
        case StackFormat.MANIFEST:
            return _parse_manifest(value if "schemaVersion" in value else value[_OUTPUT])


def convert_manifest(manifest: "Manifest") -> Stack:
    """The stack that an access manifest describes."""
    # Reading manifests imports pydantic, which a policy pack does not need and would have to wait for.
    from .manifest import build_stack

    return build_stack(manifest)


def _parse_manifest(value: Value) -> Stack:
    from eks_access.manifest import models

    try:
        return convert_manifest(models.read(value))
    except models.ManifestError as error:
        raise StateError(str(error)) from error
