"""Evaluates the rules about rights inside clusters over a stack's whole chain of access."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import chain

from eks_access.model.kubernetes_rights import add_custom_resources, find_scopes, matches_nothing
from eks_access.model.kubernetes_rights.catalogue import WRITES
from eks_access.model.kubernetes_rights.grading import is_everything

from ...access import (
    Access,
    Binding,
    BoundRole,
    EffectiveRules,
    Entry,
    Permission,
    Role,
    Rules,
    Subject,
    default_subjects,
)
from ...finding import Finding, Rule
from ...rules.rbac import (
    ANONYMOUS,
    AUTHENTICATED,
    CLUSTER_WIDE,
    DEFAULT_ACCOUNT,
    DEFAULT_ROLE,
    MASTERS,
    MISSING_ROLE,
    UNBOUND_ROLE,
)
from ..settings import Settings
from .violations import Violation, ViolationFinder

_ANONYMOUS_SUBJECTS = ("system:anonymous", "system:unauthenticated")
_AUTHENTICATED_GROUPS = ("system:authenticated", "system:serviceaccounts")
_NAMESPACE_ACCOUNTS = "system:serviceaccounts:"
_MASTERS = "system:masters"
_PUBLIC_ROLES = ("system:basic-user", "system:discovery", "system:public-info-viewer")
"""The roles that Kubernetes itself binds to every authenticated caller."""


def evaluate(access: Access, settings: Settings) -> Iterator[Finding]:
    finder = ViolationFinder(access, add_custom_resources(settings.parsed_custom_resources))
    for held in _list_not_accepted(access.effective_rules, settings):
        yield from _check_rules(held, finder)
    for binding in access.bindings:
        if not (binding.subjects and all(map(settings.accepts_subject, binding.subjects))):
            yield from _check_binding(binding, access, settings)
    bound = {part for role in set(map(access.find_role, access.bindings)) for part in role.parts}
    for role in access.roles:
        yield from _check_role(role, role in bound, access, finder)


def _list_not_accepted(rules: Iterable[EffectiveRules], settings: Settings) -> Iterator[EffectiveRules]:
    """The effective rules without those, and without the principals, that the settings accept."""
    kept: dict[int, tuple[Entry, ...]] = {}
    """By the identity of the entries: all bindings of a group share one tuple."""
    for held in rules:
        if settings.accepts_rules(held):
            continue
        if id(held.entries) not in kept:
            kept[id(held.entries)] = tuple(entry for entry in held.entries if not settings.accepts(entry.principal))
        if kept[id(held.entries)] or not held.entries:
            yield replace(held, entries=kept[id(held.entries)])


def _check_rules(effective: EffectiveRules, finder: ViolationFinder) -> Iterator[Finding]:
    """One finding for each pack rule that a chain of access violates, however many of the role's rules violate it."""
    by_rule: dict[Rule, list[Violation]] = defaultdict(list)
    for violation in finder.find(effective):
        by_rule[violation.rule].append(violation)
    way = effective.chain if by_rule else ""
    for rule, violations in by_rule.items():
        verbs = _list_few(dict.fromkeys(chain.from_iterable(each.verbs for each in violations)))
        resources = _list_few(dict.fromkeys(chain.from_iterable(each.resources for each in violations)))
        sentences = "; ".join(dict.fromkeys(each.sentence for each in violations))
        yield Finding(
            rule, f"{way} may {verbs} {resources} {effective.where}: {sentences}.", urn=effective.resource.urn
        )


def _list_few(names: Iterable[str], most: int = 8) -> str:
    all_names = list(names)
    more = f" and {len(all_names) - most} more" if len(all_names) > most else ""
    return ", ".join(all_names[:most]) + more


def _check_binding(binding: Binding, access: Access, settings: Settings) -> Iterator[Finding]:
    for subject in binding.subjects:
        if not settings.accepts_subject(subject):
            yield from _check_subject(binding, subject)
    role = access.find_role(binding)
    if role.is_missing and not binding.is_elsewhere and not binding.unknown_fields:
        yield _report_missing_role(binding)
    elif not role.is_missing and binding.namespace is None:
        yield from _check_cluster_wide(binding, role)


def _check_subject(binding: Binding, subject: Subject) -> Iterator[Finding]:
    urn, grant = binding.resource.urn, f"{binding} gives {binding.role_kind} {binding.role_name} to {subject}"
    if subject.kind != "ServiceAccount" and subject.name in _ANONYMOUS_SUBJECTS:
        if binding.role_name != "system:public-info-viewer":
            message = f"{grant}: to every caller that reaches the API server, without authentication."
            yield Finding(ANONYMOUS, message, urn=urn)
    elif subject.kind == "Group" and subject.name in _AUTHENTICATED_GROUPS:
        if binding.role_name not in _PUBLIC_ROLES:
            is_everyone = subject.name == _AUTHENTICATED_GROUPS[0]
            members = "every authenticated caller" if is_everyone else "every pod in the cluster"
            yield Finding(AUTHENTICATED, f"{grant}: to {members}.", urn=urn)
    elif subject.kind == "Group" and subject.name == _MASTERS:
        yield Finding(MASTERS, f"{grant}, whose members bypass RBAC and may do everything anyway.", urn=urn)
    elif subject.kind == "Group" and subject.name.startswith(_NAMESPACE_ACCOUNTS):
        namespace = subject.name.removeprefix(_NAMESPACE_ACCOUNTS)
        yield Finding(DEFAULT_ACCOUNT, f"{grant}: to every pod of {namespace}.", urn=urn)
    elif subject.kind == "ServiceAccount" and subject.name == "default":
        message = f"{grant}: to every pod of {subject.namespace} that names no other service account."
        yield Finding(DEFAULT_ACCOUNT, message, urn=urn)


