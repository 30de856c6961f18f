"""The commands of `eks-access`, one module each. Its `command` is imported only when it runs, or for its `--help`.

A command's module imports little, so that `--help` is fast; what it runs is imported in its body.
"""

import importlib
import logging
import platform
from pathlib import Path
from typing import Any

import click

from eks_access import __version__
from eks_access.errors import EksAccessError

from .. import exit_codes
from ..options import debug_option
from ..output import OutputError, print_message

_log = logging.getLogger(__name__)


class Command(click.Command):
    """A command with `--debug`, whose expected errors end with a message and an exit code instead of a traceback.

    `error_code` is the exit code of an `EksAccessError` that the command raises.
    """

    def __init__(self, *args: Any, error_code: int = exit_codes.BAD_INPUT, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.error_code = error_code
        self.params.append(debug_option())

    def invoke(self, ctx: click.Context) -> Any:
        log_file: Path | None = ctx.params.pop("log_file", None)
        try:
            if log_file is not None:
                _start_log(log_file, ctx.command_path)
            return super().invoke(ctx)
        except EksAccessError as error:
            from eks_access.redaction import redacted

            _log.debug("the command failed", exc_info=True)
            print_message(f"Error: {redacted(str(error), limit=None)}", err=True)
            ctx.exit(self.error_code)
        except KeyboardInterrupt:
            print_message("Interrupted; no report was written.", err=True)
            ctx.exit(exit_codes.INTERRUPTED)


class CommandGroup(click.Group):
    """A command of several `Command`s."""

    command_class = Command
    group_class = type


def _start_log(file: Path, command: str) -> None:
    try:
        importlib.import_module("eks_access.logs").configure(file)
    except OSError as error:
        raise OutputError("--debug", file, error) from error
    _log.info("%s, version %s, Python %s", command, __version__, platform.python_version())
