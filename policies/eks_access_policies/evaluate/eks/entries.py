"""Evaluates the rules about access entries and mappings in aws-auth: principals and their Kubernetes identities."""

from collections import defaultdict
from collections.abc import Iterator

from eks_access.aws_auth.mapping import NODE_GROUPS, TEMPLATES
from eks_access.model import arn as arns
from eks_access.model.identity import RESERVED_PREFIXES, EntryMethod

from ...access import Access, Entry
from ...access.chain import may_have_username, username_template
from ...access.iam.identities import find_identities
from ...access.model import format_cluster
from ...access.names import MASTERS, NameProblem, Usernames, find_reserved_prefix, is_node
from ...finding import Finding
from ...iam import Principal, PrincipalKind
from ...iam.resources import parse_account
from ...rules.eks import (
    ANOTHERS_NAME,
    CHOSEN_NAME,
    ENTRY_TYPE,
    FOREIGN_PRINCIPAL,
    NODE_IDENTITY,
    PRINCIPAL,
    RESERVED_NAME,
    SHARED_NAME,
    SYSTEM_MASTERS,
    TWICE,
    UNBOUND_GROUP,
    UNPREFIXED_NAME,
)
from ..settings import Settings


def evaluate_entries(access: Access, settings: Settings, own_accounts: frozenset[str]) -> Iterator[Finding]:
    known_accounts = own_accounts | set(settings.accounts) | set(settings.allowed_accounts)
    usernames = Usernames(access.entries)
    for entry in access.entries:
        yield from _check_identity(entry, usernames)
        yield from _check_node(entry, access)
        yield from _check_principal(entry)
        if not settings.accepts(entry.principal):
            yield from _check_account(entry, known_accounts)
    yield from _check_mapped_accounts(access, known_accounts)
    yield from _check_unbound_groups(access, settings)
    yield from _check_duplicates(access)


def _check_identity(entry: Entry, usernames: Usernames) -> Iterator[Finding]:
    urn, chain = entry.resource.urn, f"{entry.principal} → {entry}"
    if entry.type != "STANDARD":
        if entry.method is EntryMethod.ACCESS_ENTRY and (entry.groups or _has_own_username(entry)):
            message = f"{chain} of type {entry.type}: EKS rejects groups and usernames for this type."
            yield Finding(ENTRY_TYPE, message, urn=urn)
        return
    yield from _check_groups(entry, chain)
    if problem := usernames.find_problem(entry):
        rule, words = _RULES_BY_PROBLEM[problem.kind], str(problem)
        if problem.kind is NameProblem.CHOSEN and entry.method is EntryMethod.AWS_AUTH:
            rule = UNPREFIXED_NAME  # EKS takes it there, and some integrations need it
        if problem.kind is NameProblem.RESERVED:
            words = f"begins with {find_reserved_prefix(entry.username)!r}"
        yield Finding(rule, f"{chain}: username {entry.username!r} {words}.", urn=urn)


def _check_node(entry: Entry, access: Access) -> Iterator[Finding]:
    """What is mapped like a node and is none: without a group of nodes, or a role that only others can assume."""
    if not is_node(entry):
        return
    if entry.type == "STANDARD" and "groups" not in entry.unknown_fields and not set(entry.groups) & set(NODE_GROUPS):
        message = f"{entry.principal} → {entry}: username {entry.username!r} is a node's, and none of its groups is."
        yield Finding(RESERVED_NAME, message, urn=entry.resource.urn)
    role = find_identities(access.stack).get(entry.principal.key)
    trusted = [principal for each in (role and role.trust) or () if each.allows for principal in each.principals]
    account = parse_account(entry.principal.arn)
    if trusted and account and all(_is_of_others(each, account) for each in trusted):
        named = ", ".join(dict.fromkeys(repr(each.value) for each in trusted[:3]))
        message = f"{entry.principal} → {entry}: it has the rights of a node, and only {named} can assume the role."
        yield Finding(NODE_IDENTITY, message, urn=entry.resource.urn)


def _is_of_others(principal: Principal, account: str) -> bool:
    """Whether it is a principal of another account, or one that signs in with a token or an assertion."""
    if principal.kind is PrincipalKind.AWS:
        return account not in (principal.value, parse_account(principal.value))
    return principal.kind is PrincipalKind.FEDERATED


_RULES_BY_PROBLEM = {
    NameProblem.CHOSEN: CHOSEN_NAME,
    NameProblem.RESERVED: RESERVED_NAME,
    NameProblem.COMPONENT: ANOTHERS_NAME,
    NameProblem.ANOTHER: ANOTHERS_NAME,
    NameProblem.SHARED: SHARED_NAME,
}


def _check_groups(entry: Entry, chain: str) -> Iterator[Finding]:
    urn = entry.resource.urn
    if MASTERS in entry.groups:
        is_rejected = entry.method is EntryMethod.ACCESS_ENTRY
        effect = "EKS rejects it" if is_rejected else "it bypasses RBAC and allows everything"
        yield Finding(SYSTEM_MASTERS, f"{chain} → group {MASTERS}: {effect}.", urn=urn)
    node_groups = [group for group in entry.groups if group in NODE_GROUPS]
    if node_groups and not is_node(entry):
        message = f"{chain} → group {', '.join(node_groups)}: it has the rights of a node without being one."
        yield Finding(NODE_IDENTITY, message, urn=urn)
    for group in entry.groups:
        if group not in (MASTERS, *node_groups) and (prefix := find_reserved_prefix(group)):
            yield Finding(RESERVED_NAME, f"{chain}: group {group!r} begins with {prefix!r}.", urn=urn)
        if any(template in group for template in TEMPLATES):
            yield Finding(CHOSEN_NAME, f"{chain} → group {group!r}: the caller can choose the group.", urn=urn)


