"""One list, page by page, until it is whole or cannot be had.

A page that did not come whole is asked for again by the same token, so nothing comes twice and nothing is left out. A
list that cannot be gone on with (its `continue` token has expired, its pages are not of one moment) is read again from
the start, once. What cannot be finished then is told as incomplete, with what was found.

The fresh `continue` token of a 410 is not used: with it the rest of the list would be of another moment than its
beginning. https://kubernetes.io/docs/reference/using-api/api-concepts/#410-gone-responses
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ..outcome import Answer, FailedRequest, Verdict
from ..run.retry import RequestRetryPolicy
from .fetch import Page, Place
from .inventory import Listing, State
from .seen import Seen

Fetch = Callable[[Place, str], Coroutine[Any, Any, Page | FailedRequest]]
"""Gives the page of a list that begins at a token."""
See = Callable[[Callable[[], list[Seen] | FailedRequest]], Awaitable[list[Seen] | FailedRequest]]
"""Has the rest of a page read where it hinders nobody."""
OnPage = Callable[[int], None]
"""Is told how many more objects are there; below zero where some are read again."""
_MIXED = FailedRequest(
    Answer(Verdict.COULD_NOT_ASK, 200, "Inconsistent", "the pages of the list are not of one moment, or overlap")
)


@dataclass
class _Attempt:
    """One reading from the start, and how it ended: whole where `failed` is None."""

    seen: list[Seen] = field(default_factory=list)
    pages: int = 0
    failed: FailedRequest | None = None

    @property
    def evidence(self) -> str:
        return self.failed.answer.evidence if self.failed else ""


async def read(
    place: Place, fetch: Fetch, see: See, retry_policy: RequestRetryPolicy, on_page: OnPage
) -> tuple[Listing, list[Seen]]:
    """The list, as much of it as could be read."""
    started = time.monotonic()
    first = attempt = await _attempt(partial(fetch, place), see, retry_policy, on_page)
    state, reason, pages = _state(first, place), first.evidence, first.pages
    if first.failed is not None and first.pages:
        on_page(-len(first.seen))
        attempt = await _attempt(partial(fetch, place), see, retry_policy, on_page)
        pages += attempt.pages
        if attempt.failed is None:
            state, reason = State.RESTARTED, f"read twice, for the first reading ended with {first.evidence}"
        else:
            state, reason = State.INCOMPLETE, f"two readings ended early, the second with {attempt.evidence}"
            attempt = max(first, attempt, key=lambda each: len(each.seen))
    listing = Listing(
        kind=place.kind.name,
        resource=place.kind.dotted,
        namespace=place.namespace,
        state=state,
        count=len(attempt.seen),
        reason=reason,
        pages=pages,
        seconds=round(time.monotonic() - started, 3),
    )
    return listing, attempt.seen


class _Ahead:
    """Fetches pages by their tokens, one of them before it is asked for."""

    def __init__(self, fetch: Callable[[str], Coroutine[Any, Any, Page | FailedRequest]]) -> None:
        self._fetch = fetch
        self._begun: tuple[str, asyncio.Task[Page | FailedRequest]] | None = None

    async def __call__(self, token: str) -> Page | FailedRequest:
        begun, self._begun = self._begun, None
        if begun is not None:
            expected, coming = begun
            if expected == token:
                return await coming
            coming.cancel()
        return await self._fetch(token)

    def begin(self, token: str) -> None:
        self._begun = token, asyncio.create_task(self._fetch(token))

    def cancel(self) -> None:
        if self._begun is not None:
            self._begun[1].cancel()


async def _attempt(
    fetch: Callable[[str], Coroutine[Any, Any, Page | FailedRequest]],
    see: See,
    retry_policy: RequestRetryPolicy,
    on_page: OnPage,
) -> _Attempt:
    """While a page comes in, the next one is asked for."""
    ahead = _Ahead(fetch)

    async def whole(token: str) -> tuple[Page, list[Seen]] | FailedRequest:
        page = await ahead(token)
        if isinstance(page, FailedRequest):
            return page
        if page.token:
            ahead.begin(page.token)
        seen = await see(page.seen)
        return seen if isinstance(seen, FailedRequest) else (page, seen)

    attempt = _Attempt()
    known: set[str] = set()
    token = version = ""
    try:
        while True:
            got = await retry_policy.run(partial(whole, token))
            if isinstance(got, FailedRequest):
                attempt.failed = got
                return attempt
            page, seen = got
            before = len(known)
            known.update(each.uid for each in seen)
            if len(known) - before < len(seen) or (version and page.version != version):
                attempt.failed = _MIXED
                return attempt
            attempt.seen += seen
            attempt.pages += 1
            on_page(len(seen))
            token, version = page.token, page.version
            if not token:
                return attempt
    finally:
        ahead.cancel()


def _state(attempt: _Attempt, place: Place) -> State:
    """What one reading shows. A kind that every cluster serves is never taken for absent: then a 404 is a fault."""
    if attempt.failed is None:
        return State.COMPLETE
    answer = attempt.failed.answer
    if answer.verdict is Verdict.DENIED:
        return State.REFUSED
    return State.ABSENT if answer.status == 404 and place.kind.version is None else State.INCOMPLETE
