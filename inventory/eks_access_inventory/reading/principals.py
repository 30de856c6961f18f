"""Looks up the principals that clusters name, each once for all of them."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from eks_access.model import arn as arns
from eks_access_policies.access.principals import canonicalize
from eks_access_probe.outcome import FailedRequest

from .calls import Caller, is_missing
from .iam import can_be_looked_up, list_names, read_key_use, read_role, read_user
from .model import PrincipalReading, PrincipalState, Unread


class PrincipalReader:
    """Reads the roles and users of one account. For use in one event loop."""

    def __init__(self, caller: Caller, account: str) -> None:
        self._caller = caller
        self._account = account
        self._lookups: dict[str, asyncio.Task[PrincipalReading]] = {}
        self._names: dict[str, asyncio.Task[Mapping[str, str] | FailedRequest]] = {}

    def look_up(self, arn: str, iam: Any) -> None:
        """Begin to look a principal up, unless that was begun already."""
        key = canonicalize(arn)
        if key not in self._lookups:
            self._lookups[key] = asyncio.create_task(self._read(arn.strip(), iam))

    async def wait(self) -> Mapping[str, PrincipalReading]:
        """All principals, by their canonical ARNs."""
        return dict(zip(self._lookups, await asyncio.gather(*self._lookups.values()), strict=True))

    async def _read(self, arn: str, iam: Any) -> PrincipalReading:
        parsed = arns.parse(arn)
        if parsed is None:
            return PrincipalReading(PrincipalState.UNKNOWN)
        if parsed.account != self._account and arns.ACCOUNT_ID.fullmatch(parsed.account):
            return PrincipalReading(PrincipalState.ELSEWHERE)
        if (parsed.service, parsed.resource) == ("iam", "root"):
            return PrincipalReading(PrincipalState.EXISTS, arn)
        if not can_be_looked_up(parsed, self._account):
            return PrincipalReading(PrincipalState.UNKNOWN)
        name, found = parsed.name, await self._find(iam, parsed.kind, parsed.name)
        if isinstance(found, FailedRequest) and is_missing(found):
            # It may be there in another letter case, which the authenticator does not distinguish.
            names = await self._list_names(iam, parsed.kind)
            if isinstance(names, FailedRequest):
                return _report_failure(arn, names)
            if name.lower() not in names:
                return PrincipalReading(PrincipalState.GONE)
            name = names[name.lower()]
            found = await self._find(iam, parsed.kind, name)
        if isinstance(found, FailedRequest):
            return _report_failure(arn, found)
        return found if parsed.kind == "role" else await self._add_key_use(iam, name, found)

    async def _find(self, iam: Any, kind: str, name: str) -> PrincipalReading | FailedRequest:
        return await self._caller.ask_aws(partial(read_role if kind == "role" else read_user, iam, name))

    async def _list_names(self, iam: Any, kind: str) -> Mapping[str, str] | FailedRequest:
        """The names of all roles or users, which are listed once, and only where one seems to be gone."""
        if kind not in self._names:
            self._names[kind] = asyncio.create_task(self._caller.ask_aws(partial(list_names, iam, kind)))
        return await self._names[kind]

    async def _add_key_use(self, iam: Any, name: str, user: PrincipalReading) -> PrincipalReading:
        use = await self._caller.ask_aws(partial(read_key_use, iam, name))
        if isinstance(use, FailedRequest):
            return replace(user, unread=(Unread(f"the access keys of {user.arn}", use.answer.evidence),))
        last, service = use
        if last is None or (user.last_used is not None and last <= user.last_used):
            return user
        return replace(user, last_used=last, last_used_in=service)


def _report_failure(arn: str, failed: FailedRequest) -> PrincipalReading:
    return PrincipalReading(PrincipalState.UNKNOWN, unread=(Unread(f"{arn} in IAM", failed.answer.evidence),))
