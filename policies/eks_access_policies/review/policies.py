"""The rules of EKS access policies, and of RBAC, in the review's form. Pure."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from eks_access.access_policies import catalogue

from .access import Bundle, KubernetesRule
from .conditions import texts


def policy_bundle(name: str, namespaces: tuple[str, ...] | None) -> Bundle:
    """What an access policy gives in its scope. A policy whose rules AWS does not publish gives none that are known."""
    return Bundle(name, _rules(name), None if namespaces is None else tuple(sorted(namespaces)), is_policy=True)


@cache
def _rules(name: str) -> frozenset[KubernetesRule]:
    return frozenset(
        KubernetesRule(
            frozenset(each.verbs),
            frozenset(each.api_groups),
            frozenset(each.resources),
            urls=frozenset(each.non_resource_urls),
        )
        for each in catalogue().get(name, ())
    )


def rule(given: Mapping[str, Any]) -> KubernetesRule:
    """A rule as RBAC writes it; what is not as expected in it gives nothing."""
    return KubernetesRule(
        verbs=frozenset(texts(given.get("verbs"))),
        groups=frozenset(texts(given.get("apiGroups"))),
        resources=frozenset(texts(given.get("resources"))),
        names=frozenset(texts(given.get("resourceNames"))),
        urls=frozenset(texts(given.get("nonResourceURLs"))),
    )
