"""Reads an account: finds its clusters, and reads all of them and their principals at once.

Threads make the calls and one event loop waits, so reading takes as long as the slowest cluster, and not as long as all
of them in sequence. A cluster that does not respond, and a call that is refused, leave what could not be read as such.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from eks_access.aws_auth.reader import ROLES, USERS, read_section
from eks_access.errors import EksAccessError
from eks_access_probe.collector.threads import Threads
from eks_access_probe.identity.aws_clients import Keys
from eks_access_probe.outcome import Answer, FailedRequest, Verdict

from . import eks
from .audit import AuditQueryError, name_log_group, read_audit
from .calls import Caller, is_missing
from .cluster import ClusterReader
from .model import AccountReading, AuditReading, ClusterReading, Unread
from .principals import PrincipalReader
from .selection import Selection

API_SERVER_THREADS = 128
"""Requests to API servers at once, apart from the calls of AWS: each may wait for its time-out."""
AUDIT_THREADS = 10
"""Queries at once. CloudWatch Logs allows 30 in an account, of all users together.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatchlogs_limits.html
"""


class AccountError(EksAccessError):
    """The account cannot be read at all."""


class Clients(Protocol):
    """The part of `Aws` that is used here."""

    def client(self, service: str, region: str, credentials: Keys | None) -> Any: ...


class Listener(Protocol):
    """Receives progress."""

    def found(self, count: int) -> None:
        """There are this many clusters to read."""

    def done(self) -> None:
        """A cluster was read."""


@dataclass(frozen=True)
class Audit:
    """The audit logs to search: the log group's name, with `{cluster}` for the cluster's, and the days to look back."""

    log_group: str
    days: int


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What is read. Without `regions`, all that are enabled in the account; `home` is the region to ask that in."""

    home: str
    regions: tuple[str, ...] = ()
    selection: Selection = field(default_factory=Selection)
    audit: Audit | None = None
    only_loopback: bool = False
    """Whether only clusters on this machine may be read."""


def read_account(
    clients: Clients, keys: Keys, scope: Scope, listener: Listener, *, concurrency: int, deadline: float
) -> AccountReading:
    """Everything in the scope. No call begins after `deadline` seconds.

    Raises:
        AccountError: the account of the credentials cannot be determined.
    """
    with (
        ThreadPoolExecutor(concurrency, thread_name_prefix="inventory") as calls,
        ThreadPoolExecutor(API_SERVER_THREADS, thread_name_prefix="api-servers") as api_servers,
        ThreadPoolExecutor(AUDIT_THREADS, thread_name_prefix="audit") as audits,
    ):
        caller = Caller(Threads(calls, api_servers), time.monotonic() + deadline)
        slow = Caller(Threads(audits, audits), caller.deadline)
        return asyncio.run(_AccountReader(clients, keys, scope, listener, caller, slow).read())


