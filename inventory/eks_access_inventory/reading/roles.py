"""Reads all of a role: its trust policy, policies, tags and boundary. For the roles asked for only, and not for all."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import unquote

from eks_access_probe.outcome import FailedRequest

from .calls import Caller
from .model import Unread


@dataclass(frozen=True)
class PolicyDetails:
    """A policy of a role: inline, where `arn` is empty, or attached. `document` is None where it could not be read."""

    name: str
    document: Mapping[str, Any] | None
    arn: str = ""
    attachments: int = 0
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RoleDetails:
    """A role, as IAM has it, and what of it could not be read."""

    arn: str
    unique_id: str
    trust: Mapping[str, Any]
    path: str = "/"
    description: str = ""
    max_session_seconds: int = 3600
    permissions_boundary: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    policies: tuple[PolicyDetails, ...] = ()
    unread: tuple[Unread, ...] = ()


async def read_role_details(caller: Caller, iam: Any, name: str) -> RoleDetails | FailedRequest:
    """The role of this name with its policies, or why it could not be read."""
    found = await caller.ask_aws(lambda: iam.get_role(RoleName=name)["Role"])
    if isinstance(found, FailedRequest):
        return found
    (inline, no_inline), (attached, no_attached) = await asyncio.gather(
        _read_inline_policies(caller, iam, name), _read_attached_policies(caller, iam, name)
    )
    return RoleDetails(
        found["Arn"],
        found.get("RoleId", ""),
        parse_policy_document(found.get("AssumeRolePolicyDocument")) or {},
        found.get("Path") or "/",
        found.get("Description") or "",
        found.get("MaxSessionDuration") or 3600,
        (found.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn") or "",
        _parse_tags(found.get("Tags")),
        (*inline, *attached),
        (*no_inline, *no_attached),
    )


Policies = tuple[list[PolicyDetails], list[Unread]]


async def _read_inline_policies(caller: Caller, iam: Any, role: str) -> Policies:
    names = await caller.ask_aws(lambda: _list(iam, "list_role_policies", "PolicyNames", role))
    if isinstance(names, FailedRequest):
        return [], [Unread(f"the inline policies of role {role}", names.answer.evidence)]
    found = await asyncio.gather(
        *(caller.ask_aws(partial(iam.get_role_policy, RoleName=role, PolicyName=name)) for name in names)
    )
    policies, unread = [], []
    for name, each in zip(names, found, strict=True):
        if isinstance(each, FailedRequest):
            unread.append(Unread(f"the inline policy {name} of role {role}", each.answer.evidence))
            policies.append(PolicyDetails(name, None))
        else:
            policies.append(PolicyDetails(name, parse_policy_document(each.get("PolicyDocument"))))
    return policies, unread


async def _read_attached_policies(caller: Caller, iam: Any, role: str) -> Policies:
    attached = await caller.ask_aws(lambda: _list(iam, "list_attached_role_policies", "AttachedPolicies", role))
    if isinstance(attached, FailedRequest):
        return [], [Unread(f"the attached policies of role {role}", attached.answer.evidence)]
    arns = [each["PolicyArn"] for each in attached]
    found = await asyncio.gather(*(caller.ask_aws(partial(_read_policy, iam, arn)) for arn in arns))
    policies, unread = [], []
    for arn, each in zip(arns, found, strict=True):
        if isinstance(each, FailedRequest):
            unread.append(Unread(f"the policy {arn}", each.answer.evidence))
            policies.append(PolicyDetails(arn.rpartition("/")[2], None, arn))
        else:
            policies.append(each)
    return policies, unread


def _read_policy(iam: Any, arn: str) -> PolicyDetails:
    policy = iam.get_policy(PolicyArn=arn)["Policy"]
    version = iam.get_policy_version(PolicyArn=arn, VersionId=policy["DefaultVersionId"])["PolicyVersion"]
    return PolicyDetails(
        policy.get("PolicyName") or arn.rpartition("/")[2],
        parse_policy_document(version.get("Document")),
        arn,
        policy.get("AttachmentCount") or 0,
        _parse_tags(policy.get("Tags")),
    )


def _list(iam: Any, operation: str, key: str, role: str) -> list[Any]:
    return [each for page in iam.get_paginator(operation).paginate(RoleName=role) for each in page[key]]


def parse_policy_document(document: object) -> Mapping[str, Any] | None:
    """The document as boto3 decodes it, or as IAM sends it: JSON with percent-encoding; None if it is neither."""
    if isinstance(document, Mapping):
        return document
    if not isinstance(document, str):
        return None
    try:
        parsed = json.loads(unquote(document) if document.lstrip().startswith("%") else document)
    except ValueError:
        return None
    return parsed if isinstance(parsed, Mapping) else None


def _parse_tags(tags: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    return {each["Key"]: each["Value"] for each in tags or ()}