def _has_own_username(entry: Entry) -> bool:
    """Whether the program set the username; otherwise EKS generates one."""
    return bool(entry.username) and not entry.username.startswith(("system:node:", "arn:"))


def _check_principal(entry: Entry) -> Iterator[Finding]:
    arn = entry.principal.arn
    parsed = arns.parse(arn)
    if not arn:
        return
    if parsed is None or parsed.service not in ("iam", "sts"):
        problem = "is not the ARN of an IAM principal"
    elif "*" in arn or "?" in arn:
        problem = "contains a wildcard, which is taken literally and matches no principal"
    elif parsed.service == "sts":
        problem = "is a temporary session; name its role instead"
    elif arns.is_service_linked_role(parsed):
        problem = "is a service-linked role, which only its service can use"
    elif parsed.kind not in ("role", "user"):
        problem = f"is a {parsed.kind}, which cannot sign in to a cluster"
    elif entry.method is EntryMethod.AWS_AUTH and parsed.kind == "role" and parsed.resource.count("/") > 1:
        if entry.resource.type.startswith("eks-access:"):
            return  # the mapping is written without the path
        problem = "has a path, so aws-auth never matches it"
    else:
        return
    yield Finding(PRINCIPAL, f"{entry}: {arn} {problem}.", urn=entry.resource.urn)


def _check_account(entry: Entry, own: frozenset[str]) -> Iterator[Finding]:
    parsed = arns.parse(entry.principal.arn)
    if parsed is not None and own and arns.ACCOUNT_ID.fullmatch(parsed.account) and parsed.account not in own:
        message = (
            f"{entry.principal} → {entry}: account {parsed.account} is not one of yours ({', '.join(sorted(own))}); it"
            " decides who can act as this principal."
        )
        yield Finding(FOREIGN_PRINCIPAL, message, urn=entry.resource.urn)


def _check_mapped_accounts(access: Access, known: frozenset[str]) -> Iterator[Finding]:
    for aws_auth in access.aws_auth:
        for account in sorted(aws_auth.reading.accounts):
            if known and account not in known:
                message = (
                    f"every principal of account {account} → aws-auth in {format_cluster(aws_auth.cluster)}: the"
                    f" account is not one of yours ({', '.join(sorted(known))}); it decides who can sign in."
                )
                yield Finding(FOREIGN_PRINCIPAL, message, urn=aws_auth.resource.urn)


def _check_unbound_groups(access: Access, settings: Settings) -> Iterator[Finding]:
    bound = {subject.name for binding in access.bindings for subject in binding.subjects if subject.kind == "Group"}
    if not access.bindings:
        return  # a stack without any RBAC: its bindings are elsewhere
    for entry in access.entries:
        for group in entry.groups:
            known = group in bound or group.startswith(RESERVED_PREFIXES) or group in settings.allowed_groups
            if not known and not is_node(entry):
                message = f"{entry.principal} → {entry} → group {group}: no binding in this stack names the group."
                yield Finding(UNBOUND_GROUP, message, urn=entry.resource.urn)


def _check_duplicates(access: Access) -> Iterator[Finding]:
    entries: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in access.entries:
        if entry.cluster:
            entries[entry.principal.key, entry.cluster].append(entry)
    for (_, cluster), of_principal in entries.items():
        first, *others = sorted(of_principal, key=lambda entry: entry.method is EntryMethod.AWS_AUTH)
        for other in others:
            if other.method is first.method is EntryMethod.ACCESS_ENTRY:
                if other.resource.urn == first.resource.urn:
                    continue
                message = f"{other.principal} has two access entries in cluster {cluster}; EKS rejects the second."
            elif _have_same_identity(first, other):
                continue
            elif first.method is EntryMethod.ACCESS_ENTRY:
                message = (
                    f"{other.principal} has both a mapping in aws-auth of cluster {cluster}, as"
                    f" {_describe_identity(other)}, and an access entry, as {_describe_identity(first)}: only the"
                    " access entry takes effect."
                )
            else:
                message = (
                    f"{other.principal} has two mappings in aws-auth of cluster {cluster}, as"
                    f" {_describe_identity(first)} and as {_describe_identity(other)}: only the last takes effect."
                )
            yield Finding(TWICE, message, urn=other.resource.urn)


def _have_same_identity(one: Entry, other: Entry) -> bool:
    names = username_template(one), username_template(other)
    return set(one.groups) == set(other.groups) and (names[0] == names[1] or may_have_username(*names))


def _describe_identity(entry: Entry) -> str:
    groups = f"group {', '.join(entry.groups)}" if entry.groups else "no group"
    return f"{username_template(entry) or 'EKS own username'!r} with {groups}"