class _AccountReader:
    def __init__(
        self, clients: Clients, keys: Keys, scope: Scope, listener: Listener, caller: Caller, audit_caller: Caller
    ) -> None:
        self._clients = clients
        self._keys = keys
        self._scope = scope
        self._listener = listener
        self._caller = caller
        self._audit_caller = audit_caller

    async def read(self) -> AccountReading:
        started_at, started = datetime.now(UTC), time.monotonic()
        identity = await self._caller.ask_aws(lambda: self._client("sts", self._scope.home).get_caller_identity())
        if isinstance(identity, FailedRequest):
            raise AccountError(f"the account of these credentials cannot be determined: {identity.answer.evidence}")
        self._principals = PrincipalReader(self._caller, identity["Account"])
        regions, unread = await self._find_regions()
        listed = await asyncio.gather(*(self._find_clusters(region) for region in regions))
        found = [each for clusters, _ in listed for each in clusters]
        unread += [each for _, failed in listed for each in failed]
        if not any(failed for _, failed in listed):
            unread += self._report_absent({name for _, name in found}, regions)
        self._listener.found(len(found))
        clusters = await asyncio.gather(*(self._read_cluster(region, name) for region, name in found))
        principals = await self._principals.wait()
        return AccountReading(
            identity["Account"],
            identity["Arn"].split(":")[1],
            started_at,
            round(time.monotonic() - started, 3),
            tuple(regions),
            tuple(each for each in clusters if each is not None),
            principals,
            tuple(unread),
        )

    def _client(self, service: str, region: str) -> Any:
        return self._clients.client(service, region, self._keys)

    async def _find_regions(self) -> tuple[Sequence[str], list[Unread]]:
        if self._scope.regions:
            return self._scope.regions, []
        found = await self._caller.ask_aws(lambda: self._client("ec2", self._scope.home).describe_regions())
        if isinstance(found, FailedRequest):
            why = f"{found.answer.evidence}; name them by --region"
            return (self._scope.home,), [Unread(f"the regions other than {self._scope.home}", why)]
        return sorted(each["RegionName"] for each in found["Regions"]), []

    async def _find_clusters(self, region: str) -> tuple[list[tuple[str, str]], list[Unread]]:
        names = await self._caller.ask_aws(lambda: eks.list_clusters(self._client("eks", region)))
        if isinstance(names, FailedRequest):
            return [], [Unread(f"the clusters of {region}", names.answer.evidence)]
        return [(region, name) for name in names if self._scope.selection.has_name(name)], []

    def _report_absent(self, names: set[str], regions: Sequence[str]) -> list[Unread]:
        where = ", ".join(regions)
        return [
            Unread(f"cluster {name}", f"there is none of this name in {where}")
            for name in self._scope.selection.find_absent(names)
        ]

    async def _read_cluster(self, region: str, name: str) -> ClusterReading | None:
        """The cluster; None if it is not selected by its tags, or was deleted since it was listed."""
        started = time.monotonic()
        described = await self._caller.ask_aws(lambda: eks.describe_cluster(self._client("eks", region), name))
        reading: ClusterReading | None = None
        if isinstance(described, FailedRequest):
            if not is_missing(described):
                unread = Unread("the cluster", described.answer.evidence)
                reading = ClusterReading(name, region, unread=(unread,), has_rbac=False)
        elif self._scope.selection.has_tags(described.get("tags") or {}):
            reading = await self._read_described(described, region)
        self._listener.done()
        return reading and replace(reading, seconds=round(time.monotonic() - started, 3))

    async def _read_described(self, described: Mapping[str, Any], region: str) -> ClusterReading:
        """The cluster that EKS describes so; its principals are begun to be looked up."""
        client = self._client("eks", region)
        reader = ClusterReader(client, self._keys, self._caller, only_loopback=self._scope.only_loopback)
        reading, audit = await asyncio.gather(
            reader.read(described, region), self._read_audit(region, described["name"])
        )
        if isinstance(audit, FailedRequest):
            failed = Unread("the audit log", audit.answer.evidence)
            reading = replace(reading, unread=(*reading.unread, failed))
        else:
            reading = replace(reading, audit=audit)
        for arn in _list_principals(reading):
            # IAM is the same in every region.
            self._principals.look_up(arn, self._client("iam", self._scope.home))
        return reading

    async def _read_audit(self, region: str, name: str) -> AuditReading | FailedRequest | None:
        """What the audit log has; None if no log was named."""
        audit = self._scope.audit
        if audit is None:
            return None
        group, logs = name_log_group(audit.log_group, name), self._client("logs", region)

        def query() -> AuditReading | FailedRequest:
            try:
                return read_audit(logs, group, audit.days, deadline=self._caller.deadline)
            except AuditQueryError as error:
                return FailedRequest(Answer(Verdict.COULD_NOT_ASK, None, "", str(error)))

        return await self._audit_caller.ask_aws(query)


def _list_principals(reading: ClusterReading) -> Iterable[str]:
    yield from (entry.principal_arn for entry in reading.entries)
    for name in (ROLES, USERS):
        for item in read_section(reading.aws_auth or {}, name).items:
            if item.arn:
                yield item.arn
