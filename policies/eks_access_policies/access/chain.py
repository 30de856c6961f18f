"""Resolves the access in a stack: principals, their entries, bindings, roles, and the effective rules of each."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, cached_property

from eks_access.model import arn as arns
from eks_access.model.identity import EntryMethod

from ..stack import Stack
from .clusters import Clusters, Location
from .eks.aws_auth import AwsAuth, find_aws_auth
from .eks.entries import find_entries, find_policy_associations
from .eks.identity_providers import IdentityProvider, find_identity_providers
from .eks.workload_roles import WorkloadRole, find_workload_roles
from .model import EVERYONE, Entry, PolicyAssociation, Principal, Subject
from .principals import Principals
from .rbac.bindings import resolve_patches
from .rbac.by_location import ByLocation
from .rbac.model import Binding, BoundRole, EffectiveRules, Role, Rules
from .rbac.objects import find_bindings, find_roles
from .rbac.roles import Roles

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
        self.bindings: tuple[Binding, ...] = tuple(resolve_patches(find_bindings(stack, self.clusters)))

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
    def united_roles(self) -> Roles:
        """The roles by what they are under one name."""
        return Roles(self.roles)

    @cached_property
    def effective_rules(self) -> tuple[EffectiveRules, ...]:
        """The rules that this stack gives to principals, and to subjects that no entry maps a principal to.

        There is one for each subject of a binding, whatever number of principals have it.
        """
        return (*self._by_policies(), *self._by_bindings())

    def find_role(self, binding: Binding) -> BoundRole:
        """The role that a binding refers to; without parts if nothing declares it."""
        if binding.role_source is not None:
            return self.united_roles.find_declared(binding.role_source)
        return self.united_roles.find(binding.role_kind, binding.role_name, binding.namespace, binding.location)

    def entries_of_subject(self, subject: Subject, cluster: str) -> tuple[Entry, ...]:
        """The entries that map a principal to this subject in this cluster: one tuple for equal arguments."""
        key = subject, cluster
        if key not in self._entries_of_subjects:
            self._entries_of_subjects[key] = tuple(self._find_entries(subject, cluster))
        return self._entries_of_subjects[key]

    def _find_entries(self, subject: Subject, cluster: str) -> Iterator[Entry]:
        if subject.kind == "Group" and subject.name in self._entries_by_group:
            yield from self._entries_by_group[subject.name].of(Location(cluster))
        elif username := subject.username:
            # A username begins with what comes before the template's first placeholder.
            for length in range(len(username) + 1):
                if (beginning := username[:length]) in self._entries_by_username:
                    for entry in self._entries_by_username[beginning].of(Location(cluster)):
                        if may_have_username(username_template(entry), username):
                            yield entry

    def _by_policies(self) -> Iterator[EffectiveRules]:
        rules: dict[str, Rules] = {}
        for association in self.associations:
            if association.rules:
                entry = self._entry_of(association)
                yield EffectiveRules(
                    rules.setdefault(association.policy, Rules(association.rules)),
                    association.cluster,
                    association.namespaces,
                    (entry,) if entry else (),
                    association=association,
                )

    def _by_bindings(self) -> Iterator[EffectiveRules]:
        for binding in self.bindings:
            role = self.find_role(binding)
            namespaces = None if binding.namespace is None else (binding.namespace,)
            for subject in dict.fromkeys(binding.subjects):
                entries = self.entries_of_subject(subject, binding.cluster)
                yield EffectiveRules(role.rules, binding.cluster, namespaces, entries, subject, binding, role)

    def _entry_of(self, association: PolicyAssociation) -> Entry | None:
        entries = self._entries_by_principal.get(association.principal.key)
        found = entries.of(Location(association.cluster)) if entries else ()
        return next((entry for entry in found if entry.method is EntryMethod.ACCESS_ENTRY), None)

    @cached_property
    def _entries_of_subjects(self) -> dict[tuple[Subject, str], tuple[Entry, ...]]:
        return {}

    @cached_property
    def _entries_by_principal(self) -> Mapping[str, ByLocation[Entry]]:
        return _index_entries(self.effective_entries, lambda entry: [entry.principal.key])

    @cached_property
    def _entries_by_group(self) -> Mapping[str, ByLocation[Entry]]:
        return _index_entries(self.effective_entries, lambda entry: entry.groups)

    @cached_property
    def _entries_by_username(self) -> Mapping[str, ByLocation[Entry]]:
        """The entries by what their username begins with: all before the first placeholder."""
        return _index_entries(self.effective_entries, lambda entry: [_TEMPLATE.split(username_template(entry), 1)[0]])


def _index_entries(
    entries: Sequence[Entry], list_keys: Callable[[Entry], Iterable[str]]
) -> Mapping[str, ByLocation[Entry]]:
    found: dict[str, ByLocation[Entry]] = defaultdict(ByLocation)
    for entry in entries:
        for key in dict.fromkeys(list_keys(entry)):
            found[key].add(Location(entry.cluster), entry)
    return found


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


def rules_by_holder(access: Access) -> Mapping[Principal | Subject, list[EffectiveRules]]:
    """The effective rules of each principal, and of each subject that no entry maps a principal to."""
    found: dict[Principal | Subject, list[EffectiveRules]] = defaultdict(list)
    for held in access.effective_rules:
        for entry in held.entries:
            own = replace(held, cluster=held.cluster or entry.cluster, entries=(entry,))
            found[entry.principal].append(own)
        if not held.entries:
            (holder,) = held.holders
            found[holder].append(held)
    return found
