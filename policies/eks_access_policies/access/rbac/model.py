"""Types of RBAC in a stack: roles, bindings, and the effective rules that they and access policies amount to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ...stack import Resource
from ..clusters import Location
from ..model import Entry, Permission, PolicyAssociation, Principal, Subject, format_namespaces
from .selectors import Selector

MOST_NAMED = 3
"""Principals that a chain names."""


@dataclass(frozen=True, eq=False)
class Rules:
    """Rules that are granted together.

    All bindings of one role share one object, and so do roles that aggregate the same ones: what is derived from it is
    derived once, whatever number of bindings and principals there are.
    """

    permissions: tuple[Permission, ...] = ()

    def __iter__(self) -> Iterator[Permission]:
        return iter(self.permissions)

    def __bool__(self) -> bool:
        return bool(self.permissions)

    @cached_property
    def is_whole(self) -> bool:
        """Whether no part of them is unknown."""
        return all(rule.is_whole for rule in self.permissions)


@dataclass(frozen=True, eq=False)
class Role:
    """A Role (with a namespace) or a ClusterRole, as one resource declares it.

    A patch, or any object with the annotation `pulumi.com/patchForce`, declares a part of an object that others may
    have created. https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/
    """

    resource: Resource | None
    """None for a default role of every cluster."""
    location: Location
    name: str
    namespace: str | None = None
    rules: tuple[Permission, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    aggregates: tuple[Selector, ...] = ()
    """The selectors of its aggregation rule. The control plane replaces its rules by those of the selected roles."""
    is_patch: bool = False
    unknown_fields: tuple[str, ...] = ()
    """Which of `name`, `namespace`, `rules`, `labels` and `selectors` are unknown until the deployment."""

    @property
    def cluster(self) -> str:
        return self.location.cluster

    @property
    def kind(self) -> str:
        return "ClusterRole" if self.namespace is None else "Role"

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, eq=False)
class BoundRole:
    """All that is known under the name that a binding refers to: `parts` are what the stack and Kubernetes declare.

    If the name may be that of several roles, since their clusters are not known, `rules` are those of all of them.
    """

    kind: str
    name: str
    namespace: str | None = None
    parts: tuple[Role, ...] = ()
    rules: Rules = field(default_factory=Rules)

    @property
    def is_missing(self) -> bool:
        """Whether nothing declares it."""
        return not self.parts

    @property
    def is_default(self) -> bool:
        """Whether it is, or adapts, a role that every cluster has."""
        return any(part.resource is None for part in self.parts)

    @property
    def is_elsewhere(self) -> bool:
        """Whether all or a part of it is neither in the stack nor a default role: the stack only patches it."""
        return all(part.is_patch for part in self.parts)

    @property
    def is_whole(self) -> bool:
        """Whether no rule, and no selector of its aggregation, is unknown."""
        return self.rules.is_whole and not any(_RULE_FIELDS & set(part.unknown_fields) for part in self.parts)

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


_RULE_FIELDS = {"rules", "selectors"}


@dataclass(frozen=True, eq=False)
class Binding:
    """A RoleBinding (with a namespace) or a ClusterRoleBinding, or what a patch adds to one."""

    resource: Resource
    location: Location
    name: str
    namespace: str | None
    role_kind: str
    role_name: str
    subjects: tuple[Subject, ...]
    unknown_fields: tuple[str, ...] = ()
    """Which of `name`, `namespace`, `subjects` and `role` are unknown until the deployment."""
    is_patch: bool = False
    role_source: Resource | None = None
    """The role of the stack whose name `roleRef` takes, while that name is unknown."""

    @property
    def cluster(self) -> str:
        return self.location.cluster

    @property
    def kind(self) -> str:
        return "ClusterRoleBinding" if self.namespace is None else "RoleBinding"

    @property
    def is_elsewhere(self) -> bool:
        """Whether it patches a binding that is neither in the stack nor a default one, so that its role is unknown."""
        return self.is_patch and not self.role_name and self.role_source is None

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, eq=False)
class EffectiveRules:
    """The rules of one binding for one subject, or of one access policy, together with their provenance.

    Either `association`, or `subject`, `binding` and `role` are set. `entries` map principals to the subject, or to the
    association's principal; without any, the rules are the subject's own.
    """

    rules: Rules
    cluster: str
    namespaces: tuple[str, ...] | None
    entries: tuple[Entry, ...] = ()
    subject: Subject | None = None
    binding: Binding | None = None
    role: BoundRole | None = None
    association: PolicyAssociation | None = None

    @property
    def resource(self) -> Resource:
        """The resource that grants the rules, which a finding refers to."""
        source = self.association or self.binding
        assert source is not None, "rules come from an association or a binding"
        return source.resource

    @property
    def holders(self) -> tuple["Principal | Subject", ...]:
        """The principals that have the rules, or else the subject."""
        if self.association is not None:
            return (self.association.principal,)
        if self.entries:
            return tuple(dict.fromkeys(entry.principal for entry in self.entries))
        assert self.subject is not None, "rules apply to a principal or a subject"
        return (self.subject,)

    @property
    def where(self) -> str:
        return format_namespaces(self.namespaces)

    @property
    def chain(self) -> str:
        """The provenance in words, from the principals to the role. Of many principals, the first ones are named."""
        principal = str(self.association.principal) if self.association and not self.entries else None
        steps = (self._format_entries(), principal, self.subject, self.association, self.binding, self.role)
        return " → ".join(str(step) for step in steps if step)

    def _format_entries(self) -> str:
        named = [f"{entry.principal} → {entry}" for entry in self.entries[:MOST_NAMED]]
        more = len(self.entries) - len(named)
        return ", ".join(named) + (f" and {more:,} more" if more else "")
