"""Pagination: a complete list is consistent, in whatever order failures occur."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from eks_access_probe.collector.fetch import ListTarget, Page
from eks_access_probe.collector.inventory import WHOLE, Node, State
from eks_access_probe.collector.kinds import NAMESPACE
from eks_access_probe.collector.objects import CollectedObject
from eks_access_probe.collector.pagination import read_list
from eks_access_probe.outcome import Answer, FailedRequest, Verdict
from eks_access_probe.run.retry import RequestRetryPolicy

Event = Literal[
    "page", "cut off", "cut off later", "no answer", "429", "401", "410", "403", "another moment", "an overlap"
]
FAILURES: dict[Event, FailedRequest] = {
    "cut off": FailedRequest(Answer(Verdict.UNREACHABLE, 200, "CutOff")),
    "no answer": FailedRequest(Answer(Verdict.UNREACHABLE, None, "ConnectTimeoutError")),
    "429": FailedRequest(Answer(Verdict.THROTTLED, 429), retry_after=1.0),
    "401": FailedRequest(Answer(Verdict.NOT_AUTHENTICATED, 401)),
    "410": FailedRequest(Answer(Verdict.COULD_NOT_ASK, 410, "Expired")),
    "403": FailedRequest(Answer(Verdict.DENIED, 403, "Forbidden")),
}
PAGES, SIZE = 4, 3


class Cluster:
    """Serves lists: each restart has another resource version, with objects of its own."""

    def __init__(self, events: Sequence[Event]) -> None:
        self._events = iter(events)
        self._moment = 0

    async def fetch(self, place: ListTarget, token: str) -> Page | FailedRequest:
        event: Event = next(self._events, "page")
        if event in FAILURES:
            return FAILURES[event]
        if not token:
            self._moment += 1
        moment, number = map(int, token.split()) if token else (self._moment, 0)
        following = f"{moment} {number + 1}" if number + 1 < PAGES else ""
        if event == "an overlap" and number:
            number -= 1
        version = f"{moment}-other" if event == "another moment" and number else str(moment)
        page = names(moment)[number * SIZE : (number + 1) * SIZE]
        rest: list[CollectedObject] | FailedRequest = [seen(name) for name in page]
        if event == "cut off later":
            rest = FAILURES["cut off"]
        return Page(lambda: rest, following, version)


def names(moment: int) -> list[str]:
    return [f"{moment}-{number}" for number in range(PAGES * SIZE)]


def seen(name: str) -> CollectedObject:
    return CollectedObject(Node(kind="Namespace", name=name), name)


async def here(see: Callable[[], list[CollectedObject] | FailedRequest]) -> list[CollectedObject] | FailedRequest:
    return see()


async def at_once(seconds: float) -> None:
    """Does not wait."""


@given(st.lists(st.sampled_from(Event.__args__), max_size=40))  # type: ignore[attr-defined]
def test_a_complete_list_has_one_resource_version_whatever_fails(events: list[Event]) -> None:
    progress: list[int] = []
    retry_policy = RequestRetryPolicy(lambda times: None, deadline=1e12, sleep=at_once)
    listing, found = asyncio.run(
        read_list(ListTarget(NAMESPACE), Cluster(events).fetch, here, retry_policy, progress.append)
    )
    got = [each.node.name for each in found]
    assert listing.count == len(got)
    assert len(set(got)) == len(got), "no object is there twice"
    moments = {name.partition("-")[0] for name in got}
    if listing.state in WHOLE:
        assert got == names(int(moments.pop())), "every page of one resource version, in order"
    else:
        assert len(got) < PAGES * SIZE
        assert len(moments) <= 1, "not even an incomplete list mixes resource versions"
        assert listing.reason
        assert listing.state in (State.INCOMPLETE, State.REFUSED)
    if listing.state is State.REFUSED:
        assert not got, "a list that was started is not refused"
    if not events:
        assert listing.state is State.COMPLETE
        assert sum(progress) == PAGES * SIZE


def test_nothing_is_retried_after_the_deadline() -> None:
    now = 0.0
    asked = 0

    async def wait(seconds: float) -> None:
        nonlocal now
        now += seconds

    async def ask() -> str | FailedRequest:
        nonlocal asked
        asked += 1
        return FailedRequest(Answer(Verdict.THROTTLED, 429), retry_after=4.0)

    retry_policy = RequestRetryPolicy(lambda times: None, deadline=10.0, clock=lambda: now, sleep=wait)
    got = asyncio.run(retry_policy.run(ask))
    assert isinstance(got, FailedRequest)
    assert (asked, now) == (3, 8.0), "attempts at 0, 4 and 8; 12 would be too late"


def test_a_wait_is_as_long_as_retry_after() -> None:
    waits: list[float] = []
    answers: list[str | FailedRequest] = [FailedRequest(Answer(Verdict.THROTTLED, 429), retry_after=7.0), "there"]

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    async def ask() -> str | FailedRequest:
        return answers.pop(0)

    assert asyncio.run(RequestRetryPolicy(lambda times: None, deadline=1e12, sleep=wait).run(ask)) == "there"
    assert waits == [7.0]
