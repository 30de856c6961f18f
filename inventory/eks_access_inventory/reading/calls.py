"""Makes the calls: in threads, with retries of what is transient, and none begun after the deadline."""

import binascii
import json
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from eks_access.endpoint import LoopbackError
from eks_access.kubernetes.client import KubernetesApi, UnreachableError
from eks_access.kubernetes.token import TokenTooLargeError
from eks_access_probe.checks.aws_errors import classify_client_error, classify_service_error, parse_error
from eks_access_probe.checks.kubernetes_answers import classify_response
from eks_access_probe.collector.fetch import parse_retry_after
from eks_access_probe.collector.threads import Threads
from eks_access_probe.outcome import Answer, FailedRequest, Verdict
from eks_access_probe.run.retry import RequestRetryPolicy

_Value = TypeVar("_Value")
_MISSING = ("ResourceNotFoundException", "NoSuchEntity", "NoSuchEntityException", "NotFound")
FIRST_ATTEMPTS = 2
"""Attempts at the first request to an API server that does not respond; each takes as long as its time-out."""


@dataclass(frozen=True)
class Caller:
    """Calls AWS and API servers for the event loop. No attempt begins after `deadline`, by `time.monotonic`."""

    threads: Threads
    deadline: float

    async def ask_aws(self, call: Callable[[], _Value]) -> _Value | FailedRequest:
        """What a call of AWS returns, or its failure."""

        async def attempt() -> _Value | FailedRequest:
            late = self._find_late()
            return await self.threads.call(_catch_aws, call) if late is None else late

        return await self._policy.run(attempt)

    async def ask_cluster(
        self, api: KubernetesApi, path: str, query: Mapping[str, str] | None = None, *, is_first: bool = False
    ) -> Any | FailedRequest:
        """The decoded answer of an API server, or its failure. The first request, which may time out, is tried less."""

        async def attempt() -> Any | FailedRequest:
            late = self._find_late()
            return await self.threads.first_call(_fetch, api, path, query or {}) if late is None else late

        return await self._policy.run(attempt, max_attempts=FIRST_ATTEMPTS if is_first else None)

    @property
    def _policy(self) -> RequestRetryPolicy:
        return RequestRetryPolicy(lambda _: None, deadline=self.deadline)

    def _find_late(self) -> FailedRequest | None:
        if time.monotonic() <= self.deadline:
            return None
        return FailedRequest(Answer(Verdict.COULD_NOT_ASK, None, "", "not asked: the deadline had passed"))


def is_missing(failed: FailedRequest) -> bool:
    """Whether the failure says that there is no such thing."""
    return failed.answer.reason in _MISSING


def is_unreachable(failed: FailedRequest) -> bool:
    """Whether there was no response at all."""
    return failed.answer.verdict is Verdict.UNREACHABLE and failed.answer.status is None


def _catch_aws(call: Callable[[], _Value]) -> _Value | FailedRequest:
    try:
        return call()
    except ClientError as error:
        answer = classify_service_error(error)
        if answer.verdict is Verdict.ALLOWED:
            answer = parse_error(error).answer(Verdict.COULD_NOT_ASK)
        return FailedRequest(answer)
    except (BotoCoreError, LoopbackError) as error:
        return FailedRequest(classify_client_error(error))


def _fetch(api: KubernetesApi, path: str, query: Mapping[str, str]) -> Any | FailedRequest:
    try:
        response = api.request("GET", path, query=query)
        if response.status >= 400:
            return FailedRequest(classify_response(response), parse_retry_after(response.headers))
        return _decode(response.body)
    except UnreachableError as error:
        return FailedRequest(Answer(Verdict.UNREACHABLE, None, type(error.cause).__name__, str(error)))
    except (TokenTooLargeError, ssl.SSLError, binascii.Error, UnicodeDecodeError) as error:
        return FailedRequest(Answer(Verdict.COULD_NOT_ASK, None, type(error).__name__, str(error)))


def _decode(body: bytes) -> Any | FailedRequest:
    try:
        decoded = json.loads(body)
    except ValueError:
        decoded = None
    if not isinstance(decoded, dict):
        return FailedRequest(Answer(Verdict.COULD_NOT_ASK, 200, "", "the response is not that of a Kubernetes API"))
    return decoded
