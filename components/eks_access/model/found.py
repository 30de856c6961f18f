"""Access that was given by hand, as it was found: what a vendor's arguments are derived from. Plain data.

It is what a vendor's page has its customers make: a role with its trust policy and permissions, its way into clusters,
and the roles and bindings behind its groups and username there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from .identity import EntryMethod


class Maker(StrEnum):
    """What made something, as far as its marks show."""

    HAND = "by hand"
    """The console, the AWS CLI or kubectl: nothing shows another maker."""
    EKSCTL = "eksctl"
    CLOUDFORMATION = "CloudFormation"
    TERRAFORM = "Terraform"
    HELM = "Helm"
    EKS_ACCESS = "eks-access"
    """This package, in a stack that has it."""


@dataclass(frozen=True)
class Origin:
    """What made something, and what shows it. What another program still manages is left to that program.

    Attributes:
        evidence: the tag, label or state that shows it; empty for `Maker.HAND`.
        is_managed: whether that program has it in a state of its own, and would make it again or change it back.
    """

    maker: Maker = Maker.HAND
    evidence: str = ""
    is_managed: bool = False


@dataclass(frozen=True)
class FoundPolicy:
    """A policy of a role: inline, where `arn` is empty, or attached.

    Attributes:
        document: the policy document; None where it could not be read.
        attachments: how many principals have it attached; 0 for an inline policy.
    """

    name: str
    document: Mapping[str, Any] | None
    arn: str = ""
    attachments: int = 0
    origin: Origin = Origin()


@dataclass(frozen=True)
class FoundRole:
    """A role in IAM."""

    arn: str
    unique_id: str
    trust: Mapping[str, Any]
    policies: tuple[FoundPolicy, ...] = ()
    path: str = "/"
    description: str = ""
    max_session_seconds: int = 3600
    permissions_boundary: str = ""
    """Its ARN; empty without one."""
    tags: Mapping[str, str] = field(default_factory=dict)
    origin: Origin = Origin()

    @property
    def name(self) -> str:
        return self.arn.rpartition("/")[2]


@dataclass(frozen=True)
class FoundAccessPolicy:
    """An access policy of EKS that is associated with an entry. Without namespaces it applies in the whole cluster."""

    arn: str
    namespaces: tuple[str, ...] | None = None
    origin: Origin = Origin()


@dataclass(frozen=True)
class FoundWay:
    """One way into a cluster: an access entry, or a mapping in aws-auth. A principal may have both.

    Attributes:
        cluster: the cluster's name.
        type: the entry's type; `STANDARD` for a mapping.
        username: as a template; empty for a mapping without one.
        is_effective: whether it lets the principal in: neither dead nor shadowed by another way.
    """

    cluster: str
    region: str
    method: EntryMethod
    username: str
    groups: tuple[str, ...] = ()
    policies: tuple[FoundAccessPolicy, ...] = ()
    type: str = "STANDARD"
    tags: Mapping[str, str] = field(default_factory=dict)
    is_effective: bool = True
    origin: Origin = Origin()


@dataclass(frozen=True)
class FoundObject:
    """A role, a binding or a namespaced role or binding in a cluster, as its API server has it.

    Attributes:
        cluster: the cluster's name.
        is_shared: whether others use it too: a binding with other subjects, a role that other bindings name.
    """

    cluster: str
    region: str
    kind: str
    name: str
    namespace: str | None
    body: Mapping[str, Any]
    is_shared: bool = False
    origin: Origin = Origin()


@dataclass(frozen=True)
class FoundAccess:
    """The access of one principal, in every cluster that was looked at.

    Attributes:
        vendor: the vendor's key, if it was recognised or given; else empty.
        role: None where the principal is no role of this account, or could not be read.
        unread: what could not be read, in words.
    """

    vendor: str
    principal_arn: str
    role: FoundRole | None
    ways: tuple[FoundWay, ...] = ()
    objects: tuple[FoundObject, ...] = ()
    unread: tuple[str, ...] = ()


@dataclass(frozen=True)
class MissingArgument:
    """An argument that the vendor's component requires and that nothing found shows."""

    name: str
    why: str
    advice: str


@dataclass(frozen=True)
class DerivedArguments:
    """A vendor's arguments, as far as what was found shows them.

    Attributes:
        arguments: as in `Pulumi.<environment>.yaml`, without `vendor` and `clusters`.
        notes: what is not kept, and why, in words: a condition that no argument expresses.
    """

    arguments: Mapping[str, Any]
    missing: tuple[MissingArgument, ...] = ()
    notes: tuple[str, ...] = ()


Derive = Callable[[FoundAccess], DerivedArguments]
"""What a vendor provides to take over what was made by hand: access as it was found in, its arguments out."""
