"""Loads stacks from files, standard input and `pulumi stack export`."""

import json
import subprocess
import sys
from pathlib import Path

from eks_access.redaction import redacted

from . import Stack, StateError, parse_stack, parse_state

_SECONDS = 120


def of_file(path: str) -> Stack:
    """The stack in a file, or on the standard input for `-`.

    Raises:
        StateError: it cannot be read, or is nothing that has a stack in it.
    """
    try:
        text = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise StateError(f"{path}: {error.strerror}") from error
    return _stack(text, "the standard input" if path == "-" else path)


def of_stack(name: str, cwd: Path) -> Stack:
    """A deployed stack as it is, read with the `pulumi` command in the project's folder; secrets stay encrypted.

    Raises:
        StateError: pulumi is missing or fails.
    """
    command = ["pulumi", "stack", "export", "--stack", name, "--non-interactive"]
    try:
        done = subprocess.run(
            command, cwd=cwd, capture_output=True, stdin=subprocess.DEVNULL, timeout=_SECONDS, check=False
        )
    except FileNotFoundError as error:
        raise StateError(
            f"--cwd: there is no folder {cwd}" if not cwd.is_dir() else "the command `pulumi` is not on the PATH"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise StateError(f"`pulumi stack export` took over {_SECONDS} seconds") from error
    if done.returncode != 0:
        words = redacted(" ".join(done.stderr.decode("utf-8", "replace").split()))
        raise StateError(f"`pulumi stack export` failed for stack {name!r} in {cwd}: {words}")
    try:
        return parse_state(json.loads(done.stdout))
    except (ValueError, RecursionError) as error:
        raise StateError(f"stack {name!r}: {error}") from error


def _stack(text: bytes, origin: str) -> Stack:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise StateError(f"{origin}: is not JSON") from error
    try:
        return parse_stack(value)
    except StateError as error:
        raise StateError(f"{origin}: {error}") from error
