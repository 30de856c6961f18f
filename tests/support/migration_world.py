"""Who comes into a cluster, by aws-auth and by access entries: evaluated without the code that plans a migration.

An access entry is of a unique id, and comes before aws-auth. aws-auth is of an ARN without its path (of roles), in any
letter case. What groups may do is what bindings name them; `system:masters` and AmazonEKSClusterAdminPolicy may do all.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from eks_access.aws_auth.reader import Reading
from eks_access.migration.mappings import list_principals
from eks_access.migration.objects import to_tags
from eks_access.migration.plan import AssociatePolicy, MakeBinding, MakeEntry, Plan
from eks_access.migration.state import (
    Association,
    Binding,
    ClusterState,
    Entry,
    IamAnswer,
    Missing,
    Principal,
    parse_principal,
    principal_key,
)
from eks_access.model.identity import AuthenticationMode

ACCOUNT = "111122223333"
OTHER = "444455556666"
ALL_RIGHTS = "everything"
IMPLIED = "system:authenticated"
_LINE = re.compile(r"(?P<user>U )?(?P<arn>.*?)=>(?P<username>.*)\[(?P<groups>.*)\]")
_NODE_GROUPS = {
    "EC2_LINUX": ("system:bootstrappers", "system:nodes"),
    "EC2_WINDOWS": ("system:bootstrappers", "system:nodes", "eks:kube-proxy-windows"),
    "FARGATE_LINUX": ("system:bootstrappers", "system:nodes", "system:node-proxier"),
    "HYBRID_LINUX": ("system:bootstrappers", "system:nodes"),
}
_NODE_NAMES = {"EC2_LINUX": "EC2PrivateDNSName", "EC2_WINDOWS": "EC2PrivateDNSName"}


def role(name: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:iam::{account}:role/{name}"


def user(name: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:iam::{account}:user/{name}"


@dataclass(frozen=True)
class Access:
    """What the cluster takes a principal for: the username as a template, groups and access policies."""

    username: str
    groups: frozenset[str]
    policies: frozenset[str] = frozenset()


@dataclass(frozen=True)
class World:
    """The principals that exist in IAM, by their full ARNs, and a cluster."""

    principals: tuple[str, ...]
    bindings: tuple[Binding, ...] = ()
    entries: tuple[Entry, ...] = ()
    bound_ids: Mapping[str, str] = field(default_factory=dict)
    """The unique id that an entry is bound to, where it is another one than the principal's now."""

    def state(self, data: Mapping[str, str], mode: str = "API_AND_CONFIG_MAP") -> ClusterState:
        """The state that a reader of this world would find."""
        existing = {principal_key(arn): each for each in self.principals if (arn := parse_principal(each))}
        answers: dict[str, IamAnswer] = {}
        for arn in list_principals(data):
            found = existing.get(principal_key(arn)) or next(
                (e for e in self.principals if e.lower().endswith(f"/{arn.name.lower()}") and f":{arn.kind}/" in e),
                None,
            )
            answers[principal_key(arn)] = Principal(found, unique_id(found)) if found else Missing()
        return ClusterState(
            "prod", "aws", ACCOUNT, AuthenticationMode(mode), data, self.entries, answers, self.bindings
        )

    def after(self, plan: Plan) -> "World":
        """This world with the steps of the plan done."""
        entries = {entry.principal_arn: entry for entry in self.entries}
        bindings = list(self.bindings)
        for step in plan.steps:
            match step:
                case MakeBinding(copy):
                    bindings.append(copy.binding)
                case MakeEntry(planned):
                    assert planned.principal_arn not in entries, "EKS refuses a second entry"
                    assert planned.principal_arn in self.principals, "EKS refuses an ARN that IAM does not have"
                    policies = (Association(planned.policy.arn("aws")),) if planned.policy else ()
                    username = planned.username or default_username(planned.principal_arn, planned.type)
                    entries[planned.principal_arn] = Entry(
                        planned.principal_arn, planned.type, username, planned.groups, policies, to_tags(planned)
                    )
                case AssociatePolicy():
                    raise NotImplementedError("no test of this world is interrupted")
        return World(self.principals, tuple(bindings), tuple(entries.values()), self.bound_ids)

    def access(self, arn: str, mapped: Mapping[str, Access], accounts: Iterable[str] = ()) -> Access | None:
        """What the authenticator takes this principal for; None if it refuses it."""
        for entry in self.entries:
            if self.bound_ids.get(entry.principal_arn, unique_id(entry.principal_arn)) == unique_id(arn):
                groups = frozenset((*entry.groups, *_NODE_GROUPS.get(entry.type, ())))
                return Access(entry.username, groups, frozenset(each.policy_arn for each in entry.policies))
        canonical = re.sub(r":role/.*/", ":role/", arn)
        if (found := mapped.get(canonical.lower())) is not None:
            return found
        return Access(canonical, frozenset()) if arn.split(":")[4] in accounts else None

    def rights(self, access: Access | None) -> frozenset[str]:
        """What bindings and policies allow."""
        if access is None:
            return frozenset()
        if "system:masters" in access.groups or any("ClusterAdmin" in each for each in access.policies):
            return frozenset({ALL_RIGHTS})
        groups = {*access.groups, IMPLIED}
        return frozenset(
            f"{each.role_kind}/{each.role_name} in {each.namespace}"
            for each in self.bindings
            if groups & {*each.groups}
        )


def unique_id(arn: str) -> str:
    """IAM's id of a principal. It is of the whole ARN, and no other principal has it."""
    return f"ID({arn})"


def default_username(arn: str, kind: str) -> str:
    if kind != "STANDARD":
        return f"system:node:{{{{{_NODE_NAMES.get(kind, 'SessionName')}}}}}"
    if ":user/" in arn:
        return arn
    account, name = arn.split(":")[4], arn.rsplit("/", 1)[1]
    return f"arn:aws:sts::{account}:assumed-role/{name}/{{{{SessionName}}}}"


def from_reading(reading: Reading) -> tuple[dict[str, Access], frozenset[str]]:
    """What aws-auth maps, by ARNs in lower case: roles before users."""
    found = {arn.lower(): Access(it.username, frozenset(it.groups)) for arn, it in reading.users.items()}
    found |= {arn: Access(it.username, frozenset(it.groups)) for arn, it in reading.roles.items()}
    return found, reading.accounts


def from_corpus(lines: Iterable[str]) -> tuple[dict[str, Access], frozenset[str]]:
    """What the real authenticator reads, in the corpus' notation."""
    users: dict[str, Access] = {}
    roles: dict[str, Access] = {}
    accounts = set()
    for line in lines:
        if line.startswith("A "):
            accounts.add(line.removeprefix("A "))
        elif match := _LINE.fullmatch(line):
            groups = frozenset(re.findall(r'"(.*?)"', match["groups"]))
            (users if match["user"] else roles)[match["arn"].lower()] = Access(match["username"], groups)
    return users | roles, frozenset(accounts)
