"""Reads one cluster's API server as one integration: version, lists and the graph of them."""

import asyncio
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from functools import partial

from ..checks.cluster_session import ClusterSession
from ..outcome import FailedRequest
from ..run.retry import RequestRetryPolicy
from . import fetch, kinds, pagination
from .fetch import ListTarget, Page
from .graph import build_graph
from .inventory import WHOLE, ClusterInventory, Listing, State
from .kinds import NAMESPACE, Kind
from .objects import CollectedObject, Interner
from .reachability import MAX_ATTEMPTS, CircuitBreaker
from .threads import Threads

_List = tuple[Listing, list[CollectedObject]]


class ClusterReader:
    """Reads one cluster.

    Args:
        sessions: each list is read with the first of these sessions whose caller may list it.
        breaker: the circuit breaker of the cluster's API server.
        retry_policy: retries transient failures.
        on_page: called with the number of objects of each page.
        page_size: objects per page.
    """

    def __init__(
        self,
        sessions: Sequence[ClusterSession],
        breaker: CircuitBreaker,
        threads: Threads,
        retry_policy: RequestRetryPolicy,
        on_page: pagination.OnPage,
        *,
        page_size: int = fetch.PAGE_SIZE,
    ) -> None:
        self._sessions = sessions
        self._access = sessions[0].actor.access
        self._breaker = breaker
        self._threads = threads
        self._retry_policy = retry_policy
        self._on_page = on_page
        self._page_size = page_size
        self._interner = Interner()

    async def read_into(self, inventory: ClusterInventory) -> None:
        """Fill in what the integration sees in the API server, or why the server could not be read."""
        attempt = partial(self._threads.first_call, fetch.fetch_version, self._sessions[0])
        version = await self._breaker.check_reachable(
            partial(self._retry_policy.run, attempt, max_attempts=MAX_ATTEMPTS)
        )
        if isinstance(version, FailedRequest):
            inventory.trouble = version.answer.evidence
            return
        inventory.version = version
        lists = await self._read_lists()
        inventory.listings = [listing for listing, _ in lists]
        slices = [listing.state for listing in inventory.listings if listing.kind == "EndpointSlice"]
        inventory.nodes, inventory.edges = await self._threads.call(
            build_graph, [objects for _, objects in lists], has_endpoint_slices=any(state in WHOLE for state in slices)
        )

    async def _read_lists(self) -> list[_List]:
        """Every kind in all namespaces; a kind that is refused there, in each namespace with a right to list it."""
        kinds_to_list = kinds.kinds_to_list(self._access)
        cluster_wide = await asyncio.gather(*(self._read_list(ListTarget(kind)) for kind in kinds_to_list))
        namespaces = _existing_namespaces(cluster_wide)
        targets: list[ListTarget] = []
        unknown: list[_List] = []
        for kind, (listing, _) in zip(kinds_to_list, cluster_wide, strict=True):
            if listing.state is State.REFUSED:
                for pattern in kinds.namespaces_with_right(self._access, kind):
                    if "*" in pattern and namespaces is None:
                        unknown.append((_listing_of_unknown_namespaces(kind, pattern), []))
                    else:
                        targets += (ListTarget(kind, name) for name in _match_namespaces(pattern, namespaces or []))
        namespaced = await asyncio.gather(*map(self._read_list, targets))
        # 404 in a namespace: the kind is not served there. It has been refused already, so that adds nothing.
        return [*cluster_wide, *(each for each in namespaced if each[0].state is not State.ABSENT), *unknown]

    async def _read_list(self, target: ListTarget) -> _List:
        """The list as the first session that is not refused it, or as refused to the last one."""
        *first, last = self._sessions
        for session in first:
            result = await self._read_list_as(session, target)
            if result[0].state is not State.REFUSED:
                return result
        return await self._read_list_as(last, target)

    async def _read_list_as(self, session: ClusterSession, target: ListTarget) -> _List:
        fetch_page = partial(self._fetch_page, session)
        async with self._breaker.list_slots:
            return await pagination.read_list(target, fetch_page, self._threads.call, self._retry_policy, self._on_page)

    async def _fetch_page(self, session: ClusterSession, target: ListTarget, token: str) -> Page | FailedRequest:
        return await self._breaker.call(
            partial(self._threads.call, fetch.fetch_page, session, target, token, self._interner, self._page_size)
        )


def _existing_namespaces(lists: Iterable[_List]) -> list[str] | None:
    """The names of the cluster's namespaces; None if they could not be listed."""
    listing, objects = next(each for each in lists if each[0].kind == NAMESPACE.name)
    return [namespace.node.name for namespace in objects] if listing.state in WHOLE else None


def _match_namespaces(pattern: str, existing: Iterable[str]) -> list[str]:
    """The namespaces that a pattern matches: the scope of an access policy may contain wildcards.
    https://docs.aws.amazon.com/eks/latest/userguide/access-policies.html
    """
    return [name for name in existing if fnmatchcase(name, pattern)] if "*" in pattern else [pattern]


def _listing_of_unknown_namespaces(kind: Kind, pattern: str) -> Listing:
    reason = "the namespaces that match are unknown, because namespaces may not be listed"
    return Listing(
        kind=kind.name, resource=kind.dotted, namespace=pattern, state=State.INCOMPLETE, count=0, reason=reason
    )
