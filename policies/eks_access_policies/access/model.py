"""Types of the access to a cluster: principals, entries, subjects, bindings, roles and rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from eks_access.model.identity import EntryMethod

from ..stack import Resource

EVERYONE = ("system:authenticated",)
"""The groups of every authenticated user."""
ANYWHERE = None
"""The namespaces of a cluster-wide rule."""


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


@dataclass(frozen=True, eq=False)
class Role:
    """A Role (with a namespace) or a ClusterRole. `aggregates` are the label selectors of its aggregation rule."""

    resource: Resource | None
    """None for a default role of every cluster."""
    cluster: str
    name: str
    namespace: str | None = None
    rules: tuple[Permission, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    aggregates: tuple[Mapping[str, str], ...] = ()

    @property
    def kind(self) -> str:
        return "ClusterRole" if self.namespace is None else "Role"

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, eq=False)
class Binding:
    """A RoleBinding (with a namespace) or a ClusterRoleBinding."""

    resource: Resource
    cluster: str
    name: str
    namespace: str | None
    role_kind: str
    role_name: str
    subjects: tuple[Subject, ...]
    unknown_fields: tuple[str, ...] = ()
    """Which of `subjects` and `role` are unknown until the deployment."""

    @property
    def kind(self) -> str:
        return "ClusterRoleBinding" if self.namespace is None else "RoleBinding"

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, eq=False)
class EffectiveRule:
    """One rule that applies to a principal or subject in a cluster, together with its provenance.

    Either `association`, or `subject`, `binding` and `role` are set. `principal` and `entry` are None if no entry of
    the stack maps a principal to the subject.
    """

    rule: Permission
    cluster: str
    namespaces: tuple[str, ...] | None
    principal: Principal | None = None
    entry: Entry | None = None
    subject: Subject | None = None
    binding: Binding | None = None
    role: Role | None = None
    association: PolicyAssociation | None = None

    @property
    def resource(self) -> Resource:
        """The resource that grants the rule, which a finding refers to."""
        source = self.association or self.binding
        assert source is not None, "a rule comes from an association or a binding"
        return source.resource

    @property
    def holder(self) -> Principal | Subject:
        found = self.principal or self.subject
        assert found is not None, "a rule applies to a principal or a subject"
        return found

    @property
    def where(self) -> str:
        return format_namespaces(self.namespaces)

    @property
    def chain(self) -> str:
        """The provenance in words, from the principal to the role."""
        steps = (self.principal, self.entry, self.subject, self.association, self.binding, self.role)
        return " → ".join(str(step) for step in steps if step is not None)


def format_cluster(cluster: str) -> str:
    """Name a cluster in a message."""
    return f"cluster {cluster}" if cluster else "a cluster not known yet"


def format_namespaces(namespaces: tuple[str, ...] | None) -> str:
    """Name a scope in a message: the whole cluster, or its namespaces."""
    if namespaces is None:
        return "in the whole cluster"
    return f"in {'namespace' if len(namespaces) == 1 else 'namespaces'} {', '.join(namespaces)}"


def may_be_same_cluster(one: str, other: str) -> bool:
    """Whether two names may be the same cluster: an unknown (empty) one may be any."""
    return not one or not other or one == other
