"""Finds what one effective rule violates: rights of the catalogue, wildcards, and what names do not confine. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from eks_access.model.kubernetes_rights import (
    KUBERNETES_RIGHTS,
    KubernetesRight,
    PolicyRule,
    Reach,
    RuleLike,
    describe_aws_auth,
    find_ineffective,
    find_reach,
)
from eks_access.model.kubernetes_rights.catalogue import DELETES, WRITES
from eks_access.model.kubernetes_rights.grading import (
    binds_by_name,
    drop_confined_approvals,
    find_system_names,
    find_wildcards,
    is_everything,
    writes_aws_auth,
)
from eks_access.model.kubernetes_rights.request import ANY, matching_resources
from eks_access.model.kubernetes_rights.scope import confine, find_outside_namespaces, includes_namespace
from eks_access.model.kubernetes_rights.system_objects import SERVICE_ACCOUNT, find_system_objects

from ...access import Access, EffectiveRules, Location, Permission, Rules, Subject
from ...finding import Rule, Severity
from ...rules.rbac import (
    AWS_AUTH,
    BIND_NAMED,
    EVERYTHING,
    NAMED_OBJECTS,
    NO_EFFECT,
    PAIRS,
    WILDCARD,
    WILDCARD_GROUP,
    Pair,
)

_PUBLISHED_BY_AWS = "AmazonEKS"


@dataclass(frozen=True)
class Violation:
    """A pack rule that an RBAC rule violates: by which verbs on which resources, and what those make possible."""

    rule: Rule
    verbs: tuple[str, ...]
    resources: tuple[str, ...]
    sentence: str


@dataclass(frozen=True)
class _Context:
    """Where a rule is in force, as far as it decides about violations."""

    reach: Reach
    namespaces: tuple[str, ...] | None
    """Those of a rule with names; None for the whole cluster."""
    is_published: bool
    """Whether the rules are those of an access policy of AWS."""
    location: Location

    @property
    def in_system(self) -> bool:
        return self.reach is not Reach.NAMESPACES


_ACTING = (
    ("create", "serviceaccounts/token", "ServiceAccount"),
    ("impersonate", "serviceaccounts", "ServiceAccount"),
    ("impersonate", "users", "User"),
    ("impersonate", "groups", "Group"),
)
"""The verbs and resources by which a rule lets its holder act as subjects, of which kind."""


class ViolationFinder:
    """Finds the violations of rules, once for all bindings and principals that share the rules."""

    def __init__(self, access: Access, catalogue: tuple[KubernetesRight, ...] = KUBERNETES_RIGHTS) -> None:
        """`catalogue` are the rights to find: those that everyone has, and the settings' custom resources in them."""
        self._access = access
        self._roles = access.united_roles
        self._catalogue = catalogue
        self._severe: dict[Rules, list[KubernetesRight]] = {}
        self._found: dict[tuple[Rules, _Context], list[Violation]] = {}

    def find(self, effective: EffectiveRules) -> list[Violation]:
        """Every pack rule that effective rules violate; for those that allow everything, that alone."""
        policy = effective.association
        is_named = any(rule.names for rule in effective.rules)
        context = _Context(
            find_reach(effective.namespaces),
            effective.namespaces if is_named else None,
            policy is not None and policy.policy.startswith(_PUBLISHED_BY_AWS),
            effective.binding.location.known if effective.binding else Location(effective.cluster),
        )
        key = effective.rules, context
        if key not in self._found:
            rights = tuple(effective.rules)
            if any(map(is_everything, rights)):
                has_urls = context.reach is Reach.CLUSTER
                rights = tuple(right for right in rights if is_everything(right) or (right.urls and has_urls))
            # An administrator's access policy is reported by a separate rule.
            reported = (right for right in rights if policy is None or not is_everything(right))
            self._found[key] = [
                found for right in drop_confined_approvals(reported) for found in self._find(right, context)
            ]
        return self._found[key]

    def find_severe(self, rules: Rules) -> list[KubernetesRight]:
        """The rights in these rules whose findings block a deployment where they are cluster-wide."""
        if rules not in self._severe:
            self._severe[rules] = find_mandatory(rules.permissions, self._catalogue)
        return self._severe[rules]

    def _find(self, right: RuleLike, context: _Context) -> Iterator[Violation]:
        if is_everything(right):
            rule = _select(EVERYTHING, context)
            if rule is not None:
                yield Violation(
                    rule, ("*",), ("*",), "can do everything there, reading Secrets and running commands included"
                )
            return
        without_effect = tuple(find_ineffective(right.groups, right.resources))
        if without_effect:
            sentence = "grants nothing: RBAC takes these names literally, and no API group or resource is called that"
            yield Violation(NO_EFFECT, tuple(right.verbs), without_effect, sentence)
            right = _without(right, without_effect)
        is_bound_in_namespace = context.reach is not Reach.CLUSTER and not context.is_published
        if is_bound_in_namespace and (outside := find_outside_namespaces(right)):
            sentence = "grants nothing: these have no namespace, and a RoleBinding is in force in its own only"
            yield Violation(NO_EFFECT, tuple(right.verbs), outside, sentence)
        for each in confine(right, context.reach):
            yield from self._find_effective(each, context)

    def _find_effective(self, right: RuleLike, context: _Context) -> Iterator[Violation]:
        """The violations of a rule that has an effect in all of its parts."""
        for catalogued in self._catalogue:
            rule = _select(PAIRS[catalogued.key], context)
            if rule is None or (context.is_published and rule.severity is Severity.LOW):
                continue  # what AWS's policies for reading have in them is no more than they say
            if matched := catalogued.matched_by(right, context.reach):
                yield Violation(rule, *matched, catalogued.describe(matched[1], " there"))
        if not context.is_published:  # those are AWS's own, and the rights in them are reported by themselves
            yield from _find_wildcards(right, context)
        yield from self._find_named(right, context)
        if context.in_system and writes_aws_auth(right):
            verbs = _matching(right.verbs, (*WRITES, *DELETES))
            yield Violation(AWS_AUTH, verbs, ("configmaps",), describe_aws_auth(verbs).sentence)

    def _find_named(self, right: RuleLike, context: _Context) -> Iterator[Violation]:
        """Violations of rules that `resourceNames` do not confine, because of the names in them."""
        if not right.names:
            return
        for match in find_system_objects(right, context.namespaces):
            yield Violation(NAMED_OBJECTS, match.verbs, (match.resource,), match.sentence)
        yield from self._find_subjects(right, context)
        system = find_system_names(right)
        rule = _select(PAIRS["impersonate"], context)
        if system and rule is not None:
            yield Violation(rule, ("impersonate",), system, "can act as a part of the system, with the system's rights")
        if binds_by_name(right):
            yield from self._find_bindable(right, context)

    def _find_subjects(self, right: RuleLike, context: _Context) -> Iterator[Violation]:
        """Named subjects as which a rule lets its holder act, and which the stack gives severe rights everywhere."""
        for verb, resource, kind in _ACTING:
            if ("" not in right.groups and ANY not in right.groups) or not _has(right, verb, resource):
                continue
            for subject, sentence in self._severe_subjects.items():
                is_there = not subject.namespace or includes_namespace(context.namespaces, subject.namespace)
                if _name_as(kind, subject) in right.names and is_there:
                    yield Violation(
                        NAMED_OBJECTS, (verb,), (resource,), f"can act as {subject}, which {sentence} everywhere"
                    )

    @cached_property
    def _severe_subjects(self) -> Mapping[Subject, str]:
        """The subjects of the stack's ClusterRoleBindings with severe rights, and what the first of these allows."""
        found: dict[Subject, str] = {}
        for held in self._access.effective_rules:
            if held.subject is None or held.namespaces is not None:
                continue
            if any(map(is_everything, held.rules)):
                found[held.subject] = "can do everything"
            elif severe := self.find_severe(held.rules):
                found.setdefault(held.subject, severe[0].describe(()))
        return found

    def _find_bindable(self, right: RuleLike, context: _Context) -> Iterator[Violation]:
        rule = _select(PAIRS["bind"], context)
        for name in right.names:
            rights = self._roles.find("ClusterRole", name, None, context.location).rules
            if any(map(is_everything, rights)) and rule is not None:
                yield Violation(rule, ("bind",), (name,), f"can give {name} to anyone, itself included")
            elif severe := self.find_severe(rights):
                sentence = f"can give {name} to anyone, itself included, which {severe[0].describe(())}"
                yield Violation(BIND_NAMED, ("bind",), (name,), sentence)


