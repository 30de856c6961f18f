"""Reads one list page by page, until it is complete or cannot be read.

A page that did not arrive in full is requested again with the same token, so that no object is read twice and none is
left out. A list that cannot be continued (its `continue` token has expired, or its pages have different resource
versions) is read again from the start, once. If that fails as well, the list is reported as incomplete, with the
objects that were read.

The new `continue` token in a 410 response is not used: with it, the rest of the list would be of a later resource
version than its beginning.
https://kubernetes.io/docs/reference/using-api/api-concepts/#410-gone-responses
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ..outcome import Answer, FailedRequest, Verdict
from ..run.retry import RequestRetryPolicy
from .fetch import ListTarget, Page
from .inventory import Listing, State
from .objects import CollectedObject

FetchPage = Callable[[ListTarget, str], Coroutine[Any, Any, Page | FailedRequest]]
"""Fetches the page of a list that begins at a token."""
ReadObjects = Callable[
    [Callable[[], list[CollectedObject] | FailedRequest]], Awaitable[list[CollectedObject] | FailedRequest]
]
"""Runs the blocking read of the rest of a page without blocking the event loop."""
OnPage = Callable[[int], None]
"""Called with the number of objects of each page; with a negative number when they are read again."""
_log = logging.getLogger(__name__)
_INCONSISTENT = FailedRequest(
    Answer(Verdict.COULD_NOT_ASK, 200, "Inconsistent", "the pages have different resource versions, or overlap")
)


@dataclass
class _Attempt:
    """One reading from the start, complete if `failure` is None."""

    objects: list[CollectedObject] = field(default_factory=list)
    pages: int = 0
    failure: FailedRequest | None = None

    @property
    def evidence(self) -> str:
        return self.failure.answer.evidence if self.failure else ""


async def read_list(
    target: ListTarget,
    fetch_page: FetchPage,
    read_objects: ReadObjects,
    retry_policy: RequestRetryPolicy,
    on_page: OnPage,
) -> tuple[Listing, list[CollectedObject]]:
    """The list, as much of it as could be read."""
    started = time.monotonic()
    first = attempt = await _read_from_start(target, partial(fetch_page, target), read_objects, retry_policy, on_page)
    state, reason, pages = _state(first, target), first.evidence, first.pages
    if first.failure is not None and first.pages:
        on_page(-len(first.objects))
        _log.info("%s: read again from the start after %d pages: %s", target.kind.dotted, first.pages, first.evidence)
        attempt = await _read_from_start(target, partial(fetch_page, target), read_objects, retry_policy, on_page)
        pages += attempt.pages
        if attempt.failure is None:
            state, reason = State.RESTARTED, f"read twice, because the first attempt ended with {first.evidence}"
        else:
            state, reason = State.INCOMPLETE, f"both attempts ended early, the second with {attempt.evidence}"
            attempt = max(first, attempt, key=lambda each: len(each.objects))
    listing = Listing(
        kind=target.kind.name,
        resource=target.kind.dotted,
        namespace=target.namespace,
        state=state,
        count=len(attempt.objects),
        reason=reason,
        pages=pages,
        seconds=round(time.monotonic() - started, 3),
    )
    return listing, attempt.objects


class _Prefetcher:
    """Fetches pages by their tokens, and one of them ahead of time."""

    def __init__(self, fetch: Callable[[str], Coroutine[Any, Any, Page | FailedRequest]]) -> None:
        self._fetch = fetch
        self._prefetched: tuple[str, asyncio.Task[Page | FailedRequest]] | None = None

    async def __call__(self, token: str) -> Page | FailedRequest:
        prefetched, self._prefetched = self._prefetched, None
        if prefetched is not None:
            prefetched_token, task = prefetched
            if prefetched_token == token:
                return await task
            task.cancel()
        return await self._fetch(token)

    def prefetch(self, token: str) -> None:
        self._prefetched = token, asyncio.create_task(self._fetch(token))

    def cancel(self) -> None:
        if self._prefetched is not None:
            self._prefetched[1].cancel()


async def _read_from_start(
    target: ListTarget,
    fetch: Callable[[str], Coroutine[Any, Any, Page | FailedRequest]],
    read_objects: ReadObjects,
    retry_policy: RequestRetryPolicy,
    on_page: OnPage,
) -> _Attempt:
    """One attempt to read the list. The next page is requested while the objects of a page are read."""
    prefetcher = _Prefetcher(fetch)
    attempt = _Attempt()
    requests = 0

    async def fetch_whole(token: str) -> tuple[Page, list[CollectedObject]] | FailedRequest:
        page = await prefetcher(token)
        if isinstance(page, FailedRequest):
            return page
        if page.token:
            prefetcher.prefetch(page.token)
        objects = await read_objects(page.read_objects)
        return objects if isinstance(objects, FailedRequest) else (page, objects)

    async def fetch_and_log(token: str) -> tuple[Page, list[CollectedObject]] | FailedRequest:
        nonlocal requests
        requests += 1
        result = await fetch_whole(token)
        if isinstance(result, FailedRequest):
            number, evidence = attempt.pages + 1, result.answer.evidence
            _log.info("%s, page %d, attempt %d: %s", target.kind.dotted, number, requests, evidence)
        return result

    uids: set[str] = set()
    token = version = ""
    try:
        while True:
            requests = 0
            result = await retry_policy.run(partial(fetch_and_log, token))
            if isinstance(result, FailedRequest):
                attempt.failure = result
                return attempt
            page, objects = result
            before = len(uids)
            uids.update(each.uid for each in objects)
            if len(uids) - before < len(objects) or (version and page.version != version):
                attempt.failure = _INCONSISTENT
                return attempt
            attempt.objects += objects
            attempt.pages += 1
            on_page(len(objects))
            token, version = page.token, page.version
            if not token:
                return attempt
    finally:
        prefetcher.cancel()


def _state(attempt: _Attempt, target: ListTarget) -> State:
    """The state after one attempt. A kind that every cluster serves is never absent: its 404 is a failure."""
    if attempt.failure is None:
        return State.COMPLETE
    answer = attempt.failure.answer
    if answer.verdict is Verdict.DENIED:
        return State.REFUSED
    return State.ABSENT if answer.status == 404 and target.kind.version is None else State.INCOMPLETE
