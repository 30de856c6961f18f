"""The state of a cluster or region in which leftovers are searched, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Entry:
    """An access entry. `policies` is the number of access policies associated with it."""

    principal_arn: str
    type: str
    groups: tuple[str, ...]
    policies: int
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class MappedArn:
    """One entry of aws-auth: `section` is mapRoles or mapUsers."""

    section: str
    arn: str
    username: str


@dataclass(frozen=True)
class KubernetesObject:
    """An object's metadata; its content is never requested."""

    kind: str
    name: str
    namespace: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Binding:
    """A RoleBinding or ClusterRoleBinding, with the names of its subjects by their kind."""

    kind: str
    name: str
    namespace: str | None
    users: tuple[str, ...]
    groups: tuple[str, ...] = ()
    service_accounts: tuple[str, ...] = ()
    """As `namespace/name`."""
    uid: str = ""


@dataclass(frozen=True)
class Registration:
    """A cluster that EKS Connector connects."""

    name: str
    region: str
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ClusterState:
    """Everything that was read of one cluster.

    `principals` has the unique id of each principal in the cluster's own account by its ARN; None if it does not exist.
    ARNs of other accounts and patterns, which cannot be looked up, are not in it.
    """

    entries: tuple[Entry, ...] = ()
    mappings: tuple[MappedArn, ...] = ()
    objects: tuple[KubernetesObject, ...] = ()
    bindings: tuple[Binding, ...] = ()
    principals: Mapping[str, str | None] = field(default_factory=dict)
