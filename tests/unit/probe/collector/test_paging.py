"""Whatever the order of what goes wrong: a list that is told as whole is the list of one moment."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from eks_access_probe.collector.fetch import Page, Place
from eks_access_probe.collector.inventory import WHOLE, Node, State
from eks_access_probe.collector.kinds import NAMESPACE
from eks_access_probe.collector.paging import read
from eks_access_probe.collector.seen import Seen
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
    """Lists of which each beginning is another moment, with objects of its own."""

    def __init__(self, events: Sequence[Event]) -> None:
        self._events = iter(events)
        self._moment = 0

    async def fetch(self, place: Place, token: str) -> Page | FailedRequest:
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
        rest: list[Seen] | FailedRequest = [seen(name) for name in page]
        if event == "cut off later":
            rest = FAILURES["cut off"]
        return Page(lambda: rest, following, version)


def names(moment: int) -> list[str]:
    return [f"{moment}-{number}" for number in range(PAGES * SIZE)]


def seen(name: str) -> Seen:
    return Seen(Node(kind="Namespace", name=name), name)


async def here(see: Callable[[], list[Seen] | FailedRequest]) -> list[Seen] | FailedRequest:
    return see()


async def at_once(seconds: float) -> None:
    """Waits no time at all."""


@given(st.lists(st.sampled_from(Event.__args__), max_size=40))  # type: ignore[attr-defined]
def test_what_is_told_as_whole_is_the_list_of_one_moment(events: list[Event]) -> None:
    progress: list[int] = []
    retry_policy = RequestRetryPolicy(lambda times: None, deadline=1e12, sleep=at_once)
    listing, found = asyncio.run(read(Place(NAMESPACE), Cluster(events).fetch, here, retry_policy, progress.append))
    got = [each.node.name for each in found]
    assert listing.count == len(got)
    assert len(set(got)) == len(got), "nothing is there twice"
    moments = {name.partition("-")[0] for name in got}
    if listing.state in WHOLE:
        assert got == names(int(moments.pop())), "every page of one moment, in its order"
    else:
        assert len(got) < PAGES * SIZE
        assert len(moments) <= 1, "not even an incomplete list mixes two moments"
        assert listing.reason
        assert listing.state in (State.INCOMPLETE, State.REFUSED)
    if listing.state is State.REFUSED:
        assert not got, "a list that was begun is not refused"
    if not events:
        assert listing.state is State.COMPLETE
        assert sum(progress) == PAGES * SIZE


def test_after_the_deadline_nothing_is_asked_again() -> None:
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
    assert (asked, now) == (3, 8.0), "asked at 0, 4 and 8; 12 would be too late"


def test_a_wait_is_as_long_as_the_server_asks_for() -> None:
    waits: list[float] = []
    answers: list[str | FailedRequest] = [FailedRequest(Answer(Verdict.THROTTLED, 429), retry_after=7.0), "there"]

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    async def ask() -> str | FailedRequest:
        return answers.pop(0)

    assert asyncio.run(RequestRetryPolicy(lambda times: None, deadline=1e12, sleep=wait).run(ask)) == "there"
    assert waits == [7.0]
