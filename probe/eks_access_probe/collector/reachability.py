"""Probes each API server once and stops calling one that is down.

A connection attempt to an API server that is down takes seconds to fail. So the first attempt runs in a thread pool of
its own, and other callers wait for its result in place of trying as well. Once a server stops responding, no further
request is sent to it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from ..outcome import FailedRequest, Verdict

MAX_ATTEMPTS = 3
"""How many times the first connection to a cluster is attempted."""
LISTS_AT_ONCE = 3
"""How many lists are read from one cluster at the same time."""
MAX_CONSECUTIVE_FAILURES = 9
"""After this many requests in a row without a response, a cluster counts as down."""
_Response = TypeVar("_Response")
_log = logging.getLogger(__name__)


@dataclass
class CircuitBreaker:
    """The circuit breaker of one cluster's API server, shared by all integrations."""

    failure: FailedRequest | None = None
    """Why the circuit is open; None while requests may be sent."""
    list_slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(LISTS_AT_ONCE))
    """Acquired for as long as a list is read: if each page competed on its own, the longest list, begun early, would
    end long after all others."""
    _first_attempt: asyncio.Lock = field(default_factory=asyncio.Lock)
    _was_attempted: bool = False
    _consecutive_failures: int = 0

    async def check_reachable(self, attempt: Callable[[], Awaitable[str | FailedRequest]]) -> str | FailedRequest:
        """The API server's response to this caller, or the failure that opened the circuit."""
        async with self._first_attempt:
            if self.failure is None and not self._was_attempted:
                response = await attempt()
                self._was_attempted = True
                if failure := _connection_failure(response):
                    self._open(failure)
                return response
        return await attempt() if self.failure is None else self.failure

    async def call(self, request: Callable[[], Awaitable[_Response | FailedRequest]]) -> _Response | FailedRequest:
        """Send one request, unless the circuit is open. The caller has acquired one of `list_slots`."""
        if self.failure is not None:
            return self.failure
        response = await request()
        failure = _connection_failure(response)
        self._consecutive_failures = self._consecutive_failures + 1 if failure else 0
        if failure and self._consecutive_failures >= MAX_CONSECUTIVE_FAILURES:
            self._open(failure)
        return response

    def _open(self, failure: FailedRequest) -> None:
        _log.info("circuit opened, no further requests to this API server: %s", failure.answer.evidence)
        self.failure = failure


class CircuitBreakers:
    """One circuit breaker for each API server."""

    def __init__(self) -> None:
        self._by_endpoint: dict[str, CircuitBreaker] = {}

    def find(self, endpoint: str) -> CircuitBreaker:
        return self._by_endpoint.setdefault(endpoint, CircuitBreaker())


def _connection_failure(response: object) -> FailedRequest | None:
    """The failure if there was no response at all, or None."""
    if (
        isinstance(response, FailedRequest)
        and response.answer.verdict is Verdict.UNREACHABLE
        and response.answer.status is None
    ):
        return response
    return None
