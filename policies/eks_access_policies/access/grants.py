"""Expands effective rules into single permissions, as in a SubjectAccessReview."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from .model import EffectiveRule, Permission


@dataclass(frozen=True, order=True)
class Grant:
    """One verb on one kind of resource, or on one URL. `name` is empty for all names; any part may be `*`.

    `namespace` is empty for the whole cluster, and may be a pattern where an EKS access policy's scope is one.
    """

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    name: str = ""
    namespace: str = ""
    url: str = ""


def grants(held: EffectiveRule) -> Iterator[Grant]:
    """Yield the single permissions of an effective rule. A rule on URLs applies cluster-wide only."""
    rule = held.rule
    for verb in dict.fromkeys(rule.verbs):
        if held.namespaces is None:
            for url in dict.fromkeys(rule.urls):
                yield Grant(verb, url=url)
        for namespace in ("",) if held.namespaces is None else held.namespaces:
            for group in dict.fromkeys(rule.groups):
                for full in dict.fromkeys(rule.resources):
                    resource, _, subresource = full.partition("/")
                    for name in dict.fromkeys(rule.names) or ("",):
                        yield Grant(verb, group, resource, subresource, name, namespace)


@dataclass(frozen=True)
class Asked:
    """One request to the API server."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    name: str = ""
    namespace: str = ""
    url: str = ""


def allows(held: Iterable[EffectiveRule], asked: Asked) -> bool:
    """Whether one of the rules allows the request, as RBAC decides."""
    return any(_in_scope(each, asked) and rule_allows(each.rule, asked) for each in held)


def _in_scope(held: EffectiveRule, asked: Asked) -> bool:
    if held.namespaces is None:
        return True
    if held.association is None:
        return bool(asked.namespace) and asked.namespace in held.namespaces
    return bool(asked.namespace) and any(fnmatchcase(asked.namespace, wanted) for wanted in held.namespaces)


def rule_allows(rule: Permission, asked: Asked) -> bool:
    """https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/rbac/v1/evaluation_helpers.go"""
    if "*" not in rule.verbs and asked.verb not in rule.verbs:
        return False
    if asked.url:
        return any(url == asked.url or (url.endswith("*") and asked.url.startswith(url[:-1])) for url in rule.urls)
    if "*" not in rule.groups and asked.group not in rule.groups:
        return False
    full = f"{asked.resource}/{asked.subresource}" if asked.subresource else asked.resource
    wanted = ("*", full, *((f"*/{asked.subresource}",) if asked.subresource else ()))
    if not any(each in rule.resources for each in wanted):
        return False
    return not rule.names or asked.name in rule.names