def _report_missing_role(binding: Binding) -> Finding:
    role = f"{binding.role_kind or 'a role'} {binding.role_name or 'without a name'}"
    place = f" in namespace {binding.namespace}" if binding.role_kind == "Role" and binding.namespace else ""
    subjects = _list_few(map(str, binding.subjects)) or "no subject"
    is_role_cluster_wide = binding.namespace is None and binding.role_kind == "Role"
    reason = "a ClusterRoleBinding binds ClusterRoles only" if is_role_cluster_wide else f"{role} is not in this stack"
    return Finding(
        MISSING_ROLE, f"{binding} gives {role}{place} to {subjects}, but {reason}.", urn=binding.resource.urn
    )


def _check_cluster_wide(binding: Binding, role: BoundRole) -> Iterator[Finding]:
    """Report writes and named reads of namespaced objects; only reading kinds everywhere needs a cluster-wide role."""
    writes = _list_namespaced_writes(role.rules)
    if writes:
        yield Finding(
            CLUSTER_WIDE,
            f"{binding} gives {role} to {_list_few(map(str, binding.subjects))} in every namespace, although it has"
            f" rules for namespaced objects only ({_list_few(writes, 4)}).",
            urn=binding.resource.urn,
        )


@lru_cache(maxsize=256)
def _list_namespaced_writes(rules: Rules) -> tuple[str, ...]:
    """What these rules write, or read by name; nothing if some of them need, or may need, a cluster-wide role.

    Whether an operator's resources have a namespace is not known but for those of well-known ones.
    """
    effective = [each for rule in rules for each in _list_effective(rule)]
    if any(rule.urls for rule in rules) or not all(scopes == {True} for _, _, scopes in effective):
        return ()
    return tuple(
        dict.fromkeys(
            f"{verb} {resource}"
            for rule, resource, _ in effective
            for verb in rule.verbs
            if verb in WRITES or (rule.names and verb == "get")
        )
    )


def _list_effective(rule: Permission) -> Iterator[tuple[Permission, str, set[bool | None]]]:
    """The resources of a rule that are served by one of its API groups, and whether they are namespaced."""
    groups = [group for group in rule.groups if not matches_nothing(group, "")]
    for resource in rule.resources:
        if not matches_nothing("", resource) and (scopes := find_scopes(groups, resource)):
            yield rule, resource, scopes


def _check_role(role: Role, is_bound: bool, access: Access, finder: ViolationFinder) -> Iterator[Finding]:
    """Report rights that every subject of a role gets, whatever binds it."""
    assert role.resource is not None
    widened = dict(access.united_roles.find_widened(role))
    by_words: dict[str, list[str]] = defaultdict(list)
    for name, added in widened.items():
        if words := _describe_severe(added, finder, access.united_roles.list_default_rules(name)):
            by_words[words].append(name)
        yield from _check_default_subjects(role, name)
    for words, names in by_words.items():
        roles = f"the default {'role' if len(names) == 1 else 'roles'} {_list_few(names)}"
        message = f"{role} widens {roles}, so every subject of {'it' if len(names) == 1 else 'them'} {words}."
        yield Finding(DEFAULT_ROLE, message, urn=role.resource.urn)
    if widened or is_bound or access.united_roles.is_aggregated(role):
        return
    if words := _describe_severe(access.united_roles.list_rules(role), finder):
        message = f"every subject bound to {role} {words}; no binding in this stack names it."
        yield Finding(UNBOUND_ROLE, message, urn=role.resource.urn)


def _describe_severe(rules: Rules, finder: ViolationFinder, known: Rules | None = None) -> str:
    """The severe rights of these rules, without those that `known` ones give anyway; empty if there are none."""
    before = known or Rules()
    if _allows_everything(rules):
        return "" if _allows_everything(before) else "can do everything"
    rights = [right for right in finder.find_severe(rules) if right not in finder.find_severe(before)]
    return _list_few((right.describe(()) for right in rights), 2)


@lru_cache(maxsize=256)
def _allows_everything(rules: Rules) -> bool:
    return any(map(is_everything, rules))


def _check_default_subjects(role: Role, name: str) -> Iterator[Finding]:
    """Report a default role that Kubernetes itself binds to everyone."""
    assert role.resource is not None
    for subject in default_subjects(name):
        message = f"{role} adds rights to the default role {name}, which every cluster binds to {subject}."
        if subject.name in _ANONYMOUS_SUBJECTS:
            yield Finding(ANONYMOUS, message, urn=role.resource.urn)
        elif subject.name in _AUTHENTICATED_GROUPS:
            yield Finding(AUTHENTICATED, message, urn=role.resource.urn)
