"""What was read of an account, as plain data. What could not be read is an `Unread`, and never an empty list alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from eks_access.model.identity import AuthenticationMode


@dataclass(frozen=True)
class Unread:
    """Something that could not be read, and why."""

    what: str
    why: str


@dataclass(frozen=True)
class PolicyReading:
    """An access policy that is associated with an entry."""

    arn: str
    namespaces: tuple[str, ...] | None = None
    """None for the whole cluster."""


@dataclass(frozen=True)
class EntryReading:
    """An access entry."""

    principal_arn: str
    type: str = "STANDARD"
    username: str = ""
    groups: tuple[str, ...] = ()
    policies: tuple[PolicyReading, ...] = ()
    created_at: datetime | None = None
    role_id: str = ""
    """The unique id in the tag that this package gives its entries; empty without one."""
    stack: str = ""
    """The stack of this package that made it, by its tag."""
    unread: tuple[Unread, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)
    """All of its tags, which no report shows."""


@dataclass(frozen=True)
class RbacReading:
    """A role or binding: the parts that decide about rights. Its annotations are not kept."""

    kind: str
    body: Mapping[str, Any]


@dataclass(frozen=True)
class AuditUse:
    """The requests of a principal in a cluster's audit log."""

    requests: int
    last: datetime | None


@dataclass(frozen=True)
class AuditReading:
    """What the audit log of a cluster has, by the principal's canonical ARN."""

    days: int
    uses: Mapping[str, AuditUse]


@dataclass(frozen=True)
class ClusterReading:
    """A cluster, as far as it could be read."""

    name: str
    region: str
    arn: str = ""
    status: str = ""
    version: str = ""
    mode: AuthenticationMode | None = None
    """None where it could not be read, and for a cluster outside of EKS."""
    created_at: datetime | None = None
    is_creator_admin: bool | None = None
    """Whether its creator was made an administrator; None where EKS does not say."""
    is_connected: bool = False
    """Whether it is outside of EKS and connected by EKS Connector, so that no IAM principal enters it."""
    entries: Sequence[EntryReading] = ()
    aws_auth: Mapping[str, str] | None = None
    """The data of aws-auth; None if there is none, or if it could not be read."""
    rbac: Sequence[RbacReading] = ()
    identity_providers: Sequence[Mapping[str, Any]] = ()
    audit: AuditReading | None = None
    """None if no log group was named, or if it could not be read."""
    unread: tuple[Unread, ...] = ()
    has_rbac: bool = True
    """Whether all roles and bindings were read."""
    seconds: float = 0.0


class PrincipalState(StrEnum):
    """Whether a principal is there."""

    EXISTS = "exists"
    GONE = "gone"
    ELSEWHERE = "elsewhere"
    """In another account, whose principals cannot be looked up."""
    UNKNOWN = "unknown"
    """It could not be looked up."""


@dataclass(frozen=True)
class PrincipalReading:
    """An IAM role or user, as IAM has it."""

    state: PrincipalState
    arn: str = ""
    """As IAM has it, with its path; empty unless it exists."""
    unique_id: str = ""
    created_at: datetime | None = None
    last_used: datetime | None = None
    """None if IAM has no use of it, or if that could not be read (`unread`)."""
    last_used_in: str = ""
    """The region, or for a user the service."""
    trust: Any = None
    """The role's trust policy. It is evaluated and never shown."""
    has_password_use: bool = False
    """Whether the user signed in with a password: a person."""
    unread: tuple[Unread, ...] = ()


@dataclass(frozen=True)
class AccountReading:
    """Everything that was read."""

    account: str
    partition: str
    started_at: datetime
    seconds: float
    regions: tuple[str, ...]
    clusters: Sequence[ClusterReading]
    principals: Mapping[str, PrincipalReading] = field(default_factory=dict)
    """By canonical ARN."""
    unread: tuple[Unread, ...] = ()
