"""One page of one list: asked for, and made of what comes. Blocking, for a thread of a pool."""

import binascii
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
from .seen import Seen, Shared
from .wire import encodings
from .wire.protobuf_stream import Read

_Got = TypeVar("_Got")
PAGE = 500
"""Objects a page: as many as kubectl asks for."""


@dataclass(frozen=True)
class Page:
    """One page, of which the head has come: the next one can be asked for."""

    seen: Callable[[], "list[Seen] | FailedRequest"]
    """Reads the rest of it, and gives what is kept of it. To be asked for once."""
    token: str
    """Where the next page begins; empty at the end of the list."""
    version: str
    """The moment that the list is of; the same on each of its pages."""


@dataclass(frozen=True)
class Place:
    """One list: a kind, in one namespace or in all."""

    kind: Kind
    namespace: str | None = None


def page(session: ClusterSession, place: Place, token: str, shared: Shared, size: int = PAGE) -> Page | FailedRequest:
    """The page of the list that begins at `token`, or at its beginning where that is empty.

    No `resourceVersion` is asked for: the list is of this moment and not of a cache's.
    https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
    """

    def fetch() -> Page | FailedRequest:
        version = _version(session, place.kind)
        if isinstance(version, FailedRequest):
            return version
        query = {"limit": str(size)} | ({"continue": token} if token else {})
        path = place.kind.path(version, place.namespace)
        answer = session.open(path, query=query, accept=place.kind.accept)
        if answer.status != 200:
            return _failed(Response(answer.status, answer.headers, answer.read()))
        return _page(place.kind, answer.read, shared)

    return _answered(fetch)


def _page(kind: Kind, read: Read, shared: Shared) -> Page | FailedRequest:
    page = kind.page(read)
    meta = page.metadata
    if not meta.resourceVersion:
        return _cut_off(f"the {page.kind} is of no moment: it has no resource version")
    return Page(lambda: _answered(lambda: kind.kept(page.items, shared)), meta.next, meta.resourceVersion)


def version(session: ClusterSession) -> str | FailedRequest:
    """The API server's own version. Any answer shows that it can be reached."""

    def fetch() -> str | FailedRequest:
        response = session.request("GET", "/version")
        if response.status == 403:
            return ""
        return str(extract(response, "gitVersion")) if response.status == 200 else _failed(response)

    return _answered(fetch)


def _cut_off(words: str) -> FailedRequest:
    return FailedRequest(Answer(Verdict.UNREACHABLE, 200, "CutOff", words))


def _version(session: ClusterSession, kind: Kind) -> str | FailedRequest:
    """The version to list a kind in; of the kinds that everybody has, it is known."""
    if kind.version is not None:
        return kind.version
    response = session.request("GET", f"/apis/{kind.group}")
    if response.status != 200:
        return _failed(response)
    return str(extract(response, "preferredVersion", "version"))


def _failed(response: Response) -> FailedRequest:
    answer = classify_response(encodings.error(response))
    if answer.verdict is Verdict.ALLOWED:
        answer = Answer(Verdict.COULD_NOT_ASK, response.status, "", "the answer is no list")
    return FailedRequest(answer, _retry_after(response.headers))


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """https://www.rfc-editor.org/rfc/rfc9110#name-retry-after: seconds, or a date."""
    value = headers.get("Retry-After", "")
    if value.isdigit():
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (at - datetime.now(UTC)).total_seconds()) if at.tzinfo else None


def _answered(fetch: Callable[[], _Got | FailedRequest]) -> _Got | FailedRequest:
    """What was fetched, or what came in the place of an answer."""
    try:
        return fetch()
    except msgspec.DecodeError as error:
        # It tells places and types, and never a value.
        return _cut_off(f"the body is cut off, or not the list: {error}")
    except UnreachableError as error:
        return FailedRequest(Answer(Verdict.UNREACHABLE, None, type(error.cause).__name__, str(error)))
    except NotKubernetesError as error:
        return FailedRequest(Answer(Verdict.COULD_NOT_ASK, error.status, "", str(error)))
    except (AssumeRoleError, ClientError, BotoCoreError, LoopbackError, TokenTooLargeError) as error:
        return FailedRequest(
            Answer(Verdict.COULD_NOT_ASK, None, type(error).__name__, f"no token for the cluster: {error}")
        )
    except (ssl.SSLError, binascii.Error, UnicodeDecodeError) as error:
        words = f"the cluster's certificate authority is not usable: {error}"
        return FailedRequest(Answer(Verdict.COULD_NOT_ASK, None, type(error).__name__, words))
