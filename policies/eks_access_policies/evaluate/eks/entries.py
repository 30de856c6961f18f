"""The rules about who is let in as whom: access entries, and mappings in aws-auth."""

import re
from collections import defaultdict
from collections.abc import Iterator

from eks_access.aws_auth.mapping import NODE_GROUPS, TEMPLATES
from eks_access.model import arn as arns
from eks_access.model.identity import RESERVED_PREFIXES, EntryMethod

from ...access import Access, Entry
from ...access.chain import may_have_username, username_template
from ...finding import Finding
from ...rules.eks import (
    CHOSEN_NAME,
    ENTRY_TYPE,
    FOREIGN_PRINCIPAL,
    NODE_IDENTITY,
    PRINCIPAL,
    RESERVED_NAME,
    SYSTEM_MASTERS,
    TWICE,
    UNBOUND_GROUP,
)
from ..settings import Settings

_MASTERS = "system:masters"
_SESSION = re.compile(r"\{\{SessionName(Raw)?\}\}")
_NODE_NAMES = ("system:node:{{EC2PrivateDNSName}}", "system:node:{{SessionName}}")


def evaluate_entries(access: Access, settings: Settings, own_accounts: frozenset[str]) -> Iterator[Finding]:
    for entry in access.entries:
        yield from _names(entry)
        yield from _principal(entry)
        if not settings.accepts(entry.principal):
            yield from _foreign(entry, own_accounts | set(settings.accounts) | set(settings.allowed_accounts))
    yield from _unbound(access, settings)
    yield from _twice(access)


def _names(entry: Entry) -> Iterator[Finding]:
    urn, who = entry.resource.urn, f"{entry.principal} → {entry}"
    if entry.type != "STANDARD":
        if entry.method is EntryMethod.ACCESS_ENTRY and (entry.groups or _is_given(entry)):
            yield Finding(ENTRY_TYPE, f"{who} of type {entry.type}: EKS refuses groups and a username on it.", urn=urn)
        return
    if _MASTERS in entry.groups:
        does = "EKS refuses it" if entry.method is EntryMethod.ACCESS_ENTRY else "it does everything, past RBAC"
        yield Finding(SYSTEM_MASTERS, f"{who} → group {_MASTERS}: {does}.", urn=urn)
    node = [group for group in entry.groups if group in NODE_GROUPS]
    if node and not is_node(entry):
        yield Finding(
            NODE_IDENTITY, f"{who} → group {', '.join(node)}: it reads what nodes may read, as no node.", urn=urn
        )
    if not is_node(entry):
        for name in (entry.username, *entry.groups):
            if name not in (_MASTERS, *node) and (prefix := _reserved(name, entry.method)):
                told = "username" if name == entry.username else "group"
                yield Finding(RESERVED_NAME, f"{who}: {told} {name!r} begins with {prefix!r}.", urn=urn)
    yield from _templates(entry, who)


def _is_given(entry: Entry) -> bool:
    """Whether the username is one that the program gave, and not the one that EKS has given the entry."""
    return bool(entry.username) and not entry.username.startswith(("system:node:", "arn:"))


def is_node(entry: Entry) -> bool:
    """Whether this is how EKS maps a node, a Fargate profile or a Windows node."""
    return entry.type != "STANDARD" or (entry.method is EntryMethod.AWS_AUTH and entry.username in _NODE_NAMES)


def _reserved(name: str, method: EntryMethod) -> str | None:
    prefixes = RESERVED_PREFIXES if method is EntryMethod.ACCESS_ENTRY else RESERVED_PREFIXES[:1]
    return next((prefix for prefix in prefixes if name.startswith(prefix)), None)


def _templates(entry: Entry, who: str) -> Iterator[Finding]:
    urn = entry.resource.urn
    for group in entry.groups:
        if any(template in group for template in TEMPLATES):
            yield Finding(CHOSEN_NAME, f"{who} → group {group!r}: whoever signs in chooses the group.", urn=urn)
    session = _SESSION.search(entry.username)
    # A session name has no colon, so a name of it alone is no name of the system; any other user's it can be.
    if session and ":" not in entry.username[: session.start()] and entry.method is EntryMethod.ACCESS_ENTRY:
        yield Finding(
            CHOSEN_NAME, f"{who}: username {entry.username!r} has no colon before the session's name.", urn=urn
        )


