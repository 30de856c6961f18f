"""Loads the access manifest from a stack's output, or from a file with its value."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import EksAccessError
from ..redaction import redacted
from . import models
from .models import HIDDEN, OUTPUT, Manifest, ManifestError

_SECONDS = 120


class SourceError(EksAccessError, ValueError):
    """The access manifest could not be loaded."""


def of_stack(stack: str, cwd: Path, *, secrets: bool = True) -> Manifest:
    """The manifest that a stack exports, read with the `pulumi` command in the project's folder.

    Only this output is asked for. The probe needs the secrets, since an ExternalId may be one of the stack's; without
    them the manifest holds what Pulumi prints in their place.

    Raises:
        SourceError: pulumi is missing or fails, or the stack has no such output.
    """
    return _manifest(_output(stack, cwd, secrets), f"stack {stack!r}", secrets)


def with_secrets(stack: str, cwd: Path) -> tuple[Manifest, frozenset[str]]:
    """The manifest that a stack exports, and which of the values in it are secrets of the stack.

    Nothing is decrypted where the manifest has no secret.

    Raises:
        SourceError: as for `of_stack`.
    """
    origin = f"stack {stack!r}"
    hidden = _output(stack, cwd, secrets=False)
    if json.dumps(HIDDEN).encode() not in hidden:
        return _manifest(hidden, origin, secrets=True), frozenset()
    shown = _output(stack, cwd, secrets=True)
    return _manifest(shown, origin, secrets=True), frozenset(_secrets(json.loads(hidden), json.loads(shown)))


def _secrets(hidden: Any, shown: Any) -> Iterator[str]:
    """The texts in whose places there is what Pulumi prints for a secret."""
    if hidden == HIDDEN and isinstance(shown, str):
        yield shown
    elif isinstance(hidden, dict) and isinstance(shown, dict):
        for key, value in hidden.items():
            yield from _secrets(value, shown.get(key))
    elif isinstance(hidden, list) and isinstance(shown, list):
        for one, other in zip(hidden, shown, strict=False):
            yield from _secrets(one, other)


def _output(stack: str, cwd: Path, secrets: bool) -> bytes:
    shown = ["--show-secrets"] if secrets else []
    command = ["pulumi", "stack", "output", OUTPUT, "--stack", stack, "--json", *shown, "--non-interactive"]
    try:
        done = subprocess.run(
            command, cwd=cwd, capture_output=True, stdin=subprocess.DEVNULL, timeout=_SECONDS, check=False
        )
    except FileNotFoundError as cause:
        if not cwd.is_dir():
            raise SourceError(f"--cwd: there is no folder {cwd}") from cause
        raise SourceError("the command `pulumi` is not on the PATH; install it, or give --manifest FILE") from cause
    except subprocess.TimeoutExpired as cause:
        raise SourceError(f"`pulumi stack output` took over {_SECONDS} seconds") from cause
    if done.returncode != 0:
        raise SourceError(_why(stack, cwd, done.stderr.decode("utf-8", "replace")))
    return done.stdout


def of_file(path: str, *, secrets: bool = True) -> Manifest:
    """The manifest in a file, or on the standard input for `-`.

    Raises:
        SourceError: it cannot be read, is no manifest, or hides the secrets that are needed.
    """
    if path == "-":
        return _manifest(sys.stdin.buffer.read(), "the standard input", secrets)
    try:
        return _manifest(Path(path).read_bytes(), path, secrets)
    except OSError as cause:
        raise SourceError(f"{path}: {cause.strerror}") from cause


def _manifest(text: bytes, origin: str, secrets: bool) -> Manifest:
    try:
        value: Any = json.loads(text)
    except ValueError as cause:
        raise SourceError(f"{origin}: is not JSON") from cause
    if secrets and json.dumps(HIDDEN) in json.dumps(value):
        raise SourceError(
            f"{origin}: secrets are hidden in it; write it with `pulumi stack output {OUTPUT} --json --show-secrets`"
        )
    if isinstance(value, dict) and "schemaVersion" not in value and OUTPUT in value:
        value = value[OUTPUT]  # all outputs of a stack rather than this one
    try:
        return models.read(value)
    except ManifestError as cause:
        raise SourceError(f"{origin}: {cause}") from cause


def _why(stack: str, cwd: Path, stderr: str) -> str:
    words = redacted(" ".join(stderr.split()))
    if "does not have output property" in stderr:
        return f"stack {stack!r} exports no {OUTPUT!r}: run `pulumi up --stack {stack}` first"
    if "no stack named" in stderr:
        return f"there is no stack {stack!r}: `pulumi stack ls` in {cwd} shows which there are ({words})"
    return f"`pulumi stack output` failed for stack {stack!r} in {cwd}: {words}"
