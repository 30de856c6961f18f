"""What EKS access policies let a principal do in a cluster: the rules AWS publishes, evaluated. Pure.

EKS evaluates access policies in an authorizer of its own, beside RBAC: they are additive to it, do not show
in `kubectl auth can-i --list`, do not survive impersonation, and RBAC's escalation check does not count
them (aws/containers-roadmap#2682).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Rule:
    verbs: Sequence[str]
    api_groups: Sequence[str] = ()
    resources: Sequence[str] = ()
    non_resource_urls: Sequence[str] = ()


@dataclass(frozen=True)
class Grant:
    """One access policy associated with one access entry. `namespaces` is None for cluster scope."""

    policy: str
    namespaces: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Attributes:
    """What the API server asks about: a SubjectAccessReview without its user."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    path: str | None = None

    @classmethod
    def of_review(cls, spec: Mapping[str, Any]) -> "Attributes":
        if "nonResourceAttributes" in spec:
            asked = spec["nonResourceAttributes"]
            return cls(asked.get("verb", ""), path=asked.get("path", ""))
        asked = spec.get("resourceAttributes", {})
        return cls(
            verb=asked.get("verb", ""),
            group=asked.get("group", ""),
            resource=asked.get("resource", ""),
            subresource=asked.get("subresource", ""),
            namespace=asked.get("namespace", ""),
        )


@cache
def catalogue() -> dict[str, tuple[Rule, ...]]:
    """Every policy that EKS knows, with its rules; no rules where AWS publishes none."""
    table = json.loads(files(__name__).joinpath("rules.json").read_text())["policies"]
    return {name: tuple(_rule(rule) for rule in rules or ()) for name, rules in table.items()}


def granting_policy(grants: Iterable[Grant], asked: Attributes) -> str | None:
    """The name of a policy that allows this, or None."""
    return next((grant.policy for grant in grants if _allows(grant, asked)), None)


def _allows(grant: Grant, asked: Attributes) -> bool:
    return _in_scope(grant, asked) and any(matches(rule, asked) for rule in catalogue().get(grant.policy, ()))


def _in_scope(grant: Grant, asked: Attributes) -> bool:
    if grant.namespaces is None:
        return True
    # A namespace scope gives nothing outside of namespaces: no nodes, no lists across all of them.
    return bool(asked.namespace) and any(fnmatchcase(asked.namespace, wanted) for wanted in grant.namespaces)


def matches(rule: Rule, asked: Attributes) -> bool:
    """As RBAC matches a PolicyRule (k8s.io/kubernetes/pkg/apis/rbac/v1/evaluation_helpers.go)."""
    if "*" not in rule.verbs and asked.verb not in rule.verbs:
        return False
    if asked.path is not None:
        return any(
            url == asked.path or (url.endswith("*") and asked.path.startswith(url[:-1]))
            for url in rule.non_resource_urls
        )
    if "*" not in rule.api_groups and asked.group not in rule.api_groups:
        return False
    full = f"{asked.resource}/{asked.subresource}" if asked.subresource else asked.resource
    return (
        "*" in rule.resources
        or full in rule.resources
        or (bool(asked.subresource) and f"*/{asked.subresource}" in rule.resources)
    )


def _rule(rule: Mapping[str, Any]) -> Rule:
    return Rule(
        verbs=rule["verbs"],
        api_groups=rule.get("apiGroups", ()),
        resources=rule.get("resources", ()),
        non_resource_urls=rule.get("nonResourceURLs", ()),
    )
