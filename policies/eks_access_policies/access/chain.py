"""Resolves the access in a stack: principals, their entries, bindings, roles, and the effective rules of each."""

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
from .aws_auth import AwsAuth, find_aws_auth
from .clusters import Clusters
from .entries import find_entries, find_policy_associations
from .identity_providers import IdentityProvider, find_identity_providers
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
    may_be_same_cluster,
)
from .principals import Principals
from .rbac_objects import find_bindings, find_roles, parse_permission
from .workload_roles import WorkloadRole, find_workload_roles

_Item = TypeVar("_Item")
_SESSION_NAME = r"[\w+=,.@-]+"
"""https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (RoleSessionName)"""
_TEMPLATE = re.compile(r"\{\{[^{}]*\}\}")


class Access:
    """Everything in a stack that gives access to a cluster, and the rules that it amounts to."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.clusters = Clusters(stack)
        self.principals = Principals(stack)
        self.aws_auth: tuple[AwsAuth, ...] = tuple(find_aws_auth(stack, self.clusters))
        self.entries: tuple[Entry, ...] = tuple(find_entries(stack, self.clusters, self.principals, self.aws_auth))
        self.associations: tuple[PolicyAssociation, ...] = tuple(
            find_policy_associations(stack, self.clusters, self.principals)
        )
        self.identity_providers: tuple[IdentityProvider, ...] = tuple(find_identity_providers(stack, self.clusters))
        self.workload_roles: tuple[WorkloadRole, ...] = tuple(
            find_workload_roles(stack, self.clusters, self.principals)
        )
        self.roles: tuple[Role, ...] = tuple(find_roles(stack, self.clusters))
        self.bindings: tuple[Binding, ...] = tuple(find_bindings(stack, self.clusters))

    @cached_property
    def effective_entries(self) -> tuple[Entry, ...]:
        """The entries without the mappings in aws-auth of principals that have an access entry in the same cluster.

        https://docs.aws.amazon.com/eks/latest/userguide/migrating-access-entries.html
        """
        entered = {
            (entry.principal.key, entry.cluster) for entry in self.entries if entry.method is EntryMethod.ACCESS_ENTRY
        }
        return tuple(
            entry
            for entry in self.entries
            if entry.method is EntryMethod.ACCESS_ENTRY
            or not entry.cluster
            or (entry.principal.key, entry.cluster) not in entered
        )

    @cached_property
    def effective_rules(self) -> tuple[EffectiveRule, ...]:
        """Every rule that this stack gives to a principal, or to a subject that no entry maps a principal to."""
        return (*self._by_policies(), *self._by_bindings())

    def find_role(self, binding: Binding) -> Role | None:
        """The role that a binding refers to: of this stack, or a default role; None if there is none."""
        namespace = binding.namespace if binding.role_kind == "Role" else None
        return self._find_role_by_name(binding.role_kind, binding.role_name, namespace, binding.cluster)

    def _find_role_by_name(self, kind: str, name: str, namespace: str | None, cluster: str) -> Role | None:
        if kind == "Role" and namespace is None:
            return None  # a Role always has a namespace
        own: list[Role] = self._roles_by_name.get((namespace, name), _EMPTY).of(cluster)
        if own:
            return own[0]
        return default_roles().get(name) if kind == "ClusterRole" else None

    def list_rules(self, role: Role) -> tuple[Permission, ...]:
        """A role's rules, including those aggregated from other roles."""
        if not role.aggregates:
            return role.rules
        return tuple(
            dict.fromkeys(
                rule
                for other in self.roles
                if other.namespace is None and may_be_same_cluster(other.cluster, role.cluster)
                if any(selector.items() <= other.labels.items() for selector in role.aggregates)
                for rule in other.rules
            )
        )

    def list_rules_of(self, kind: str, name: str, cluster: str) -> tuple[Permission, ...]:
        """The rules of a role by its name; empty if there is no such role."""
        role = self._find_role_by_name(kind, name, None, cluster)
        return self.list_rules(role) if role else ()

    def entries_of_subject(self, subject: Subject, cluster: str) -> list[Entry]:
        """The entries that map a principal to this subject in this cluster."""
        if subject.kind == "Group":
            return self._entries_by_group.get(subject.name, _EMPTY).of(cluster)
        if subject.kind == "User":
            return [
                entry
                for entry in self._entries.of(cluster)
                if may_have_username(username_template(entry), subject.name)
            ]
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
            role = self.find_role(binding)
            if role is None:
                continue
            namespaces = None if binding.namespace is None else (binding.namespace,)
            for each in self.list_rules(role):
                for subject in binding.subjects:
                    to = (each, binding, role, subject, namespaces)
                    entries = self.entries_of_subject(subject, binding.cluster)
                    yield from (_effective_rule(*to, entry) for entry in entries)
                    if not entries:
                        yield _effective_rule(*to)

    def _entry_of(self, association: PolicyAssociation) -> Entry | None:
        return next(
            (
                entry
                for entry in self._entries_by_principal.get(association.principal.key, _EMPTY).of(association.cluster)
                if entry.method is EntryMethod.ACCESS_ENTRY
            ),
            None,
        )

    @cached_property
    def _entries(self) -> "_ByCluster[Entry]":
        found = _ByCluster[Entry]()
        for entry in self.effective_entries:
            found.add(entry.cluster, entry)
        return found

    @cached_property
    def _entries_by_principal(self) -> "Mapping[str, _ByCluster[Entry]]":
        found: dict[str, _ByCluster[Entry]] = defaultdict(_ByCluster)
        for entry in self.effective_entries:
            found[entry.principal.key].add(entry.cluster, entry)
        return found

    @cached_property
    def _entries_by_group(self) -> "Mapping[str, _ByCluster[Entry]]":
        found: dict[str, _ByCluster[Entry]] = defaultdict(_ByCluster)
        for entry in self.effective_entries:
            for group in dict.fromkeys(entry.groups):
                found[group].add(entry.cluster, entry)
        return found

    @cached_property
    def _roles_by_name(self) -> "Mapping[tuple[str | None, str], _ByCluster[Role]]":
        found: dict[tuple[str | None, str], _ByCluster[Role]] = defaultdict(_ByCluster)
        for role in self.roles:
            found[role.namespace, role.name].add(role.cluster, role)
        return found


