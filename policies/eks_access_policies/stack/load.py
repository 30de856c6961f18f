"""A stack from a value of any of the kinds that there are, told apart by what is in it. Pure."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .model import Stack
from .state import StateError, of_export, of_preview
from .values import Value

if TYPE_CHECKING:
    from eks_access.manifest.models import Manifest

_OUTPUT = "access"
"""The stack output that is the manifest (`eks_access.manifest.models.OUTPUT`)."""


def of_value(value: Value, *, before: bool = False) -> Stack:
    """The stack in an exported state, a preview or an access manifest. `before` is about previews: what is now.

    Raises:
        StateError: it is none of these, or not as such a value should be.
    """
    if not isinstance(value, Mapping):
        raise StateError("is no object: expected an exported state, a preview as JSON, or an access manifest")
    if "deployment" in value or "checkpoint" in value:
        return of_export(value)
    if "steps" in value:
        return of_preview(value, before=before)
    if "schemaVersion" in value or _OUTPUT in value:
        return _of_manifest(value if "schemaVersion" in value else value[_OUTPUT])
    raise StateError(
        "is neither what `pulumi stack export` prints, nor what `pulumi preview --json` prints, nor an access manifest"
    )


def of_manifest(manifest: "Manifest") -> Stack:
    """The stack that an access manifest tells of."""
    # Reading manifests loads pydantic, which a pack that judges a deployment has no use for.
    from .manifest import stack_of

    return stack_of(manifest)


def _of_manifest(value: Value) -> Stack:
    from eks_access.manifest import models

    try:
        return of_manifest(models.read(value))
    except models.ManifestError as invalid:
        raise StateError(str(invalid)) from invalid
