"""One cluster as one integration: everything that its API server tells."""

import asyncio
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from functools import partial

from ..checks.cluster_session import ClusterSession
from ..outcome import FailedRequest
from ..run.retry import RequestRetryPolicy
from . import fetch, graph, kinds, paging
from .fetch import Page, Place
from .inventory import WHOLE, ClusterInventory, Listing, State
from .kinds import NAMESPACE, Kind
from .reachability import KNOCKS, Door
from .seen import Seen, Shared
from .threads import Threads

_List = tuple[Listing, list[Seen]]


class ClusterReader:
    """Reads one cluster. `on_page` is told how many more objects have come in.

    Of several sessions, each list is asked for as one after the other until it is not refused.
    """

    def __init__(
        self,
        sessions: Sequence[ClusterSession],
        door: Door,
        threads: Threads,
        retry_policy: RequestRetryPolicy,
        on_page: paging.OnPage,
        *,
        page_size: int = fetch.PAGE,
    ) -> None:
        self._sessions = sessions
        self._access = sessions[0].actor.access
        self._door = door
        self._threads = threads
        self._retry_policy = retry_policy
        self._on_page = on_page
        self._page_size = page_size
        self._shared = Shared()

    async def read_into(self, found: ClusterInventory) -> None:
        """Fill in what the API server tells, or why it could not be asked."""
        knock = partial(self._threads.knock, fetch.version, self._sessions[0])
        version = await self._door.knock(partial(self._retry_policy.run, knock, max_attempts=KNOCKS))
        if isinstance(version, FailedRequest):
            found.trouble = version.answer.evidence
            return
        found.version = version
        lists = await self._lists()
        found.listings = [listing for listing, _ in lists]
        endpoints = [listing.state for listing in found.listings if listing.kind == "EndpointSlice"]
        found.nodes, found.edges = await self._threads.call(
            graph.build, [seen for _, seen in lists], endpoints_are_known=any(state in WHOLE for state in endpoints)
        )

    async def _lists(self) -> list[_List]:
        """Every kind everywhere; what is refused there, in the namespaces in which there is a right to it."""
        wanted = kinds.of(self._access)
        everywhere = await asyncio.gather(*(self._list(kind) for kind in wanted))
        there = _namespaces(everywhere)
        within: list[Place] = []
        unknown: list[_List] = []
        for kind, (listing, _) in zip(wanted, everywhere, strict=True):
            if listing.state is State.REFUSED:
                for pattern in kinds.namespaces(self._access, kind):
                    if "*" in pattern and there is None:
                        unknown.append((_not_listed(kind, pattern), []))
                    else:
                        within += (Place(kind, namespace) for namespace in _meant(pattern, there or []))
        own = await asyncio.gather(*map(self._place, within))
        # A kind that is in no namespace is not served there, which says nothing.
        return [*everywhere, *(each for each in own if each[0].state is not State.ABSENT), *unknown]

    async def _list(self, kind: Kind) -> _List:
        return await self._place(Place(kind))

    async def _place(self, place: Place) -> _List:
        *first, last = self._sessions
        for session in first:
            listed = await self._read(session, place)
            if listed[0].state is not State.REFUSED:
                return listed
        return await self._read(last, place)

    async def _read(self, session: ClusterSession, place: Place) -> _List:
        fetch = partial(self._page, session)
        async with self._door.places:
            return await paging.read(place, fetch, self._threads.call, self._retry_policy, self._on_page)

    async def _page(self, session: ClusterSession, place: Place, token: str) -> Page | FailedRequest:
        return await self._door.call(
            partial(self._threads.call, fetch.page, session, place, token, self._shared, self._page_size)
        )


def _namespaces(lists: Iterable[_List]) -> list[str] | None:
    """The namespaces that there are; None where it is not known."""
    listing, seen = next(each for each in lists if each[0].kind == NAMESPACE.name)
    return [namespace.node.name for namespace in seen] if listing.state in WHOLE else None


def _meant(pattern: str, there: Iterable[str]) -> list[str]:
    """The namespaces that are meant: the scope of an access policy may hold wildcards.
    https://docs.aws.amazon.com/eks/latest/userguide/access-policies.html
    """
    return [name for name in there if fnmatchcase(name, pattern)] if "*" in pattern else [pattern]


def _not_listed(kind: Kind, pattern: str) -> Listing:
    reason = "which namespaces these are is not known, for they may not be listed"
    return Listing(
        kind=kind.name, resource=kind.dotted, namespace=pattern, state=State.INCOMPLETE, count=0, reason=reason
    )
