"""One cluster as one integration: everything that its API server tells."""

import asyncio
from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import partial

from ..checks.cluster_session import ClusterSession
from . import fetch, graph, kinds, reading
from .doors import KNOCKS, Door
from .fetch import Failed, Page, Place
from .inventory import WHOLE, ClusterInventory, Listing, State
from .kinds import NAMESPACE, Kind
from .patient import Patient
from .seen import Seen, Shared
from .threads import Threads

_List = tuple[Listing, list[Seen]]


class ClusterReader:
    """Reads one cluster. `on_page` is told how many more objects have come in."""

    def __init__(
        self,
        session: ClusterSession,
        door: Door,
        threads: Threads,
        patient: Patient,
        on_page: reading.OnPage,
        *,
        page_size: int = fetch.PAGE,
    ) -> None:
        self._session = session
        self._access = session.actor.access
        self._door = door
        self._threads = threads
        self._patient = patient
        self._on_page = on_page
        self._page_size = page_size
        self._shared = Shared()

    async def read_into(self, found: ClusterInventory) -> None:
        """Fill in what the API server tells, or why it could not be asked."""
        knock = partial(self._threads.knock, fetch.version, self._session)
        version = await self._door.knock(partial(self._patient, knock, attempts=KNOCKS))
        if isinstance(version, Failed):
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
        """Every kind everywhere; where that is refused, in the namespaces in which there are rights of their own."""
        wanted = kinds.of(self._access)
        everywhere = await asyncio.gather(*(self._list(kind) for kind in wanted))
        own, unknown = _namespaces(kinds.namespaces(self._access), everywhere)
        refused = [kind for kind, (listing, _) in zip(wanted, everywhere, strict=True) if _is_refused(kind, listing)]
        within = await asyncio.gather(*(self._list(kind, namespace) for kind in refused for namespace in own))
        missing: list[_List] = [(_not_listed(kind, pattern), []) for kind in refused for pattern in unknown]
        # A kind that is in no namespace is not served there, which says nothing.
        return [*everywhere, *(each for each in within if each[0].state is not State.ABSENT), *missing]

    async def _list(self, kind: Kind, namespace: str | None = None) -> _List:
        return await reading.read(Place(kind, namespace), self._page, self._patient, self._on_page)

    async def _page(self, place: Place, token: str) -> Page | Failed:
        return await self._door.call(
            partial(self._threads.call, fetch.page, self._session, place, token, self._shared, self._page_size)
        )


def _is_refused(kind: Kind, listing: Listing) -> bool:
    return listing.state is State.REFUSED and kind.name not in graph.CLUSTER_SCOPED


def _namespaces(patterns: Iterable[str], lists: Iterable[_List]) -> tuple[list[str], list[str]]:
    """The namespaces that the patterns mean, and the patterns whose meaning is not known.

    The scope of an access policy may hold wildcards.
    https://docs.aws.amazon.com/eks/latest/userguide/access-policies.html
    """
    listing, seen = next(each for each in lists if each[0].kind == NAMESPACE.name)
    there = [namespace.node.name for namespace in seen]
    found: dict[str, None] = {}
    unknown = []
    for pattern in patterns:
        if "*" not in pattern:
            found[pattern] = None
        elif listing.state in WHOLE:
            found.update((name, None) for name in there if fnmatchcase(name, pattern))
        else:
            unknown.append(pattern)
    return list(found), unknown


def _not_listed(kind: Kind, pattern: str) -> Listing:
    reason = "which namespaces these are is not known, for they may not be listed"
    return Listing(
        kind=kind.name, resource=kind.dotted, namespace=pattern, state=State.INCOMPLETE, count=0, reason=reason
    )
