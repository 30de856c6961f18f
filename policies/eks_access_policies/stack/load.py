"""A stack from a value of any of the kinds that there are, told apart by what is in it. Pure."""

from collections.abc import Mapping

from eks_access import manifest
from eks_access.manifest import OUTPUT, ManifestError

from .manifest import of_manifest
from .model import Stack
from .state import StateError, of_export, of_preview
from .values import Value


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
    if "schemaVersion" in value or OUTPUT in value:
        try:
            return of_manifest(manifest.read(value if "schemaVersion" in value else value[OUTPUT]))
        except ManifestError as invalid:
            raise StateError(str(invalid)) from invalid
    raise StateError(
        "is neither what `pulumi stack export` prints, nor what `pulumi preview --json` prints, nor an access manifest"
    )
