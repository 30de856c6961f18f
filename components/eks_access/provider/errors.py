"""Which errors are told to the user in words alone: all but this package's own faults, whose stack is needed."""

import asyncio
import re
from collections.abc import Iterator

import grpc  # type: ignore[import-untyped]
from pulumi import RunError

from ..errors import InvalidInputError
from .handler import ProviderError

ENDED = "the engine ended the deployment before this was done"
_MEANT_FOR_THE_USER = (ProviderError, InvalidInputError, RunError)
_ENDED_CODES = (grpc.StatusCode.CANCELLED, grpc.StatusCode.UNAVAILABLE)
_ENDED_TEXTS = re.compile(
    "context canceled|code = Cancell?ed|failed: Cancell?ed|Resource monitor has terminated|RST_STREAM|Socket closed"
    "|Channel closed|transport is closing|connection is closing",
    re.IGNORECASE,
)
"""The SDK keeps of a failed call to the engine its details alone, and not its code (pulumi.runtime.settings,
grpc_error_to_exception). These are what gRPC and Go say of a call that was cancelled or whose other end is gone."""
_INVOKE_FAILED = re.compile(r"invoke of \S+ failed: ", re.DOTALL)
"""How the SDK begins the error of a question that a provider answered with one (pulumi.runtime.invoke)."""


def told(error: BaseException) -> tuple[grpc.StatusCode, str] | None:
    """The code and the words for the user; None where the error is a fault of this package's."""
    causes = list(_causes(error))
    meant = next((each for each in causes if isinstance(each, _MEANT_FOR_THE_USER) and not is_the_end(each)), None)
    if meant is not None:
        return grpc.StatusCode.FAILED_PRECONDITION, str(meant)
    if any(map(is_the_end, causes)):
        return grpc.StatusCode.CANCELLED, ENDED
    # The innermost: the SDK's component host repeats it with its stack.
    asked = next((each for each in reversed(causes) if _INVOKE_FAILED.match(str(each))), None)
    return None if asked is None else (grpc.StatusCode.FAILED_PRECONDITION, str(asked))


def is_the_end(error: BaseException) -> bool:
    """Whether it says no more than that the engine cancelled the call, or is gone."""
    if isinstance(error, asyncio.CancelledError):
        return True
    if isinstance(error, grpc.RpcError):
        return error.code() in _ENDED_CODES
    return _ENDED_TEXTS.search(str(error)) is not None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what led to it, outermost first; the component host keeps it in `inner`."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = getattr(seen, "inner", None) or seen.__cause__ or seen.__context__
