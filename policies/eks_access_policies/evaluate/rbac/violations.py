"""Finds what one effective rule violates: rights of the catalogue, wildcards, and what names do not confine. Pure."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from eks_access.model.kubernetes_rights import KUBERNETES_RIGHTS, KubernetesRight, find_ineffective, reaches_system
from eks_access.model.kubernetes_rights.catalogue import WRITES
from eks_access.model.kubernetes_rights.grading import (
    binds_by_name,
    find_system_names,
    find_wildcards,
    is_everything,
    writes_aws_auth,
)
from eks_access.model.kubernetes_rights.request import ANY

from ...access import Access, EffectiveRules, Location, Permission, Rules
from ...finding import Rule
from ...rules.rbac import AWS_AUTH, BIND_NAMED, EVERYTHING, NO_EFFECT, PAIRS, WILDCARD, WILDCARD_GROUP, Pair

_PUBLISHED_BY_AWS = "AmazonEKS"


@dataclass(frozen=True)
class Violation:
    """A pack rule that an RBAC rule violates: by which verbs on which resources, and what those make possible."""

    rule: Rule
    verbs: tuple[str, ...]
    resources: tuple[str, ...]
    sentence: str


class ViolationFinder:
    """Finds the violations of rules, once for all bindings and principals that share the rules."""

    def __init__(self, access: Access) -> None:
        self._roles = access.united_roles
        self._severe: dict[Rules, list[KubernetesRight]] = {}
        self._found: dict[tuple[Rules, bool, bool, Location], list[Violation]] = {}

    def find(self, effective: EffectiveRules) -> list[Violation]:
        """Every pack rule that effective rules violate; for those that allow everything, that alone."""
        policy = effective.association
        is_published = policy is not None and policy.policy.startswith(_PUBLISHED_BY_AWS)
        location = effective.binding.location.known if effective.binding else Location(effective.cluster)
        key = effective.rules, reaches_system(effective.namespaces), is_published, location
        if key not in self._found:
            rights = tuple(effective.rules)
            if any(map(is_everything, rights)):
                rights = tuple(right for right in rights if is_everything(right) or right.urls)
            # An administrator's access policy is reported by a separate rule.
            reported = (right for right in rights if policy is None or not is_everything(right))
            self._found[key] = [found for right in reported for found in self._find(right, *key[1:])]
        return self._found[key]

    def find_severe(self, rules: Rules) -> list[KubernetesRight]:
        """The rights in these rules whose findings block a deployment where they are cluster-wide."""
        if rules not in self._severe:
            self._severe[rules] = find_mandatory(rules.permissions)
        return self._severe[rules]

    def _find(self, right: Permission, reaches: bool, is_published: bool, location: Location) -> Iterator[Violation]:
        if is_everything(right):
            rule = _select(EVERYTHING, reaches)
            if rule is not None:
                yield Violation(
                    rule, ("*",), ("*",), "can do everything there, reading Secrets and running commands included"
                )
            return
        without_effect = tuple(find_ineffective(right.groups, right.resources))
        if without_effect:
            sentence = "grants nothing: RBAC takes these names literally, and no API group or resource is called that"
            yield Violation(NO_EFFECT, right.verbs, without_effect, sentence)
            right = _without(right, without_effect)
        for catalogued in KUBERNETES_RIGHTS:
            rule = _select(PAIRS[catalogued.key], reaches)
            matched = catalogued.matched_by(right)
            if rule is not None and matched:
                yield Violation(rule, *matched, catalogued.describe(matched[1], " there"))
        if not is_published:  # the rules of those are AWS's own, and the rights in them are reported by themselves
            yield from _find_wildcards(right, reaches)
        yield from self._find_named(right, reaches, location)
        if reaches and writes_aws_auth(right):
            sentence = "can change aws-auth, and so make anyone an administrator of a cluster that reads it"
            yield Violation(AWS_AUTH, _matching(right.verbs, WRITES), ("configmaps",), sentence)

    def _find_named(self, right: Permission, reaches: bool, location: Location) -> Iterator[Violation]:
        """Violations of rules that `resourceNames` do not confine, because of the names in them."""
        if not right.names:
            return
        system = find_system_names(right)
        rule = _select(PAIRS["impersonate"], reaches)
        if system and rule is not None:
            yield Violation(rule, ("impersonate",), system, "can act as a part of the system, with the system's rights")
        if binds_by_name(right):
            yield from self._find_bindable(right, reaches, location)

    def _find_bindable(self, right: Permission, reaches: bool, location: Location) -> Iterator[Violation]:
        rule = _select(PAIRS["bind"], reaches)
        for name in right.names:
            rights = self._roles.find("ClusterRole", name, None, location).rules
            if any(map(is_everything, rights)) and rule is not None:
                yield Violation(rule, ("bind",), (name,), f"can give {name} to anyone, itself included")
            elif severe := self.find_severe(rights):
                sentence = f"can give {name} to anyone, itself included, which {severe[0].describe(())}"
                yield Violation(BIND_NAMED, ("bind",), (name,), sentence)


def _select(pair: Pair, reaches: bool) -> Rule | None:
    return pair.everywhere if reaches else pair.in_namespace


def _without(right: Permission, ineffective: Collection[str]) -> Permission:
    """The rule without what no request matches; without any resource, if that leaves no API group."""
    groups = tuple(each for each in right.groups if each not in ineffective)
    return replace(
        right, groups=groups, resources=tuple(each for each in right.resources if groups and each not in ineffective)
    )


def _find_wildcards(right: Permission, reaches: bool) -> Iterator[Violation]:
    wide = find_wildcards(right)
    rule = _select(WILDCARD, reaches)
    if not ((right.groups and right.resources) or right.urls):
        return  # without a known API group, resources are those of none
    if (wide or ANY in right.verbs) and rule is not None:
        sentence = "includes kinds and verbs that do not exist yet"
        yield Violation(rule, right.verbs, wide or (*right.resources, *right.urls), sentence)
    elif ANY in right.groups:
        yield Violation(
            WILDCARD_GROUP, right.verbs, right.resources, "applies to kinds of that name in every API group"
        )


def find_mandatory(rules: Collection[Permission]) -> list[KubernetesRight]:
    """The rights in these rules whose findings block a deployment where they are cluster-wide."""
    return [
        right
        for right in KUBERNETES_RIGHTS
        if PAIRS[right.key].everywhere.is_mandatory and any(map(right.matched_by, rules))
    ]


def _matching(verbs: tuple[str, ...], wanted: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(verb for verb in wanted if verb in verbs or ANY in verbs)
