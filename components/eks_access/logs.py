"""Writes what this package does to a file that can be sent to others: every record is redacted."""

import logging
import os
import stat
import time
from collections.abc import Mapping
from io import TextIOWrapper
from pathlib import Path

from .redaction import redacted
from .text_layout import show_controls

VARIABLE = "EKS_ACCESS_LOG"
"""The environment variable that names the log file of the plugin; commands read it as the default of `--debug`."""

_OWN_LOGGERS = ("eks_access", "eks_access_probe", "eks_access_policies", "eks_access_inventory", "eks_access_cli")
_AWS_LOGGER = "botocore"
_AWS_LEVEL = logging.INFO
"""At DEBUG, botocore logs request headers, signatures and response bodies."""
_EXCLUDED_AWS_LOGGERS = ("auth", "awsrequest", "endpoint", "httpsession", "parsers", "signers")
"""Modules of botocore that log what is sent and received, and are left out at any level."""
_installed: list[tuple[logging.Handler, dict[str, int]]] = []
"""The handler in use, if any, and the levels that the loggers had before."""


class RedactingFormatter(logging.Formatter):
    """Formats a record with its traceback, masks credentials, and begins each record with the time in UTC.

    Further lines of a record are indented, so that text from elsewhere cannot look like a record of its own.
    """

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(process)d %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        text = redacted(super().format(record), limit=None)
        return show_controls(text, keep_lines=True).replace("\n", "\n    ")


class _LogFile(logging.FileHandler):
    """Appends to a file that only its owner can read."""

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            # The file may have been there before, with another mode.
            os.fchmod(descriptor, 0o600)
        return open(descriptor, "a", encoding="utf-8", errors="backslashreplace")  # noqa: PTH123

    def filter(self, record: logging.LogRecord) -> bool:
        package, _, module = record.name.partition(".")
        if package == _AWS_LOGGER:
            return record.levelno >= _AWS_LEVEL and module.partition(".")[0] not in _EXCLUDED_AWS_LOGGERS
        return package in _OWN_LOGGERS

    def handleError(self, record: logging.LogRecord) -> None:
        """Drop a record that cannot be written. The default prints it to standard error, unredacted."""


def configure(destination: Path | str) -> None:
    """Log to this file from now on, instead of to the file of an earlier call.

    This package's loggers are logged at DEBUG and above, botocore at INFO and above. Records are appended.

    Raises:
        OSError: the file cannot be opened for writing.
    """
    handler = _LogFile(destination)
    handler.setFormatter(RedactingFormatter())
    stop()
    loggers = {name: logging.getLogger(name) for name in (*_OWN_LOGGERS, _AWS_LOGGER)}
    _installed.append((handler, {name: logger.level for name, logger in loggers.items()}))
    for name, logger in loggers.items():
        logger.addHandler(handler)
        logger.setLevel(_AWS_LEVEL if name == _AWS_LOGGER else logging.DEBUG)


def configure_from_environment(environ: Mapping[str, str]) -> None:
    """Log to the file that the environment variable EKS_ACCESS_LOG names, if it is set.

    Raises:
        OSError: as for `configure`.
    """
    if destination := environ.get(VARIABLE):
        configure(destination)


def stop() -> None:
    """Stop logging to the file and close it."""
    while _installed:
        handler, levels = _installed.pop()
        for name, level in levels.items():
            logging.getLogger(name).removeHandler(handler)
            logging.getLogger(name).setLevel(level)
        handler.close()
