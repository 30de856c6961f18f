"""Effective rights, one by one, as the requests that they allow; and whether they allow one."""

from collections.abc import Iterable, Iterator

from eks_access.model.kubernetes_rights import Request, allows, is_in_scope

from ..model import Permission
from .model import EffectiveRules


def enumerate_requests(rule: Permission, namespaces: tuple[str, ...] | None) -> Iterator[Request]:
    """The requests that a rule in force there allows. A rule on URLs is in force in the whole cluster only."""
    for verb in dict.fromkeys(rule.verbs):
        if namespaces is None:
            for url in dict.fromkeys(rule.urls):
                yield Request(verb, url=url)
        for namespace in ("",) if namespaces is None else namespaces:
            for group in dict.fromkeys(rule.groups):
                for full in dict.fromkeys(rule.resources):
                    resource, _, subresource = full.partition("/")
                    for name in dict.fromkeys(rule.names) or ("",):
                        yield Request(verb, group, resource, subresource, name, namespace)


def any_allows(held: Iterable[EffectiveRules], request: Request) -> bool:
    """Whether one of the rules in force allows it: RBAC's by names of namespaces, access policies' by patterns."""
    return any(
        is_in_scope(each.namespaces, request, patterns=each.association is not None)
        and any(allows(rule, request) for rule in each.rules)
        for each in held
    )
