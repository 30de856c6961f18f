"""Requests one page of a list and decodes the response. Blocking, for a thread of a pool."""

import binascii
import logging
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from eks_access.endpoint import LoopbackError
from eks_access.kubernetes.client import Response, UnreachableError
from eks_access.kubernetes.token import TokenTooLargeError

from ..checks.cluster_session import ClusterSession, NotKubernetesError, extract
from ..checks.kubernetes_answers import classify_response
from ..identity.assume_role import AssumeRoleError
from ..outcome import Answer, FailedRequest, Verdict
from .kinds import Kind
from .objects import CollectedObject, Interner
from .wire import encodings
from .wire.protobuf_stream import Read

_Response = TypeVar("_Response")
PAGE_SIZE = 500
"""Objects per page, as many as kubectl requests."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Page:
    """One page whose head has arrived, so that the next one can be requested already."""

    read_objects: Callable[[], "list[CollectedObject] | FailedRequest"]
    """Reads the rest of the page. Can be called once."""
    token: str
    """The `continue` token of the next page; empty at the end of the list."""
    version: str
    """The resource version of the list: the same on each of its pages."""


@dataclass(frozen=True)
class ListTarget:
    """One list: a kind, in one namespace or in all of them."""

    kind: Kind
    namespace: str | None = None


def fetch_page(
    session: ClusterSession, target: ListTarget, token: str, interner: Interner, size: int = PAGE_SIZE
) -> Page | FailedRequest:
    """The page that begins at the `continue` token `token`; the first page if that is empty.

    The request has no `resourceVersion`, so the list is consistent and recent, not served from a cache.
    https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
    """

    def fetch() -> Page | FailedRequest:
        version = _api_version(session, target.kind)
        if isinstance(version, FailedRequest):
            return version
        query = {"limit": str(size)} | ({"continue": token} if token else {})
        path = target.kind.path(version, target.namespace)
        response = session.open(path, query=query, accept=target.kind.accept)
        _log.debug(
            "cluster %s: GET %s (%s page): status %d",
            session.cluster.name,
            path,
            "next" if token else "first",
            response.status,
        )
        if response.status != 200:
            return _failed_request(Response(response.status, response.headers, response.read()))
        return _decode_page(target.kind, response.read, interner)

    return _catch_failures(fetch)


def fetch_version(session: ClusterSession) -> str | FailedRequest:
    """The API server's own version; empty if it is refused. Any response shows that the server is reachable."""

    def fetch() -> str | FailedRequest:
        response = session.request("GET", "/version")
        _log.debug("cluster %s: GET /version: status %d", session.cluster.name, response.status)
        if response.status == 403:
            return ""
        return str(extract(response, "gitVersion")) if response.status == 200 else _failed_request(response)

    return _catch_failures(fetch)


def _decode_page(kind: Kind, read: Read, interner: Interner) -> Page | FailedRequest:
    page = kind.decode_page(read)
    meta = page.metadata
    if not meta.resourceVersion:
        return _cut_off(f"the {page.kind} has no resource version")
    return Page(
        lambda: _catch_failures(lambda: kind.project(page.items, interner)), meta.continue_token, meta.resourceVersion
    )


def _cut_off(message: str) -> FailedRequest:
    return FailedRequest(Answer(Verdict.UNREACHABLE, 200, "CutOff", message))


def _api_version(session: ClusterSession, kind: Kind) -> str | FailedRequest:
    """The version of the API group to list a kind in. Only for the kinds that every cluster serves, it is known."""
    if kind.version is not None:
        return kind.version
    response = session.request("GET", f"/apis/{kind.group}")
    if response.status != 200:
        return _failed_request(response)
    return str(extract(response, "preferredVersion", "version"))


def _failed_request(response: Response) -> FailedRequest:
    answer = classify_response(encodings.decode_error(response))
    if answer.verdict is Verdict.ALLOWED:
        answer = Answer(Verdict.COULD_NOT_ASK, response.status, "", "the response is not a list")
    return FailedRequest(answer, parse_retry_after(response.headers))


def parse_retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that a response asks to wait, which it has as seconds or as a date.

    https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
    """
    value = headers.get("Retry-After", "")
    if value.isdigit():
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (at - datetime.now(UTC)).total_seconds()) if at.tzinfo else None


def _catch_failures(fetch: Callable[[], _Response | FailedRequest]) -> _Response | FailedRequest:
    """What was fetched, or the failure in place of a response."""
    try:
        return fetch()
    except msgspec.DecodeError as error:
        # The error contains paths and types, never a value.
        return _cut_off(f"the response is cut off, or not the list: {error}")
    except UnreachableError as error:
        return FailedRequest(Answer(Verdict.UNREACHABLE, None, type(error.cause).__name__, str(error)))
    except NotKubernetesError as error:
        return FailedRequest(Answer(Verdict.COULD_NOT_ASK, error.status, "", str(error)))
    except (AssumeRoleError, ClientError, BotoCoreError, LoopbackError, TokenTooLargeError) as error:
        return FailedRequest(
            Answer(Verdict.COULD_NOT_ASK, None, type(error).__name__, f"no token for the cluster: {error}")
        )
    except (ssl.SSLError, binascii.Error, UnicodeDecodeError) as error:
        message = f"the cluster's certificate authority is not usable: {error}"
        return FailedRequest(Answer(Verdict.COULD_NOT_ASK, None, type(error).__name__, message))
