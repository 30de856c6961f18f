"""What was seen in one cluster or region, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Entry:
    """An access entry. `policies` is how many access policies are associated with it."""

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
    """An object's metadata; nothing of what is in it is ever asked for."""

    kind: str
    name: str
    namespace: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Binding:
    """A RoleBinding or ClusterRoleBinding, with the names of the users among its subjects."""

    kind: str
    name: str
    namespace: str | None
    users: tuple[str, ...]


@dataclass(frozen=True)
class Registration:
    """A cluster that is connected by EKS Connector."""

    name: str
    region: str
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Seen:
    """Everything that was seen in one cluster.

    `principals` says of each ARN of the cluster's own account whether there is such a principal, by its unique id;
    None where there is none. ARNs that could not be judged are not among them.
    """

    entries: tuple[Entry, ...] = ()
    mappings: tuple[MappedArn, ...] = ()
    objects: tuple[KubernetesObject, ...] = ()
    bindings: tuple[Binding, ...] = ()
    principals: Mapping[str, str | None] = field(default_factory=dict)
