"""What is printed without a console, and output files.

`-` is the standard output, and a file that cannot be written is an error that names the option.
"""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, TextIO

import click

from eks_access.errors import EksAccessError
from eks_access.text_layout import show_controls


class OutputError(EksAccessError):
    """A file cannot be written."""

    def __init__(self, option: str, path: object, cause: OSError) -> None:
        super().__init__(f"{option}: cannot write {path}: {cause.strerror}")


def print_message(text: str, *, err: bool = False) -> None:
    """Prints one line for people."""
    click.echo(show_controls(text), err=err)


def print_text(text: str) -> None:
    """Prints text for people that has lines of its own, with its last line break."""
    click.echo(show_controls(text, keep_lines=True), nl=False)


def print_document(text: str, *, nl: bool = True) -> None:
    """Prints what programs read, JSON or YAML, as it is."""
    click.echo(text, nl=nl)


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
