"""Types of the access to a cluster: principals, entries, subjects, bindings, roles and rules."""

from dataclasses import dataclass

from eks_access.model.identity import EntryMethod

from ..stack import Resource

EVERYONE = ("system:authenticated",)
"""The groups of every authenticated user."""
ANYWHERE = None
"""The namespaces of a cluster-wide rule."""
NOT_KNOWN = "(not known yet)"
"""A name that is unknown until the deployment. No object of a cluster can have it."""


@dataclass(frozen=True)
class Principal:
    """An IAM role or user. `key` identifies it: its URN in the stack, or its canonical ARN.

    `arn` is empty if it is unknown until the deployment; `name` is then the best name available.
    """

    key: str
    name: str
    arn: str = ""
    kind: str = "role"
    is_unknown: bool = False
    """Whether it is not known before the deployment which principal this is."""

    def __str__(self) -> str:
        return f"{self.kind} {self.arn or self.name}"


@dataclass(frozen=True)
class Subject:
    """The subject of a binding: a Group, a User or a ServiceAccount (only the last has a namespace)."""

    kind: str
    name: str
    namespace: str = ""

    @property
    def username(self) -> str:
        """The username of the requests of a user or a service account; empty for a group."""
        if self.kind == "ServiceAccount":
            return f"system:serviceaccount:{self.namespace}:{self.name}"
        return self.name if self.kind == "User" else ""

    def __str__(self) -> str:
        place = f"{self.namespace}/" if self.namespace else ""
        return f"{_LOWER.get(self.kind, self.kind)} {place}{self.name}"


ANONYMOUS = (Subject("Group", "system:unauthenticated"), Subject("User", "system:anonymous"))
"""https://kubernetes.io/docs/reference/access-authn-authz/authentication/#anonymous-requests"""
_LOWER = {"Group": "group", "User": "user", "ServiceAccount": "service account"}


@dataclass(frozen=True, eq=False)
class Entry:
    """What maps a principal to a Kubernetes identity: an access entry, or a mapping in aws-auth.

    `cluster` is empty if it is unknown. `username` is a template; empty means the one that EKS derives.
    """

    resource: Resource
    method: EntryMethod
    principal: Principal
    cluster: str
    username: str = ""
    groups: tuple[str, ...] = ()
    type: str = "STANDARD"
    unknown_fields: tuple[str, ...] = ()
    """Which of `principal`, `username`, `groups`, `type` and `cluster` are unknown until the deployment."""

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """The entry's groups as subjects, without those of every authenticated user."""
        return tuple(Subject("Group", group) for group in self.groups)

    def __str__(self) -> str:
        way = "access entry" if self.method is EntryMethod.ACCESS_ENTRY else "aws-auth mapping"
        return f"{way} in {format_cluster(self.cluster)}"


@dataclass(frozen=True, eq=False)
class PolicyAssociation:
    """An EKS access policy associated with a principal, cluster-wide or in namespaces (or patterns: `dev-*`)."""

    resource: Resource
    principal: Principal
    cluster: str
    policy: str
    """Its name; empty if it is unknown."""
    namespaces: tuple[str, ...] | None = ANYWHERE
    rules: tuple["Permission", ...] | None = None
    """None if AWS does not publish the policy's rules, or the policy is unknown."""

    def __str__(self) -> str:
        return f"access policy {self.policy or 'not known yet'}"


@dataclass(frozen=True)
class Permission:
    """A rule of an RBAC role or of an access policy. Empty `names` means every name, as in RBAC."""

    verbs: tuple[str, ...]
    groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    is_whole: bool = True
    """Whether no part of it is unknown."""

    def __str__(self) -> str:
        named = f" named {', '.join(self.names)}" if self.names else ""
        on = ", ".join((*self.resources, *self.urls))
        return f"{', '.join(self.verbs)} {on}{named}"


def format_cluster(cluster: str) -> str:
    """Name a cluster in a message."""
    return f"cluster {cluster}" if cluster else "a cluster not known yet"


def format_namespaces(namespaces: tuple[str, ...] | None) -> str:
    """Name a scope in a message: the whole cluster, or its namespaces."""
    if namespaces is None:
        return "in the whole cluster"
    return f"in {'namespace' if len(namespaces) == 1 else 'namespaces'} {', '.join(namespaces)}"
