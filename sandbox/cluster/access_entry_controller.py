"""The control loop that carries a cluster's access entries and access policies from the EKS API into the
cluster.

As on EKS it takes a moment: a change that passes through the front wakes the loop, which waits for half of `delay` and
then reads everything again. It also does so at intervals, without a notification.

EKS promises no order among changes that take effect late. Here the access policies do first, and the entries after the
other half of `delay`: a principal that is given a group in place of an access policy has neither for that
time.
"""

import asyncio
import json
import logging
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from eks_access.model.access_policies import AssociatedPolicy

from ..aws import eks_rules as rules
from ..aws.arn import Arn
from ..aws.ministack_client import EVERYTHING, MiniStack
from ..aws.registry import Cluster
from .authenticator import backend_mode, write_watched
from .authorizer import Authorizer
from .entries import Entry, creator_entry, dynamic_file, grants_by_id

log = logging.getLogger(__name__)


class AccessEntryController:
    def __init__(
        self,
        inner: MiniStack,
        authorizer: Authorizer,
        *,
        dynamic_file: Path,
        backend_file: Path,
        delay: float,
        reread: float,
    ) -> None:
        self._inner = inner
        self._authorizer = authorizer
        self._dynamic_file = dynamic_file
        self._backend_file = backend_file
        self._delay = delay
        self._reread = reread
        self._cluster: Cluster | None = None
        self._woken = asyncio.Event()
        self._written: dict[Path, str] = {}

    def wake(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._woken.set()

    async def run(self) -> None:
        await self._woken.wait()
        while True:
            await asyncio.sleep(self._delay / 2)
            self._woken.clear()
            try:
                mode, entries = await asyncio.to_thread(self._carry_policies)
                await asyncio.sleep(self._delay / 2)
                await asyncio.to_thread(self._carry_entries, mode, entries)
            except (BotoCoreError, ClientError, OSError):
                log.exception("could not carry the access entries; trying again")
                self._woken.set()
            try:
                await asyncio.wait_for(self._woken.wait(), self._reread)
            except TimeoutError:
                log.debug("reading again")

    def _carry_policies(self) -> tuple[str, list[Entry]]:
        cluster = self._cluster
        assert cluster is not None, "the loop starts when the cluster is made"
        mode = cluster.mode
        entries = self._entries(cluster) if rules.serves_entries(mode) else _creator(cluster)
        self._authorizer.replace(cluster.name, grants_by_id(entries))
        return mode, entries

    def _carry_entries(self, mode: str, entries: list[Entry]) -> None:
        self._write(self._dynamic_file, json.dumps(dynamic_file(entries), indent=1))
        self._write(self._backend_file, backend_mode(mode))

    def _write(self, path: Path, text: str) -> None:
        if self._written.get(path) != text:
            write_watched(path, text)
            self._written[path] = text
            log.info("wrote %s: %s", path.name, text)

    def _entries(self, cluster: Cluster) -> list[Entry]:
        eks = self._inner.client("eks", cluster.account)
        found = []
        for principal in eks.list_access_entries(clusterName=cluster.name, maxResults=EVERYTHING)["accessEntries"]:
            try:
                entry = eks.describe_access_entry(clusterName=cluster.name, principalArn=principal)["accessEntry"]
                policies = eks.list_associated_access_policies(clusterName=cluster.name, principalArn=principal)
            except eks.exceptions.ResourceNotFoundException:
                continue  # deleted since it was listed
            unique_id = cluster.principals.get(principal)
            if unique_id is None:
                continue  # not made through the front yet: CreateAccessEntry is still being answered
            found.append(
                Entry(
                    principal_arn=principal,
                    unique_id=unique_id,
                    username=entry["username"] or rules.default_username(principal, entry["type"]),
                    groups=tuple(entry["kubernetesGroups"]),
                    kind=entry["type"],
                    grants=tuple(_grant(policy) for policy in policies["associatedAccessPolicies"]),
                )
            )
        return found


def _creator(cluster: Cluster) -> list[Entry]:
    unique_id = cluster.principals.get(cluster.creator_arn)
    return [creator_entry(cluster.creator_arn, unique_id)] if unique_id else []


def _grant(association: dict[str, object]) -> AssociatedPolicy:
    scope = association["accessScope"]
    assert isinstance(scope, dict)
    arn = Arn.parse(str(association["policyArn"]))
    name = arn.name if arn else ""
    return AssociatedPolicy(name, tuple(scope["namespaces"]) if scope["type"] == "namespace" else None)
