"""What a migration is planned from: a cluster's entries, mappings and bindings, and IAM's answers. Plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from ..model.arn import Arn, parse
from ..model.identity import AuthenticationMode

ORIGIN_TAG = "eks-access:migrated-from"
PRINCIPAL_ID_TAG = "eks-access:principal-id"
"""Tags of the entries that a migration makes. By the first, a run that was interrupted finds what it had begun; the
second shows which principal the entry is bound to, as EKS does not."""
AWS_AUTH = "aws-auth"


@dataclass(frozen=True)
class Principal:
    """A role or user that exists. `arn` has its path, which aws-auth leaves out for roles.

    Attributes:
        unique_id: what EKS binds an entry to; None where it is not known (another account).
        created: when the principal was created; None where it is not known.
        is_assumed: was it not looked up? Then its existence and its path are an assumption.
    """

    arn: str
    unique_id: str | None = None
    created: datetime | None = None
    is_assumed: bool = False


@dataclass(frozen=True)
class Missing:
    """IAM has no such principal."""


@dataclass(frozen=True)
class Unread:
    """Whether the principal exists, and with which path, could not be read."""

    reason: str


IamAnswer: TypeAlias = Principal | Missing | Unread


@dataclass(frozen=True)
class Association:
    """An access policy of an entry, by its ARN; in the whole cluster, or only in `namespaces`."""

    policy_arn: str
    namespaces: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Entry:
    """An access entry as EKS has it."""

    principal_arn: str
    type: str = "STANDARD"
    username: str = ""
    groups: tuple[str, ...] = ()
    policies: tuple[Association, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    created: datetime | None = None


@dataclass(frozen=True)
class Binding:
    """A RoleBinding (with a namespace) or a ClusterRoleBinding, and the groups among its subjects."""

    name: str
    namespace: str | None
    role_kind: str
    role_name: str
    groups: tuple[str, ...]
    has_other_subjects: bool = False

    @property
    def kind(self) -> str:
        return "ClusterRoleBinding" if self.namespace is None else "RoleBinding"

    def __str__(self) -> str:
        return f"{self.kind} {self.name}" + (f" in {self.namespace}" if self.namespace else "")


@dataclass(frozen=True)
class ClusterState:
    """All that a plan depends on.

    Attributes:
        account: the cluster's account; None where it is not known (a ConfigMap without its cluster).
        aws_auth: the ConfigMap's `data`; None if there is no such ConfigMap.
        principals: IAM's answers by `principal_key`. A principal without an answer was not looked up.
        bindings: the bindings that name groups; None if they could not be read, for the reason in `bindings_problem`.
    """

    name: str
    partition: str
    account: str | None
    mode: AuthenticationMode
    aws_auth: Mapping[str, str] | None = None
    entries: tuple[Entry, ...] = ()
    principals: Mapping[str, IamAnswer] = field(default_factory=dict)
    bindings: tuple[Binding, ...] | None = ()
    bindings_problem: str = ""


def parse_principal(text: str) -> Arn | None:
    """The ARN as in a mapping, which the authenticator reads in any letter case; the name keeps its own."""
    *fields, resource = text.split(":", 5)
    kind, slash, name = resource.partition("/")
    return parse(":".join((*(field.lower() for field in fields), f"{kind.lower()}{slash}{name}")))


def principal_key(arn: Arn) -> str:
    """The ARN as the authenticator compares it: a role without its path, in any letter case.

    STS reports no path of a role (https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html), and the
    authenticator lower-cases what it looks up in aws-auth (pkg/mapper/configmap/mapper.go, Map).
    """
    return str(arn.without_path()).lower()
