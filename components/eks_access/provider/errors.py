"""Errors of the plugin, and which errors the user sees as a message alone: all but bugs, whose traceback is needed."""

import asyncio
import re
from collections.abc import Iterator

import grpc  # type: ignore[import-untyped]
from pulumi import RunError

from ..errors import EksAccessError, InvalidInputError
from ..redaction import redacted
from ..text_layout import show_controls

ENGINE_STOPPED = "the engine ended the deployment before this was done"
_STOPPED_CODES = (grpc.StatusCode.CANCELLED, grpc.StatusCode.UNAVAILABLE)
_STOPPED_TEXTS = re.compile(
    "context canceled|code = Cancell?ed|failed: Cancell?ed|Resource monitor has terminated|RST_STREAM|Socket closed"
    "|Channel closed|transport is closing|connection is closing",
    re.IGNORECASE,
)
"""Messages of gRPC and Go for a call that was cancelled or whose other end is gone. Of a failed call to the engine, the
SDK keeps the details alone, and not the status code (pulumi.runtime.settings, grpc_error_to_exception)."""
_INVOKE_FAILED = re.compile(r"invoke of \S+ failed: ", re.DOTALL)
"""How the SDK begins the error of an invoke that the provider answered with an error (pulumi.runtime.invoke)."""


class ProviderError(EksAccessError):
    """An operation failed for a reason that the user can act on: reported without a traceback."""


class NotAvailableError(ProviderError):
    """The cluster or service that the resource is in could not be accessed. In a preview this is a warning."""


_USER_ERRORS = (ProviderError, InvalidInputError, RunError)


def user_message(error: BaseException) -> tuple[grpc.StatusCode, str] | None:
    """Status code and message to show the user, or None if this is a bug whose traceback is needed."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, _USER_ERRORS) and not is_engine_stopped(cause):
            return grpc.StatusCode.FAILED_PRECONDITION, _format_message(cause)
    if any(map(is_engine_stopped, causes)):
        return grpc.StatusCode.CANCELLED, ENGINE_STOPPED
    # The innermost one: the SDK's component host repeats it together with its traceback.
    for cause in reversed(causes):
        if _INVOKE_FAILED.match(str(cause)):
            return grpc.StatusCode.FAILED_PRECONDITION, _format_message(cause)
    return None


def _format_message(cause: BaseException) -> str:
    """The message as the engine shows and keeps it: other programs' words in it may have credentials in them."""
    return show_controls(redacted(str(cause), limit=None), keep_lines=True)


def is_engine_stopped(error: BaseException) -> bool:
    """Does the error mean only that the engine cancelled the call, or is gone?"""
    if isinstance(error, asyncio.CancelledError):
        return True
    if isinstance(error, grpc.RpcError):
        return error.code() in _STOPPED_CODES
    return _STOPPED_TEXTS.search(str(error)) is not None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and its causes, outermost first. The component host keeps the cause in `inner`."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = getattr(seen, "inner", None) or seen.__cause__ or seen.__context__
