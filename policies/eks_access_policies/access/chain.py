"""The whole chain of a stack: principals, their ways in, bindings, roles, and the rules that each of them holds."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, Generic, TypeVar

from eks_access.model import arn as arns
from eks_access.model.identity import EntryMethod

from ..stack import Stack
from .clusters import Clusters
from .entries import associations, entries
from .model import (
    EVERYONE,
    Binding,
    EffectiveRule,
    Entry,
    Permission,
    PolicyAssociation,
    Principal,
    Role,
    Subject,
    same_cluster,
)
from .objects import bindings, roles, rule
from .principals import Principals

_Part = TypeVar("_Part")
_SESSION_NAME = r"[\w+=,.@-]+"
"""https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (RoleSessionName)"""
_TEMPLATE = re.compile(r"\{\{[^{}]*\}\}")


class Access:
    """Everything in a stack that lets somebody into a cluster, and what they may do there."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.clusters = Clusters(stack)
        self.principals = Principals(stack)
        self.entries: tuple[Entry, ...] = tuple(entries(stack, self.clusters, self.principals))
        self.associations: tuple[PolicyAssociation, ...] = tuple(associations(stack, self.clusters, self.principals))
        self.roles: tuple[Role, ...] = tuple(roles(stack, self.clusters))
        self.bindings: tuple[Binding, ...] = tuple(bindings(stack, self.clusters))

    @cached_property
    def effective_rules(self) -> tuple[EffectiveRule, ...]:
        """Every rule that somebody holds by something in this stack: principals, and subjects that nobody enters as."""
        return (*self._by_policies(), *self._by_bindings())

    def role(self, binding: Binding) -> Role | None:
        """The role that a binding gives: of this stack, or one that every cluster has; None where there is no such."""
        namespace = binding.namespace if binding.role_kind == "Role" else None
        return self._role_named(binding.role_kind, binding.role_name, namespace, binding.cluster)

    def _role_named(self, kind: str, name: str, namespace: str | None, cluster: str) -> Role | None:
        if kind == "Role" and namespace is None:
            return None  # there is no Role without a namespace
        own: list[Role] = self._roles_by_name.get((namespace, name), _NONE).of(cluster)
        if own:
            return own[0]
        return default_roles().get(name) if kind == "ClusterRole" else None

    def rules(self, role: Role) -> tuple[Permission, ...]:
        """A role's rules, with those that it has from others by aggregation."""
        if not role.aggregates:
            return role.rules
        return tuple(
            dict.fromkeys(
                rule
                for part in self.roles
                if part.namespace is None and same_cluster(part.cluster, role.cluster)
                if any(selector.items() <= part.labels.items() for selector in role.aggregates)
                for rule in part.rules
            )
        )

    def rules_of(self, kind: str, name: str, cluster: str) -> tuple[Permission, ...]:
        """The rules of a role by its name; none where there is no such role."""
        role = self._role_named(kind, name, None, cluster)
        return self.rules(role) if role else ()

    def entered_as(self, subject: Subject, cluster: str) -> list[Entry]:
        """The entries whose principals are this subject in this cluster."""
        if subject.kind == "Group":
            return self._entries_by_group.get(subject.name, _NONE).of(cluster)
        if subject.kind == "User":
            return [entry for entry in self._entries.of(cluster) if may_be(username(entry), subject.name)]
        return []

    def _by_policies(self) -> Iterator[EffectiveRule]:
        for association in self.associations:
            entry = self._entry_of(association)
            for each in association.rules or ():
                yield EffectiveRule(
                    each,
                    association.cluster,
                    association.namespaces,
                    association.principal,
                    entry,
                    association=association,
                )

    def _by_bindings(self) -> Iterator[EffectiveRule]:
        for binding in self.bindings:
            role = self.role(binding)
            if role is None:
                continue
            namespaces = None if binding.namespace is None else (binding.namespace,)
            for each in self.rules(role):
                for subject in binding.subjects:
                    to = (each, binding, role, subject, namespaces)
                    entered = self.entered_as(subject, binding.cluster)
                    yield from (_bound(*to, entry) for entry in entered)
                    if not entered:
                        yield _bound(*to)

    def _entry_of(self, association: PolicyAssociation) -> Entry | None:
        return next(
            (
                entry
                for entry in self._entries_by_principal.get(association.principal.key, _NONE).of(association.cluster)
                if entry.method is EntryMethod.ACCESS_ENTRY
            ),
            None,
        )

    @cached_property
    def _entries(self) -> "_ByCluster[Entry]":
        found = _ByCluster[Entry]()
        for entry in self.entries:
            found.add(entry.cluster, entry)
        return found

    @cached_property
    def _entries_by_principal(self) -> "Mapping[str, _ByCluster[Entry]]":
        found: dict[str, _ByCluster[Entry]] = defaultdict(_ByCluster)
        for entry in self.entries:
            found[entry.principal.key].add(entry.cluster, entry)
        return found

    @cached_property
    def _entries_by_group(self) -> "Mapping[str, _ByCluster[Entry]]":
        found: dict[str, _ByCluster[Entry]] = defaultdict(_ByCluster)
        for entry in self.entries:
            for group in dict.fromkeys(entry.groups):
                found[group].add(entry.cluster, entry)
        return found

    @cached_property
    def _roles_by_name(self) -> "Mapping[tuple[str | None, str], _ByCluster[Role]]":
        found: dict[tuple[str | None, str], _ByCluster[Role]] = defaultdict(_ByCluster)
        for role in self.roles:
            found[role.namespace, role.name].add(role.cluster, role)
        return found


