"""Reads an access manifest from a file or from what `pulumi stack output` prints, and finds the secrets in it."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import EksAccessError
from . import models
from .models import HIDDEN, OUTPUT, Manifest, ManifestError


class SourceError(EksAccessError, ValueError):
    """The access manifest could not be loaded."""


def load_manifest(path: str, *, secrets: bool = True) -> Manifest:
    """The manifest in a file, or on the standard input for `-`.

    Raises:
        SourceError: it cannot be read, is no manifest, or, with `secrets`, has them hidden.
    """
    if path == "-":
        return parse_manifest(sys.stdin.buffer.read(), "the standard input", secrets=secrets)
    try:
        return parse_manifest(Path(path).read_bytes(), path, secrets=secrets)
    except OSError as cause:
        raise SourceError(f"{path}: {cause.strerror}") from cause


def parse_manifest(text: bytes, origin: str, *, secrets: bool = True) -> Manifest:
    """The manifest in JSON: the value of a stack's output `access`, or all outputs of a stack.

    With `secrets` their values are needed; without, the manifest may have `HIDDEN` in their place. `origin` says in
    messages where the text is from.

    Raises:
        SourceError: it is no manifest, or, with `secrets`, has them hidden.
    """
    try:
        value: Any = json.loads(text)
    except ValueError as cause:
        raise SourceError(f"{origin}: is not JSON") from cause
    if secrets and json.dumps(HIDDEN) in json.dumps(value):
        raise SourceError(
            f"{origin}: secrets are hidden in it; write it with `pulumi stack output {OUTPUT} --json --show-secrets`"
        )
    if isinstance(value, dict) and "schemaVersion" not in value and OUTPUT in value:
        value = value[OUTPUT]
    try:
        return models.read(value)
    except ManifestError as cause:
        raise SourceError(f"{origin}: {cause}") from cause


def has_hidden_secrets(text: bytes) -> bool:
    """Whether Pulumi printed `HIDDEN` in the place of any value."""
    return json.dumps(HIDDEN).encode() in text


def find_secrets(hidden: Any, shown: Any) -> Iterator[str]:
    """The values that are secrets: those of `shown`, JSON printed with secrets, that are `HIDDEN` in `hidden`."""
    if hidden == HIDDEN and isinstance(shown, str):
        yield shown
    elif isinstance(hidden, dict) and isinstance(shown, dict):
        for key, value in hidden.items():
            yield from find_secrets(value, shown.get(key))
    elif isinstance(hidden, list) and isinstance(shown, list):
        for one, other in zip(hidden, shown, strict=False):
            yield from find_secrets(one, other)