def _principal(entry: Entry) -> Iterator[Finding]:
    arn = entry.principal.arn
    parsed = arns.parse(arn)
    if not arn:
        return
    if parsed is None or parsed.service not in ("iam", "sts"):
        problem = "is no ARN of an IAM principal"
    elif "*" in arn or "?" in arn:
        problem = "has a pattern in it, which is taken literally and matches nobody"
    elif parsed.service == "sts":
        problem = "is a session, which ends; its role is meant"
    elif arns.is_service_linked_role(parsed):
        problem = "is a service-linked role, which its service alone manages"
    elif parsed.kind not in ("role", "user"):
        problem = f"is of kind {parsed.kind}, which cannot sign in to a cluster"
    elif entry.method is EntryMethod.AWS_AUTH and parsed.kind == "role" and parsed.resource.count("/") > 1:
        if entry.resource.type.startswith("eks-access:"):
            return  # it is written without its path
        problem = "has a path, with which aws-auth never matches it"
    else:
        return
    yield Finding(PRINCIPAL, f"{entry}: {arn} {problem}.", urn=entry.resource.urn)


def _foreign(entry: Entry, own: frozenset[str]) -> Iterator[Finding]:
    parsed = arns.parse(entry.principal.arn)
    if parsed is not None and own and arns.ACCOUNT_ID.fullmatch(parsed.account) and parsed.account not in own:
        message = (
            f"{entry.principal} → {entry}: account {parsed.account} is not one of yours ({', '.join(sorted(own))}), and"
            " whoever it lets act as that principal is in."
        )
        yield Finding(FOREIGN_PRINCIPAL, message, urn=entry.resource.urn)


def _unbound(access: Access, settings: Settings) -> Iterator[Finding]:
    bound = {subject.name for binding in access.bindings for subject in binding.subjects if subject.kind == "Group"}
    if not access.bindings:
        return  # a stack without any RBAC: that is somewhere else
    for entry in access.entries:
        for group in entry.groups:
            known = group in bound or group.startswith(RESERVED_PREFIXES) or group in settings.allowed_groups
            if not known and not is_node(entry):
                message = f"{entry.principal} → {entry} → group {group}: nothing in this stack binds the group."
                yield Finding(UNBOUND_GROUP, message, urn=entry.resource.urn)


def _twice(access: Access) -> Iterator[Finding]:
    ways: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in access.entries:
        if entry.cluster:
            ways[entry.principal.key, entry.cluster].append(entry)
    for (_, cluster), found_ways in ways.items():
        first, *others = sorted(found_ways, key=lambda entry: entry.method is EntryMethod.AWS_AUTH)
        for other in others:
            if other.method is first.method is EntryMethod.ACCESS_ENTRY:
                if other.resource.urn == first.resource.urn:
                    continue
                message = f"{other.principal} has two access entries in cluster {cluster}; EKS refuses the second."
            elif _same_identity(first, other):
                continue
            elif first.method is EntryMethod.ACCESS_ENTRY:
                message = (
                    f"{other.principal} is in aws-auth of cluster {cluster} as {_identity(other)}, and has an access"
                    f" entry as {_identity(first)}: the entry alone counts."
                )
            else:
                message = (
                    f"{other.principal} is in aws-auth of cluster {cluster} twice, as {_identity(first)} and as"
                    f" {_identity(other)}: the last one counts."
                )
            yield Finding(TWICE, message, urn=other.resource.urn)


def _same_identity(one: Entry, other: Entry) -> bool:
    names = username_template(one), username_template(other)
    return set(one.groups) == set(other.groups) and (names[0] == names[1] or may_have_username(*names))


def _identity(entry: Entry) -> str:
    groups = f"group {', '.join(entry.groups)}" if entry.groups else "no group"
    return f"{username_template(entry) or 'EKS own username'!r} with {groups}"
