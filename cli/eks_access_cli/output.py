"""Output files: `-` is the standard output, and a file that cannot be written is an error that names the option."""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, TextIO

from eks_access.errors import EksAccessError


class OutputError(EksAccessError):
    """A file cannot be written."""

    def __init__(self, option: str, path: object, cause: OSError) -> None:
        super().__init__(f"{option}: cannot write {path}: {cause.strerror}")


def open_text(option: str, path: str, files: ExitStack) -> TextIO:
    """Opens the file that an option names, for text; `files` closes it.

    To be opened before any call is made, so that a wrong path does not cost a run.

    Raises:
        OutputError: it cannot be written.
    """
    if path == "-":
        return sys.stdout
    try:
        return files.enter_context(Path(path).open("w", encoding="utf-8"))
    except OSError as error:
        raise OutputError(option, path, error) from error


def open_binary(option: str, path: str, files: ExitStack) -> BinaryIO:
    """Opens the file that an option names, for bytes; otherwise as `open_text`.

    Raises:
        OutputError: it cannot be written.
    """
    if path == "-":
        return sys.stdout.buffer
    try:
        return files.enter_context(Path(path).open("wb"))
    except OSError as error:
        raise OutputError(option, path, error) from error


def write_text(option: str, path: str, text: str) -> None:
    """Writes the file that an option names, only once its text is complete.

    Raises:
        OutputError: it cannot be written.
    """
    with ExitStack() as files:
        open_text(option, path, files).write(text)
