"""Reads a side of a review from a file: a preview, an exported state or an access manifest."""

import json
import sys
from pathlib import Path
from typing import Any

from eks_access.errors import EksAccessError

from ...stack import StackFormat, StateError, detect_format, parse_stack
from ...stack.load import EXPECTED
from ..formatting import quote_name
from ..side import Side
from .from_stack import read_side

LARGEST = 512 * 1024 * 1024
"""Bytes of a file. The state of a hundred thousand resources is smaller."""


class ReadError(EksAccessError, ValueError):
    """The file cannot be reviewed; the message has the reason and what to provide."""


def load_side(path: str) -> Side:
    """The side in a file, or on standard input for `-`.

    Raises:
        ReadError: the file cannot be read, or is in none of the three formats.
    """
    return parse_side(_load_json(path), "the standard input" if path == "-" else Path(path).name)


def load_side_before(path: str) -> Side:
    """The side before the changes of a preview.

    Raises:
        ReadError: the file cannot be read, or is not a preview.
    """
    value = _load_json(path)
    try:
        if detect_format(value) is not StackFormat.PREVIEW:
            raise ReadError(f"{path}: is not a preview, so it has no state before its changes; give --base FILE")
        stack = parse_stack(value, before=True)
    except StateError as cause:
        raise ReadError(f"{path}: {cause}") from cause
    return read_side(stack, f"the state before {quote_name(Path(path).name)}")


def parse_side(value: Any, origin: str) -> Side:
    """The side in a decoded JSON value. `origin` is the name that reports show.

    Raises:
        ReadError: the value is in none of the three formats, or is malformed.
    """
    try:
        return read_side(parse_stack(value), f"the {detect_format(value)} {quote_name(origin)}")
    except StateError as cause:
        raise ReadError(f"{origin}: {cause}") from cause


def _load_json(path: str) -> Any:
    try:
        if path != "-" and Path(path).stat().st_size > LARGEST:
            raise ReadError(f"{path}: is larger than {LARGEST:,} bytes")
        text = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as cause:
        raise ReadError(f"{path}: {cause.strerror}") from cause
    try:
        return json.loads(text)
    except ValueError as cause:
        raise ReadError(f"{path}: is not JSON; {EXPECTED}") from cause
    except RecursionError as cause:
        raise ReadError(f"{path}: is nested too deeply to be read") from cause
