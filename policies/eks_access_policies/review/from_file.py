"""A side of a review from a file: a preview, an exported state or an access manifest, told apart by what is in it."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eks_access.errors import EksAccessError
from eks_access.manifest import models
from eks_access.manifest.models import OUTPUT, ManifestError

from ..stack import StateError, convert_manifest, parse_preview, parse_state
from .from_stack import side
from .names import code
from .side import Side

LARGEST = 512 * 1024 * 1024
"""Bytes of a file: a state of a hundred thousand resources is smaller, and what is larger is no state."""


class ReadError(EksAccessError, ValueError):
    """The file is nothing that can be reviewed; the message says why and what to do."""


def of_file(path: str) -> Side:
    """The side in a file, or on the standard input for `-`.

    Raises:
        ReadError: it cannot be read, or is none of the three.
    """
    return of_value(_json(path), "the standard input" if path == "-" else Path(path).name)


def before(path: str) -> Side:
    """What is there before a preview's changes.

    Raises:
        ReadError: it cannot be read, or is no preview.
    """
    value = _json(path)
    if not isinstance(value, Mapping) or "steps" not in value:
        raise ReadError(f"{path}: only a preview says what is there before it; give --base FILE")
    try:
        return side(parse_preview(value, before=True), f"the state before {code(Path(path).name)}")
    except StateError as cause:
        raise ReadError(f"{path}: {cause}") from cause


def of_value(value: Any, origin: str) -> Side:
    """The side in what was read from somewhere.

    Raises:
        ReadError: it is none of the three.
    """
    if not isinstance(value, Mapping):
        raise ReadError(f"{origin}: is no JSON object; {_EXPECTED}")
    try:
        if "steps" in value:
            return side(parse_preview(value), f"the preview {code(origin)}")
        if "deployment" in value or "checkpoint" in value:
            return side(parse_state(value), f"the state {code(origin)}")
        found = value if "schemaVersion" in value or OUTPUT not in value else value[OUTPUT]
        if isinstance(found, Mapping) and "schemaVersion" in found:
            return side(convert_manifest(models.read(found)), f"the access manifest {code(origin)}")
    except (StateError, ManifestError) as cause:
        raise ReadError(f"{origin}: {cause}") from cause
    raise ReadError(f"{origin}: is none of what can be reviewed; {_EXPECTED}")


_EXPECTED = (
    "give what `pulumi preview --json --show-sames`, `pulumi stack export` or"
    " `pulumi stack output access --json` prints"
)


def _json(path: str) -> Any:
    try:
        if path != "-" and Path(path).stat().st_size > LARGEST:
            raise ReadError(f"{path}: is larger than {LARGEST:,} bytes")
        text = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as cause:
        raise ReadError(f"{path}: {cause.strerror}") from cause
    try:
        return json.loads(text)
    except ValueError as cause:
        raise ReadError(f"{path}: is not JSON; {_EXPECTED}") from cause
    except RecursionError as cause:
        raise ReadError(f"{path}: is nested too deeply to be read") from cause