class _ByCluster(Generic[_Item]):
    """An index by cluster, so that a fleet with the same names everywhere is not searched as a whole each time."""

    def __init__(self) -> None:
        self._found: dict[str, list[_Item]] = defaultdict(list)

    def add(self, cluster: str, item: _Item) -> None:
        self._found[cluster].append(item)

    def of(self, cluster: str) -> list[_Item]:
        """The items in this cluster, then those whose cluster is unknown; all items if `cluster` is."""
        if not cluster:
            return [item for items in self._found.values() for item in items]
        return [*self._found.get(cluster, ()), *self._found.get("", ())]


_EMPTY: "_ByCluster[Any]" = _ByCluster()


def _effective_rule(
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


def all_groups(entry: Entry) -> tuple[str, ...]:
    """All groups of a principal with this entry, including those of every authenticated user."""
    return (*entry.groups, *EVERYONE)


def username_template(entry: Entry) -> str:
    """The template of the username: the entry's own, or the one that EKS derives from the ARN.

    https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html
    """
    if entry.username or entry.method is EntryMethod.AWS_AUTH:
        return entry.username
    parsed = arns.parse(entry.principal.arn)
    if parsed is None or parsed.kind != "role":
        return entry.principal.arn
    return f"arn:{parsed.partition}:sts::{parsed.account}:assumed-role/{parsed.name}/{{{{SessionName}}}}"


def may_have_username(template: str, name: str) -> bool:
    """Whether a session with this username template can have this username."""
    return bool(template) and _pattern(template).fullmatch(name) is not None


@cache
def _pattern(template: str) -> re.Pattern[str]:
    fixed = _TEMPLATE.split(template)
    return re.compile(_SESSION_NAME.join(map(re.escape, fixed)))


@cache
def default_roles() -> Mapping[str, Role]:
    """The ClusterRoles that exist in every cluster by default, with their rules."""
    table = json.loads(files(__name__.rpartition(".")[0]).joinpath("default_roles.json").read_text())["roles"]
    return {name: Role(None, "", name, None, tuple(map(parse_permission, rules))) for name, rules in table.items()}


def rules_by_holder(access: Access) -> Mapping[Principal | Subject, list[EffectiveRule]]:
    """The effective rules of each principal, and of each subject that no entry maps a principal to."""
    found: dict[Principal | Subject, list[EffectiveRule]] = defaultdict(list)
    for rule in access.effective_rules:
        found[rule.holder].append(rule)
    return found
