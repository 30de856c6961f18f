"""Collects inventories: assume each role, check that each cluster is reachable, list all with bounded concurrency.

Threads make the calls, and one event loop waits between attempts, so that a wait does not occupy a thread. The number
of threads bounds the calls, and each cluster has a smaller bound of its own: collecting takes as long as the slowest
cluster, not as long as all of them in sequence.
"""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

import msgspec

from eks_access.manifest.models import Cluster, IntegrationAccess, Manifest
from eks_access.model.identity import supports_access_entries

from ..checks import service_account_session
from ..checks.aws_errors import call_aws, classify_service_error
from ..checks.cluster_session import ClusterSession
from ..identity.assume_role import Actor
from ..identity.aws_clients import Aws
from ..identity.identities import Identities
from ..outcome import Answer, Verdict
from ..run.retry import RequestRetryPolicy
from .aws import AwsReader, merge_listings
from .cluster import ClusterReader
from .fetch import PAGE_SIZE
from .inventory import AccessEntry, ClusterInventory, IntegrationInventory, Inventory, Listing
from .reachability import LISTS_AT_ONCE, CircuitBreakers
from .threads import Threads

REACHABILITY_THREADS = 32

_ReadCluster = Callable[[Sequence[ClusterSession], ClusterInventory], Awaitable[None]]


class Listener(Protocol):
    """Receives progress."""

    def objects(self, count: int) -> None:
        """This many more objects were read; fewer if the number is negative."""

    def done(self) -> None:
        """One cluster is done for one integration."""


def collect(
    manifest: Manifest,
    selected: Mapping[str, IntegrationAccess],
    identities: Identities,
    aws: Aws,
    *,
    listener: Listener,
    concurrency: int,
    deadline: float,
    page_size: int = PAGE_SIZE,
) -> Inventory:
    """What the selected integrations see. No call is retried after `deadline` seconds."""
    started_at, started = datetime.now(UTC), time.monotonic()
    actors = {name: Actor(aws, name, access, identities) for name, access in selected.items()}
    endpoints = {cluster.endpoint for access in selected.values() for cluster in access.clusters.values()}
    # Twice the lists: the next page is requested while a page is read.
    useful_threads = 2 * LISTS_AT_ONCE * len(endpoints)
    with (
        paused_cyclic_gc(),
        ThreadPoolExecutor(min(concurrency, useful_threads), thread_name_prefix="collect") as calls,
        ThreadPoolExecutor(REACHABILITY_THREADS, thread_name_prefix="reachability") as reachability,
    ):
        collector = _Collector(aws, Threads(calls, reachability), listener, started + deadline, page_size)
        inventories: dict[str, IntegrationInventory] = {}
        asyncio.run(_store(inventories, collector.collect(actors)))
    return Inventory(
        environment=manifest.environment,
        account=manifest.account,
        started_at=started_at,
        seconds=round(time.monotonic() - started, 3),
        integrations=inventories,
    )


