"""The chain of access to a cluster, as data: who enters, as whom, bound to what, with which rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from eks_access.model.identity import EntryMethod

from ..stack import Resource

EVERYONE = ("system:authenticated",)
"""The groups that whoever has signed in is in."""
ANYWHERE = None
"""The namespaces of what holds in the whole cluster."""


@dataclass(frozen=True)
class Principal:
    """An IAM role or user. `key` is the same for everything about one principal: its URN in the stack, or its ARN.

    `arn` is empty where it is known only after the deployment; `name` then is the best name there is.
    """

    key: str
    name: str
    arn: str = ""
    kind: str = "role"

    def __str__(self) -> str:
        return f"{self.kind} {self.arn or self.name}"


@dataclass(frozen=True)
class Subject:
    """Whom a binding names: a Group, a User or a ServiceAccount (which alone has a namespace)."""

    kind: str
    name: str
    namespace: str = ""

    def __str__(self) -> str:
        place = f"{self.namespace}/" if self.namespace else ""
        return f"{_LOWER.get(self.kind, self.kind)} {place}{self.name}"


_LOWER = {"Group": "group", "User": "user", "ServiceAccount": "service account"}


@dataclass(frozen=True, eq=False)
class Entry:
    """A principal's way into a cluster: an access entry, or a mapping in aws-auth.

    `cluster` is empty where it is not known which one it is. `username` is a template; empty means EKS's own.
    """

    resource: Resource
    method: EntryMethod
    principal: Principal
    cluster: str
    username: str = ""
    groups: tuple[str, ...] = ()
    type: str = "STANDARD"
    not_known: tuple[str, ...] = ()
    """Which of `username`, `groups` and `cluster` are known only after the deployment."""

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """The groups it puts the principal in, without those that everyone is in."""
        return tuple(Subject("Group", group) for group in self.groups)

    def __str__(self) -> str:
        way = "access entry" if self.method is EntryMethod.ACCESS_ENTRY else "aws-auth mapping"
        return f"{way} in {format_cluster(self.cluster)}"


@dataclass(frozen=True, eq=False)
class PolicyAssociation:
    """An EKS access policy, given to a principal: everywhere, or in namespaces (which may be patterns: `dev-*`)."""

    resource: Resource
    principal: Principal
    cluster: str
    policy: str
    """Its name; empty where it is not known."""
    namespaces: tuple[str, ...] | None = ANYWHERE
    rules: tuple["Permission", ...] | None = None
    """None where AWS does not publish the policy's rules, or they are not known here."""

    def __str__(self) -> str:
        return f"access policy {self.policy or 'not known yet'}"


@dataclass(frozen=True)
class Permission:
    """A rule of RBAC, or of an access policy. No `names` means every name, as in RBAC."""

    verbs: tuple[str, ...]
    groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    is_whole: bool = True
    """Whether all of it is known."""

    def __str__(self) -> str:
        named = f" named {', '.join(self.names)}" if self.names else ""
        on = ", ".join((*self.resources, *self.urls))
        return f"{', '.join(self.verbs)} {on}{named}"


@dataclass(frozen=True, eq=False)
class Role:
    """A Role (with a namespace) or a ClusterRole. `aggregates` are the label selectors that give it others' rules."""

    resource: Resource | None
    """None for a role that every cluster has."""
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
    not_known: tuple[str, ...] = ()
    """Which of `subjects` and `role` are known only after the deployment."""

    @property
    def kind(self) -> str:
        return "ClusterRoleBinding" if self.namespace is None else "RoleBinding"

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, eq=False)
class EffectiveRule:
    """One rule that somebody holds in a cluster, and the whole way by which they have it.

    Either `association`, or `subject`, `binding` and `role` are there. `principal` and `entry` are missing where
    nothing in the stack makes a principal this subject.
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
        """The resource that a finding about this is a finding about: what gives the right to the holder."""
        source = self.association or self.binding
        assert source is not None, "a right comes from an association or a binding"
        return source.resource

    @property
    def holder(self) -> Principal | Subject:
        found = self.principal or self.subject
        assert found is not None, "a right has a holder"
        return found

    @property
    def where(self) -> str:
        return format_namespaces(self.namespaces)

    @property
    def chain(self) -> str:
        """The whole way in words, from the principal to the rule."""
        steps = (self.principal, self.entry, self.subject, self.association, self.binding, self.role)
        return " → ".join(str(step) for step in steps if step is not None)


def format_cluster(cluster: str) -> str:
    return f"cluster {cluster}" if cluster else "a cluster not known yet"


def format_namespaces(namespaces: tuple[str, ...] | None) -> str:
    if namespaces is None:
        return "in the whole cluster"
    return f"in {'namespace' if len(namespaces) == 1 else 'namespaces'} {', '.join(namespaces)}"


def same_cluster(one: str, other: str) -> bool:
    """Whether two may be the same: one that is not known may be any."""
    return not one or not other or one == other
