"""The flow: become each integration, knock at each cluster, and read everything at once, within a bound.

Threads make the calls; one event loop has the patience, so that a wait holds none of them. The bound is that of the
threads, with a smaller one for each cluster: the time taken is that of the slowest cluster, and not the sum.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
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
from .aws import Account, together
from .cluster import ClusterReader
from .fetch import PAGE
from .interpreter import set_for_long_lists
from .inventory import AccessEntry, ClusterInventory, IntegrationInventory, Inventory, Listing
from .reachability import AT_ONCE, Doors
from .threads import Threads

KNOCKING_THREADS = 32

_Read = Callable[[Sequence[ClusterSession], ClusterInventory], Awaitable[None]]


class Listener(Protocol):
    """Is told of objects as they come in, and of each cluster that is done for an integration."""

    def objects(self, count: int) -> None: ...

    def done(self) -> None: ...


def collect(
    manifest: Manifest,
    selected: Mapping[str, IntegrationAccess],
    identities: Identities,
    aws: Aws,
    *,
    listener: Listener,
    concurrency: int,
    deadline: float,
    page_size: int = PAGE,
) -> Inventory:
    """What the selected integrations see. After `deadline` seconds nothing is asked again."""
    started_at, started = datetime.now(UTC), time.monotonic()
    actors = {name: Actor(aws, name, access, identities) for name, access in selected.items()}
    # While a page comes in, the next one is asked for.
    useful = (
        2 * AT_ONCE * len({cluster.endpoint for access in selected.values() for cluster in access.clusters.values()})
    )
    with (
        set_for_long_lists(),
        ThreadPoolExecutor(min(concurrency, useful), thread_name_prefix="collect") as calls,
        ThreadPoolExecutor(KNOCKING_THREADS, thread_name_prefix="knock") as knocks,
    ):
        collector = _Collector(aws, Threads(calls, knocks), listener, started + deadline, page_size)
        found: dict[str, IntegrationInventory] = {}
        asyncio.run(_into(found, collector.integrations(actors)))
    return Inventory(
        environment=manifest.environment,
        account=manifest.account,
        started_at=started_at,
        seconds=round(time.monotonic() - started, 3),
        integrations=found,
    )


async def _into(found: dict[str, IntegrationInventory], read: Awaitable[dict[str, IntegrationInventory]]) -> None:
    """Put there what was read, and return nothing.

    As it ends, `asyncio.run` has its signal handler written out, with the task and all that the task returned: of a
    large cluster that takes more than the graph. https://docs.python.org/3.11/library/asyncio-runner.html#handling-keyboard-interruption
    """
    found.update(await read)


class _Collector:
    def __init__(self, aws: Aws, threads: Threads, listener: Listener, deadline: float, page_size: int) -> None:
        self._aws = aws
        self._threads = threads
        self._listener = listener
        self._deadline = deadline
        self._page_size = page_size
        self._doors = Doors()

    async def integrations(self, actors: Mapping[str, Actor]) -> dict[str, IntegrationInventory]:
        found = await asyncio.gather(*(self._integration(actor) for actor in actors.values()))
        return dict(zip(actors, found, strict=True))

    async def _integration(self, actor: Actor) -> IntegrationInventory:
        if actor.access.trust.kind == "service":
            # Nobody else becomes its role: what it reads in AWS is told by the role's policies alone.
            return IntegrationInventory(clusters=await self._clusters(actor, self._kubernetes))
        assumed = await self._threads.call(_assumed, actor)
        if assumed.verdict is not Verdict.ALLOWED:
            return IntegrationInventory(trouble=assumed.evidence)
        account = Account(self._aws, actor)
        (listing, roles), clusters = await asyncio.gather(
            self._threads.call(account.roles), self._clusters(actor, partial(self._whole, account))
        )
        return IntegrationInventory(clusters=clusters, listings=[listing], roles=roles)

    async def _clusters(self, actor: Actor, read: _Read) -> dict[str, ClusterInventory]:
        async def one(key: str, cluster: Cluster) -> ClusterInventory:
            started = time.monotonic()
            found = ClusterInventory(name=cluster.name, region=cluster.region)
            await read(service_account_session.create_sessions(actor, key, cluster), found)
            found.seconds = round(time.monotonic() - started, 3)
            self._listener.done()
            return found

        clusters = actor.access.clusters
        found = await asyncio.gather(*(one(key, cluster) for key, cluster in clusters.items()))
        return dict(zip(clusters, found, strict=True))

    async def _kubernetes(self, sessions: Sequence[ClusterSession], found: ClusterInventory) -> None:
        reader = ClusterReader(
            sessions,
            self._doors.of(sessions[0].cluster.endpoint),
            self._threads,
            RequestRetryPolicy(_renewal(sessions), deadline=self._deadline),
            self._listener.objects,
            page_size=self._page_size,
        )
        await reader.read_into(found)

    async def _whole(self, account: Account, sessions: Sequence[ClusterSession], found: ClusterInventory) -> None:
        """What the API server tells, and what AWS tells of the cluster."""
        cluster = sessions[0].cluster
        _, (described, configuration), (listed, entries) = await asyncio.gather(
            self._kubernetes(sessions, found),
            self._threads.call(account.configuration, cluster),
            self._entries(account, cluster),
        )
        found.listings = [described, *listed, *found.listings]
        found.configuration = next(iter(configuration), None)
        found.access_entries = entries

    async def _entries(self, account: Account, cluster: Cluster) -> tuple[list[Listing], list[AccessEntry]]:
        """The access entries; of a cluster whose authentication mode has none, EKS would refuse to tell."""
        if cluster.authentication_mode is None or not supports_access_entries(cluster.authentication_mode):
            return [], []
        call = self._threads.call
        listing, principals = await call(account.principals, cluster)
        described = await asyncio.gather(*(call(account.entry, cluster, principal) for principal in principals))
        associated = await asyncio.gather(*(call(account.policies, cluster, principal) for principal in principals))
        entries = [
            msgspec.structs.replace(entry[0] if entry else AccessEntry(principal=principal), policies=tuple(policies))
            for principal, (_, entry), (_, policies) in zip(principals, described, associated, strict=True)
        ]
        return [listing, *together(each for each, _ in (*described, *associated))], entries


def _assumed(actor: Actor) -> Answer:
    def assume() -> Answer:
        actor.session()
        return Answer(Verdict.ALLOWED, 200)

    return call_aws(assume, classify_service_error)


def _renewal(sessions: Sequence[ClusterSession]) -> Callable[[int], None]:
    def renew(times: int) -> None:
        if times > 1:
            sessions[0].actor.forget_session()
        for session in sessions:
            session.renew()

    return renew
