"""Finds what one effective rule violates: rights of the catalogue, wildcards, and what names do not confine. Pure."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from eks_access.model.kubernetes_rights import KUBERNETES_RIGHTS, KubernetesRight
from eks_access.model.kubernetes_rights.catalogue import RBAC, WRITES
from eks_access.model.kubernetes_rights.request import ANY

from ...access import Access, EffectiveRule, Permission
from ...finding import Rule
from ...rules.rbac import AWS_AUTH, BIND_NAMED, EVERYTHING, PAIRS, WILDCARD, WILDCARD_GROUP, Pair

SYSTEM_NAMESPACE = "kube-system"
_PUBLISHED_BY_AWS = "AmazonEKS"
_SYSTEM = "system:"


@dataclass(frozen=True)
class Violation:
    """A pack rule that an RBAC rule violates: by which verbs on which resources, and what those make possible."""

    rule: Rule
    verbs: tuple[str, ...]
    resources: tuple[str, ...]
    sentence: str


def find_violations(effective: EffectiveRule, access: Access) -> Iterator[Violation]:
    """Every pack rule that an effective rule violates; for one that allows everything, that alone."""
    right, reaches = effective.rule, reaches_system(effective.namespaces)
    if is_everything(right):
        rule = _select(EVERYTHING, reaches)
        if rule is not None:
            yield Violation(
                rule, ("*",), ("*",), "can do everything there, reading Secrets and running commands included"
            )
        return
    for catalogued in KUBERNETES_RIGHTS:
        rule = _select(PAIRS[catalogued.key], reaches)
        matched = catalogued.matched_by(right)
        if rule is not None and matched:
            yield Violation(rule, *matched, catalogued.describe(matched[1], " there"))
    yield from _find_wildcards(effective, reaches)
    yield from _find_named(right, reaches, access, effective.cluster)
    if reaches and writes_aws_auth(right):
        sentence = "can change aws-auth, and so make anyone an administrator of a cluster that reads it"
        yield Violation(AWS_AUTH, _matching(right.verbs, WRITES), ("configmaps",), sentence)


def is_everything(right: Permission) -> bool:
    return ANY in right.verbs and ANY in right.resources and ANY in right.groups and not right.names


def reaches_system(namespaces: tuple[str, ...] | None) -> bool:
    """Whether rules in force there apply in the whole cluster, or where the cluster's own components run."""
    return namespaces is None or any(fnmatchcase(SYSTEM_NAMESPACE, pattern) for pattern in namespaces)


def writes_aws_auth(right: Permission) -> bool:
    return (
        ("" in right.groups or ANY in right.groups)
        and ("configmaps" in right.resources or ANY in right.resources)
        and bool(_matching(right.verbs, WRITES))
        and (not right.names or "aws-auth" in right.names)
    )


def _select(pair: Pair, reaches: bool) -> Rule | None:
    return pair.everywhere if reaches else pair.in_namespace


def _find_wildcards(effective: EffectiveRule, reaches: bool) -> Iterator[Violation]:
    right = effective.rule
    if effective.association is not None and effective.association.policy.startswith(_PUBLISHED_BY_AWS):
        return  # the rules are AWS's own, and the rights in them are reported by themselves
    wide = tuple(each for each in (*right.resources, *right.urls) if each in (ANY, "/*") or each.startswith("*/"))
    rule = _select(WILDCARD, reaches)
    if (wide or ANY in right.verbs) and rule is not None:
        sentence = "includes kinds and verbs that do not exist yet"
        yield Violation(rule, right.verbs, wide or (*right.resources, *right.urls), sentence)
    elif ANY in right.groups:
        yield Violation(
            WILDCARD_GROUP, right.verbs, right.resources, "applies to kinds of that name in every API group"
        )


def _find_named(right: Permission, reaches: bool, access: Access, cluster: str) -> Iterator[Violation]:
    """Violations of rules that `resourceNames` do not confine, because of the names in them."""
    if not right.names:
        return
    if _matching(right.verbs, ("impersonate",)):
        system = tuple(name for name in right.names if name.startswith(_SYSTEM))
        rule = _select(PAIRS["impersonate"], reaches)
        if system and rule is not None:
            yield Violation(rule, ("impersonate",), system, "can act as a part of the system, with the system's rights")
    if _matching(right.verbs, ("bind",)) and (RBAC in right.groups or ANY in right.groups):
        yield from _find_bindable(right, reaches, access, cluster)


def _find_bindable(right: Permission, reaches: bool, access: Access, cluster: str) -> Iterator[Violation]:
    rule = _select(PAIRS["bind"], reaches)
    for name in right.names:
        rights = access.list_rules_of("ClusterRole", name, cluster)
        if any(map(is_everything, rights)) and rule is not None:
            yield Violation(rule, ("bind",), (name,), f"can give {name} to anyone, itself included")
            continue
        severe = find_mandatory(rights)
        if severe:
            sentence = f"can give {name} to anyone, itself included, which {severe[0].describe(())}"
            yield Violation(BIND_NAMED, ("bind",), (name,), sentence)


def find_mandatory(rules: Collection[Permission]) -> list[KubernetesRight]:
    """The rights in these rules whose findings block a deployment where they are cluster-wide."""
    return [
        right
        for right in KUBERNETES_RIGHTS
        if PAIRS[right.key].everywhere.is_mandatory and any(map(right.matched_by, rules))
    ]


def _matching(verbs: tuple[str, ...], wanted: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(verb for verb in wanted if verb in verbs or ANY in verbs)