def _name_as(kind: str, subject: Subject) -> str | None:
    """The subject's name as one of this kind: a service account is a user too."""
    if subject.kind == kind:
        return subject.name
    is_user = kind == "User" and subject.kind == "ServiceAccount"
    return f"{SERVICE_ACCOUNT}{subject.namespace}:{subject.name}" if is_user else None


def _select(pair: Pair, context: _Context) -> Rule | None:
    return pair.everywhere if context.in_system else pair.in_namespace


def _has(right: RuleLike, verb: str, resource: str) -> bool:
    return (verb in right.verbs or ANY in right.verbs) and not matching_resources(resource).isdisjoint(right.resources)


def _without(right: RuleLike, ineffective: Collection[str]) -> PolicyRule:
    """The rule without what no request matches; without any resource, if that leaves no API group."""
    groups = tuple(each for each in right.groups if each not in ineffective)
    resources = tuple(each for each in right.resources if groups and each not in ineffective)
    return PolicyRule(tuple(right.verbs), groups, resources, tuple(right.names), tuple(right.urls))


def _find_wildcards(right: RuleLike, context: _Context) -> Iterator[Violation]:
    wide, verbs = find_wildcards(right), tuple(right.verbs)
    rule = _select(WILDCARD, context)
    if not ((right.groups and right.resources) or right.urls):
        return  # without a known API group, resources are those of none
    if (wide or ANY in verbs) and rule is not None:
        sentence = "includes kinds and verbs that do not exist yet"
        yield Violation(rule, verbs, wide or (*right.resources, *right.urls), sentence)
        return
    if ANY in right.groups:
        yield Violation(
            WILDCARD_GROUP, verbs, tuple(right.resources), "applies to kinds of that name in every API group"
        )
    if of_every_kind := tuple(each for each in right.resources if each.startswith("*/")):
        yield Violation(WILDCARD_GROUP, verbs, of_every_kind, "applies to that subresource of every kind")


def find_mandatory(
    rules: Iterable[Permission], catalogue: tuple[KubernetesRight, ...] = KUBERNETES_RIGHTS
) -> list[KubernetesRight]:
    """The rights in these rules whose findings block a deployment where they are cluster-wide."""
    effective = list(drop_confined_approvals(rules))
    return [
        right
        for right in catalogue
        if PAIRS[right.key].everywhere.is_mandatory and any(map(right.matched_by, effective))
    ]


def _matching(verbs: Collection[str], wanted: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(verb for verb in wanted if verb in verbs or ANY in verbs)
