"""Requests to a Kubernetes API server, and whether a rule of RBAC or of an access policy allows one."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, Protocol

ANY = "*"


@dataclass(frozen=True, order=True)
class Request:
    """One verb on one kind of resource, or on one URL: a SubjectAccessReview without its user.

    `namespace` is empty for the whole cluster, `name` for all names. Where effective rights are enumerated as the
    requests that they allow, any part may be `*`, and `namespace` a pattern.
    """

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    name: str = ""
    namespace: str = ""
    url: str = ""

    @property
    def full_resource(self) -> str:
        """`pods/exec`, `deployments`."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource

    @classmethod
    def from_review(cls, spec: Mapping[str, Any]) -> "Request":
        """The request in the `spec` of a SubjectAccessReview."""
        if "nonResourceAttributes" in spec:
            attributes = spec["nonResourceAttributes"]
            return cls(attributes.get("verb", ""), url=attributes.get("path") or "/")
        attributes = spec.get("resourceAttributes", {})
        names = ("verb", "group", "resource", "subresource", "name", "namespace")
        return cls(**{name: attributes.get(name, "") for name in names})


class RuleLike(Protocol):
    """A rule of RBAC or of an access policy. No `names` means every name, as in RBAC."""

    @property
    def verbs(self) -> Collection[str]: ...
    @property
    def groups(self) -> Collection[str]: ...
    @property
    def resources(self) -> Collection[str]: ...
    @property
    def names(self) -> Collection[str]: ...
    @property
    def urls(self) -> Collection[str]: ...


@dataclass(frozen=True)
class PolicyRule:
    """A PolicyRule as Kubernetes has it."""

    verbs: tuple[str, ...]
    groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, rule: Mapping[str, Any]) -> "PolicyRule":
        keys = ("verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs")
        return cls(*(tuple(rule.get(key) or ()) for key in keys))


@lru_cache(maxsize=4096)
def matching_resources(full_resource: str) -> frozenset[str]:
    """What a rule may have in `resources` to apply to a resource; everything else is taken literally.

    `*/exec` is the subresource of every resource, while `pods/*` and `*/*` are the names of no resource.
    https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/rbac/v1/evaluation_helpers.go (`ResourceMatches`)
    """
    subresource = full_resource.partition("/")[2]
    return frozenset((ANY, full_resource, *((f"*/{subresource}",) if subresource else ())))


def allows(rule: RuleLike, request: Request) -> bool:
    """Whether a rule allows a request, wherever the rule is in force.

    https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/rbac/v1/evaluation_helpers.go
    """
    if ANY not in rule.verbs and request.verb not in rule.verbs:
        return False
    if request.url:
        return any(url == request.url or (url.endswith(ANY) and request.url.startswith(url[:-1])) for url in rule.urls)
    if ANY not in rule.groups and request.group not in rule.groups:
        return False
    if matching_resources(request.full_resource).isdisjoint(rule.resources):
        return False
    return not rule.names or request.name in rule.names


def is_in_scope(namespaces: Iterable[str] | None, request: Request, *, patterns: bool = False) -> bool:
    """Whether rules in force in these namespaces (None: the whole cluster) apply to a request.

    A scope of namespaces gives nothing outside of namespaces: no nodes, no lists across all of them. The namespaces of
    access policies may be `patterns` (`dev-*`); RBAC's are names.
    """
    if namespaces is None:
        return True
    if not request.namespace:
        return False
    if patterns:
        return any(fnmatchcase(request.namespace, pattern) for pattern in namespaces)
    return request.namespace in namespaces
