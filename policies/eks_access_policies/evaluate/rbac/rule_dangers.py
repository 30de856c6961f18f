"""What is dangerous about one rule that somebody holds. Pure lookups in the tables."""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from ...access import Access, EffectiveRule, Permission
from ...finding import Rule
from ...rules.rbac import AWS_AUTH, BIND_NAMED, EVERYTHING, PAIRS, WILDCARD, WILDCARD_GROUP, Pair
from .dangers import ANY, DANGERS, RBAC, WRITES, Danger

SYSTEM_NAMESPACE = "kube-system"
_PUBLISHED_BY_AWS = "AmazonEKS"
_SYSTEM = "system:"


@dataclass(frozen=True)
class Seen:
    """A rule that a right breaks: by which verbs on which resources, and what that lets its holder do."""

    rule: Rule
    verbs: tuple[str, ...]
    resources: tuple[str, ...]
    words: str


def dangers(held: EffectiveRule, access: Access) -> Iterator[Seen]:
    """Everything that is dangerous about a right; of one that is all rights, only that."""
    right, reaches = held.rule, reaches_system(held.namespaces)
    if is_everything(right):
        rule = _chosen(EVERYTHING, reaches)
        if rule is not None:
            yield Seen(rule, ("*",), ("*",), "does everything there, reading Secrets and running commands included")
        return
    for danger in DANGERS:
        rule = _chosen(PAIRS[danger.key], reaches)
        if rule is not None:
            yield from _danger(danger, right, rule)
    yield from _wildcards(held, reaches)
    yield from _named(right, reaches, access, held)
    if reaches and writes_aws_auth(right):
        words = "changes aws-auth, and so makes anyone an administrator of a cluster that reads it"
        yield Seen(AWS_AUTH, _of(right.verbs, WRITES), ("configmaps",), words)


def is_everything(right: Permission) -> bool:
    return ANY in right.verbs and ANY in right.resources and ANY in right.groups and not right.names


def reaches_system(namespaces: tuple[str, ...] | None) -> bool:
    """Whether a right holds in the whole cluster, or where the system itself runs."""
    return namespaces is None or any(fnmatchcase(SYSTEM_NAMESPACE, pattern) for pattern in namespaces)


def writes_aws_auth(right: Permission) -> bool:
    return (
        ("" in right.groups or ANY in right.groups)
        and ("configmaps" in right.resources or ANY in right.resources)
        and bool(_of(right.verbs, WRITES))
        and (not right.names or "aws-auth" in right.names)
    )


def _chosen(pair: Pair, reaches: bool) -> Rule | None:
    return pair.everywhere if reaches else pair.in_namespace


def _danger(danger: Danger, right: Permission, rule: Rule) -> Iterator[Seen]:
    matched = danger.matched(right)
    if matched:
        yield Seen(rule, *matched, danger.words)


def _wildcards(held: EffectiveRule, reaches: bool) -> Iterator[Seen]:
    right = held.rule
    if held.association is not None and held.association.policy.startswith(_PUBLISHED_BY_AWS):
        return  # its rules are AWS's, and what they make possible is told by itself
    wide = tuple(each for each in (*right.resources, *right.urls) if each in (ANY, "/*") or each.startswith("*/"))
    rule = _chosen(WILDCARD, reaches)
    if (wide or ANY in right.verbs) and rule is not None:
        words = "has kinds and verbs in it that nobody has thought of yet"
        yield Seen(rule, right.verbs, wide or (*right.resources, *right.urls), words)
    elif ANY in right.groups:
        yield Seen(WILDCARD_GROUP, right.verbs, right.resources, "is about kinds of that name in every API group")


def _named(right: Permission, reaches: bool, access: Access, held: EffectiveRule) -> Iterator[Seen]:
    """Dangers that names narrow, by the names."""
    if not right.names:
        return
    if _of(right.verbs, ("impersonate",)):
        system = tuple(name for name in right.names if name.startswith(_SYSTEM))
        rule = _chosen(PAIRS["impersonate"], reaches)
        if system and rule is not None:
            yield Seen(rule, ("impersonate",), system, "acts as a part of the system, whose rights are the system's")
    if _of(right.verbs, ("bind",)) and (RBAC in right.groups or ANY in right.groups):
        yield from _bindable(right, reaches, access, held)


def _bindable(right: Permission, reaches: bool, access: Access, held: EffectiveRule) -> Iterator[Seen]:
    rule = _chosen(PAIRS["bind"], reaches)
    for name in right.names:
        rights = access.list_rules_of("ClusterRole", name, held.cluster)
        if any(map(is_everything, rights)) and rule is not None:
            yield Seen(rule, ("bind",), (name,), f"gives {name} to anyone, itself included")
            continue
        grave = [d for d in DANGERS if PAIRS[d.key].everywhere.is_mandatory and any(map(d.matched, rights))]
        if grave:
            yield Seen(
                BIND_NAMED, ("bind",), (name,), f"gives {name} to anyone, itself included, which {grave[0].words}"
            )


def _of(verbs: tuple[str, ...], wanted: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(verb for verb in wanted if verb in verbs or ANY in verbs)
