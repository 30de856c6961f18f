"""Reads the roles of the principals asked for, and puts together what was found of their access. Changes nothing."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from eks_access.model import arn as arns
from eks_access.model.found import FoundAccess, FoundRole
from eks_access.model.marks import Marks
from eks_access_policies.access.principals import canonicalize
from eks_access_probe.collector.threads import Threads
from eks_access_probe.identity.aws_clients import Keys
from eks_access_probe.outcome import FailedRequest

from ..reading.account import Clients
from ..reading.calls import Caller
from ..reading.iam import can_be_looked_up
from ..reading.model import AccountReading, PrincipalReading, PrincipalState
from ..reading.roles import read_role_details
from .found import FoundAccessBuilder, build_found_role, recognize_vendor
from .origins import Origins
from .terraform import TerraformState


def read_found_accesses(
    clients: Clients,
    keys: Keys,
    reading: AccountReading,
    principal_arns: Sequence[str],
    *,
    home: str,
    vendors: Mapping[str, Marks],
    vendor: str = "",
    states: Sequence[TerraformState] = (),
    concurrency: int = 10,
    deadline: float = 60.0,
) -> tuple[FoundAccess, ...]:
    """What was found of each principal's access, in their order.

    Args:
        reading: the account with its clusters; the principals' roles are read besides.
        home: the region to ask IAM in.
        vendors: by what vendors are recognised, by their keys.
        vendor: the key of the vendor whose access it is, if the user says so.
        states: what Terraform manages.
        deadline: no call begins after so many seconds.
    """
    iam = clients.client("iam", home, keys)
    with ThreadPoolExecutor(concurrency, thread_name_prefix="roles") as pool:
        caller = Caller(Threads(pool, pool), time.monotonic() + deadline)
        return asyncio.run(_read(caller, iam, reading, principal_arns, Origins(tuple(states)), vendors, vendor))


async def _read(
    caller: Caller,
    iam: Any,
    reading: AccountReading,
    principal_arns: Sequence[str],
    origins: Origins,
    vendors: Mapping[str, Marks],
    vendor: str,
) -> tuple[FoundAccess, ...]:
    roles = await asyncio.gather(*(_read_role(caller, iam, reading, arn, origins) for arn in principal_arns))
    builder, found = FoundAccessBuilder(reading, origins), []
    for arn, (role, unread) in zip(principal_arns, roles, strict=True):
        access = builder.build(role.arn if role else arn, role, vendor, unread)
        if not vendor:
            key, _ = recognize_vendor(access, _as_principal(reading, arn, role), vendors)
            access = replace(access, vendor=key)
        found.append(access)
    return tuple(found)


async def _read_role(
    caller: Caller, iam: Any, reading: AccountReading, arn: str, origins: Origins
) -> tuple[FoundRole | None, list[str]]:
    """The role with this ARN; None, with the reason, if it is none of the account or could not be read."""
    parsed = arns.parse(arn.strip())
    if parsed is None or parsed.kind != "role" or not can_be_looked_up(parsed, reading.account):
        return None, [f"{arn}: it is no role of account {reading.account}"]
    details = await read_role_details(caller, iam, _find_name(reading, arn, parsed.name))
    if isinstance(details, FailedRequest):
        return None, [f"role {parsed.name}: {details.answer.evidence}"]
    return build_found_role(details, origins), [f"{each.what}: {each.why}" for each in details.unread]


def _find_name(reading: AccountReading, arn: str, name: str) -> str:
    """The role's name in the letter case of IAM, which aws-auth may not have."""
    known = arns.parse(_find_principal(reading, arn).arn)
    return known.name if known is not None else name


def _find_principal(reading: AccountReading, arn: str) -> PrincipalReading:
    return reading.principals.get(canonicalize(arn), PrincipalReading(PrincipalState.UNKNOWN))


def _as_principal(reading: AccountReading, arn: str, role: FoundRole | None) -> PrincipalReading:
    """The principal as the account's reading has it, or by its role, which may have no way into any cluster."""
    known = _find_principal(reading, arn)
    if known.state is not PrincipalState.UNKNOWN or role is None:
        return known
    return PrincipalReading(PrincipalState.EXISTS, role.arn, role.unique_id, trust=role.trust)