class _ByCluster(Generic[_Part]):
    """What is in which cluster, so that a fleet with the same names everywhere is not gone through for each cluster."""

    def __init__(self) -> None:
        self._found: dict[str, list[_Part]] = defaultdict(list)

    def add(self, cluster: str, part: _Part) -> None:
        self._found[cluster].append(part)

    def of(self, cluster: str) -> list[_Part]:
        """What is in this cluster, then what may be: where the cluster is not known, on either side."""
        if not cluster:
            return [part for parts in self._found.values() for part in parts]
        return [*self._found.get(cluster, ()), *self._found.get("", ())]


_NONE: "_ByCluster[Any]" = _ByCluster()


def _bound(
    rule: Permission,
    binding: Binding,
    role: Role,
    subject: Subject,
    namespaces: tuple[str, ...] | None,
    entry: Entry | None = None,
) -> EffectiveRule:
    if entry is None:
        return EffectiveRule(rule, binding.cluster, namespaces, subject=subject, binding=binding, role=role)
    cluster = binding.cluster or entry.cluster
    return EffectiveRule(rule, cluster, namespaces, entry.principal, entry, subject, binding, role)


def groups(entry: Entry) -> tuple[str, ...]:
    """All the groups that a principal is in who comes in this way."""
    return (*entry.groups, *EVERYONE)


def username(entry: Entry) -> str:
    """The template of the username: the entry's own, or the one that EKS makes of the ARN.

    https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html
    """
    if entry.username or entry.method is EntryMethod.AWS_AUTH:
        return entry.username
    parsed = arns.parse(entry.principal.arn)
    if parsed is None or parsed.kind != "role":
        return entry.principal.arn
    return f"arn:{parsed.partition}:sts::{parsed.account}:assumed-role/{parsed.name}/{{{{SessionName}}}}"


def may_be(template: str, name: str) -> bool:
    """Whether some session with this username template can have this name."""
    return bool(template) and _pattern(template).fullmatch(name) is not None


@cache
def _pattern(template: str) -> re.Pattern[str]:
    fixed = _TEMPLATE.split(template)
    return re.compile(_SESSION_NAME.join(map(re.escape, fixed)))


@cache
def default_roles() -> Mapping[str, Role]:
    """The ClusterRoles that every cluster has, with their rules."""
    table = json.loads(files(__name__.rpartition(".")[0]).joinpath("default_roles.json").read_text())["roles"]
    return {name: Role(None, "", name, None, tuple(map(rule, rules))) for name, rules in table.items()}


def rules_by_holder(access: Access) -> Mapping[Principal | Subject, list[EffectiveRule]]:
    """What each principal holds, and each subject that nobody in the stack enters as."""
    found: dict[Principal | Subject, list[EffectiveRule]] = defaultdict(list)
    for held in access.effective_rules:
        found[held.holder].append(held)
    return found