@contextmanager
def paused_cyclic_gc() -> Iterator[None]:
    """Pause the search for reference cycles, and restore it afterwards.

    The objects of a page are in no cycle and are freed by their reference counts, while the search would traverse them
    again and again: a tenth or more of the time that decoding takes. https://docs.python.org/3.11/library/gc.html
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


async def _store(
    inventories: dict[str, IntegrationInventory], result: Awaitable[dict[str, IntegrationInventory]]
) -> None:
    """Store the result in place of returning it.

    When it ends, `asyncio.run` formats the `repr` of its signal handler, with the task and the value that the task
    returned: for a large cluster, that takes more memory than the graph.
    https://docs.python.org/3.11/library/asyncio-runner.html#handling-keyboard-interruption
    """
    inventories.update(await result)


class _Collector:
    def __init__(self, aws: Aws, threads: Threads, listener: Listener, deadline: float, page_size: int) -> None:
        self._aws = aws
        self._threads = threads
        self._listener = listener
        self._deadline = deadline
        self._page_size = page_size
        self._breakers = CircuitBreakers()

    async def collect(self, actors: Mapping[str, Actor]) -> dict[str, IntegrationInventory]:
        inventories = await asyncio.gather(*(self._collect_integration(actor) for actor in actors.values()))
        return dict(zip(actors, inventories, strict=True))

    async def _collect_integration(self, actor: Actor) -> IntegrationInventory:
        if actor.access.is_connected:
            # Only that AWS service can assume its role: what the role sees in AWS follows from its policies alone.
            return IntegrationInventory(clusters=await self._collect_clusters(actor, self._read_kubernetes))
        assumed = await self._threads.call(_assume_role, actor)
        if assumed.verdict is not Verdict.ALLOWED:
            return IntegrationInventory(trouble=assumed.evidence)
        reader = AwsReader(self._aws, actor)
        (listing, roles), clusters = await asyncio.gather(
            self._threads.call(reader.list_roles),
            self._collect_clusters(actor, partial(self._read_kubernetes_and_aws, reader)),
        )
        return IntegrationInventory(clusters=clusters, listings=[listing], roles=roles)

    async def _collect_clusters(self, actor: Actor, read: _ReadCluster) -> dict[str, ClusterInventory]:
        async def collect_cluster(key: str, cluster: Cluster) -> ClusterInventory:
            started = time.monotonic()
            inventory = ClusterInventory(name=cluster.name, region=cluster.region)
            await read(service_account_session.create_sessions(actor, key, cluster), inventory)
            inventory.seconds = round(time.monotonic() - started, 3)
            self._listener.done()
            return inventory

        clusters = actor.access.clusters
        inventories = await asyncio.gather(*(collect_cluster(key, cluster) for key, cluster in clusters.items()))
        return dict(zip(clusters, inventories, strict=True))

    async def _read_kubernetes(self, sessions: Sequence[ClusterSession], inventory: ClusterInventory) -> None:
        reader = ClusterReader(
            sessions,
            self._breakers.find(sessions[0].cluster.endpoint),
            self._threads,
            RequestRetryPolicy(_renewal(sessions), deadline=self._deadline),
            self._listener.objects,
            page_size=self._page_size,
        )
        await reader.read_into(inventory)

    async def _read_kubernetes_and_aws(
        self, reader: AwsReader, sessions: Sequence[ClusterSession], inventory: ClusterInventory
    ) -> None:
        cluster = sessions[0].cluster
        _, (described, configuration), (listed, entries) = await asyncio.gather(
            self._read_kubernetes(sessions, inventory),
            self._threads.call(reader.describe_cluster, cluster),
            self._read_access_entries(reader, cluster),
        )
        inventory.listings = [described, *listed, *inventory.listings]
        inventory.configuration = next(iter(configuration), None)
        inventory.access_entries = entries

    async def _read_access_entries(
        self, reader: AwsReader, cluster: Cluster
    ) -> tuple[list[Listing], list[AccessEntry]]:
        """The access entries. EKS would reject the call for a cluster whose authentication mode has none."""
        if cluster.authentication_mode is None or not supports_access_entries(cluster.authentication_mode):
            return [], []
        call = self._threads.call
        listing, principals = await call(reader.list_access_entries, cluster)
        described = await asyncio.gather(
            *(call(reader.describe_access_entry, cluster, principal) for principal in principals)
        )
        associated = await asyncio.gather(
            *(call(reader.list_access_policies, cluster, principal) for principal in principals)
        )
        entries = [
            msgspec.structs.replace(entry[0] if entry else AccessEntry(principal=principal), policies=tuple(policies))
            for principal, (_, entry), (_, policies) in zip(principals, described, associated, strict=True)
        ]
        return [listing, *merge_listings(each for each, _ in (*described, *associated))], entries


def _assume_role(actor: Actor) -> Answer:
    def assume() -> Answer:
        actor.session()
        return Answer(Verdict.ALLOWED, 200)

    return call_aws(assume, classify_service_error)


def _renewal(sessions: Sequence[ClusterSession]) -> Callable[[int], None]:
    """Renews the tokens of all sessions; from the second time in a row, the role's session as well."""

    def renew(times: int) -> None:
        if times > 1:
            sessions[0].actor.forget_session()
        for session in sessions:
            session.renew()

    return renew
