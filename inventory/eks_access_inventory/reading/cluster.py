"""Reads one cluster: its entries, its other identity providers, aws-auth, and its roles and bindings."""

import asyncio
import base64
import binascii
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from eks_access.endpoint import is_loopback
from eks_access.kubernetes.client import KubernetesApi
from eks_access.kubernetes.token import presigned_token
from eks_access.model.identity import AuthenticationMode, supports_access_entries
from eks_access_probe.identity.aws_clients import Keys
from eks_access_probe.outcome import FailedRequest

from . import eks
from .calls import Caller, is_missing
from .kubernetes import read_aws_auth, read_rbac
from .model import ClusterReading, EntryReading, RbacReading, Unread

_SECONDS = 10.0
"""Time-out of one request to an API server."""
_BY_API_SERVER = ("aws-auth", "roles and bindings")
"""What an API server that cannot be asked leaves unread."""


class ClusterReader:
    """Reads clusters of one region, with one principal's keys; if `only_loopback`, only those on this machine."""

    def __init__(self, client: Any, keys: Keys, caller: Caller, *, only_loopback: bool) -> None:
        self._eks = client
        self._keys = keys
        self._caller = caller
        self._only_loopback = only_loopback

    async def read(self, described: Mapping[str, Any], region: str) -> ClusterReading:
        """The cluster that EKS describes so."""
        name, mode = described["name"], eks.read_mode(described)
        connector = described.get("connectorConfig")
        config = described.get("accessConfig") or {}
        reading = ClusterReading(
            name,
            region,
            described.get("arn", ""),
            described.get("status", ""),
            described.get("version") or "",
            None if connector else mode,
            described.get("createdAt"),
            config.get("bootstrapClusterCreatorAdminPermissions"),
            bool(connector),
        )
        if connector:
            return reading
        if mode is None:
            reading = _add_unread(reading, [Unread("the authentication mode", f"{config!r} is not one that is known")])
        (entries, no_entries), (providers, no_providers), inside = await asyncio.gather(
            self._read_entries(name) if mode is None or supports_access_entries(mode) else _nothing(),
            self._read_identity_providers(name),
            self._read_inside(described, region),
        )
        aws_auth, rbac, not_inside = inside
        if mode is AuthenticationMode.API:  # aws-auth has no effect there
            not_inside = [each for each in not_inside if each.what != _BY_API_SERVER[0]]
        return _add_unread(
            replace(
                reading,
                entries=entries,
                identity_providers=providers,
                aws_auth=aws_auth,
                rbac=rbac,
                has_rbac=not any(each.what != _BY_API_SERVER[0] for each in not_inside),
            ),
            [*no_entries, *no_providers, *not_inside],
        )

    async def _read_entries(self, name: str) -> tuple[Sequence[EntryReading], list[Unread]]:
        principals = await self._caller.ask_aws(partial(eks.list_entries, self._eks, name))
        if isinstance(principals, FailedRequest):
            return (), [Unread("access entries", principals.answer.evidence)]
        read = await asyncio.gather(*(self._read_entry(name, principal) for principal in principals))
        entries = [each for each in read if each is not None]
        return entries, [failed for each in entries for failed in each.unread]

    async def _read_entry(self, name: str, principal: str) -> EntryReading | None:
        """An access entry with its policies; None if it was deleted meanwhile."""
        entry = await self._caller.ask_aws(partial(eks.describe_entry, self._eks, name, principal))
        if isinstance(entry, FailedRequest):
            if is_missing(entry):
                return None
            failed = Unread(f"the access entry of {principal}", entry.answer.evidence)
            return EntryReading(principal, unread=(failed,))
        if entry.type in eks.NODE_TYPES:
            return entry
        policies = await self._caller.ask_aws(partial(eks.list_policies, self._eks, name, principal))
        if isinstance(policies, FailedRequest):
            if is_missing(policies):
                return None
            return replace(entry, unread=(Unread(f"the access policies of {principal}", policies.answer.evidence),))
        return replace(entry, policies=policies)

    async def _read_identity_providers(self, name: str) -> tuple[Sequence[Mapping[str, Any]], list[Unread]]:
        found = await self._caller.ask_aws(partial(eks.list_identity_providers, self._eks, name))
        if isinstance(found, FailedRequest):
            return (), [Unread("identity providers", found.answer.evidence)]
        return found, []

    async def _read_inside(
        self, described: Mapping[str, Any], region: str
    ) -> tuple[Mapping[str, str] | None, Sequence[RbacReading], list[Unread]]:
        """What only the API server has: aws-auth, in whatever mode, and RBAC."""
        # In a thread: it may read the certificates of the machine.
        api = await self._caller.threads.first_call(self._connect, described, region)
        if isinstance(api, str):
            return None, (), [Unread(what, api) for what in _BY_API_SERVER]
        aws_auth = await read_aws_auth(self._caller, api)
        if isinstance(aws_auth, FailedRequest) and aws_auth.answer.status is None:
            return None, (), [Unread(what, aws_auth.answer.evidence) for what in _BY_API_SERVER]
        rbac, unread = await read_rbac(self._caller, api)
        if isinstance(aws_auth, FailedRequest):
            return None, rbac, [Unread(_BY_API_SERVER[0], aws_auth.answer.evidence), *unread]
        return aws_auth, rbac, list(unread)

    def _connect(self, described: Mapping[str, Any], region: str) -> KubernetesApi | str:
        """A client of the API server, or why there is none."""
        name, endpoint = described["name"], described.get("endpoint")
        if not endpoint:
            return f"the cluster has no endpoint (its status is {described.get('status', 'not known')})"
        if self._only_loopback and not is_loopback(endpoint):
            return f"its endpoint {endpoint!r} is not on this machine, as the endpoint of AWS is"
        try:
            authority = base64.b64decode((described.get("certificateAuthority") or {}).get("data") or "")
            return KubernetesApi(
                endpoint,
                ca_data=authority or None,
                bearer=lambda: presigned_token(self._keys, cluster_name=name, region=region).value,
                timeout=_SECONDS,
            )
        except (binascii.Error, UnicodeDecodeError, ssl.SSLError) as error:
            return f"the cluster's certificate authority is not usable: {error}"


async def _nothing() -> tuple[Sequence[EntryReading], list[Unread]]:
    return (), []


def _add_unread(reading: ClusterReading, unread: Sequence[Unread]) -> ClusterReading:
    return replace(reading, unread=(*reading.unread, *unread))
