"""Kubernetes RBAC as data: rules, grants, and the objects that implement them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

API_GROUP = "rbac.authorization.k8s.io"
MANAGED_BY = "eks-access"
STACK = "eks-access/stack"
"""The annotation, and in AWS the tag, with the stack that created something: `<project>/<stack>`."""

RESOURCE = "eks-access/resource"
"""The annotation with the Pulumi resource of that stack, by its name, that an object belongs to."""

ANNOTATIONS = {"pulumi.com/patchForce": "true"}
"""This package owns these objects entirely: the next `up` reverts any drift, whichever tool caused it.
https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/"""


@dataclass(frozen=True)
class Rule:
    """One policy rule. `why` is for reviewers: what the integration needs it for.

    An empty `resource_names` is never written: in RBAC it would mean every name.
    """

    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    api_groups: tuple[str, ...] = ("",)
    resource_names: tuple[str, ...] = ()
    why: str = ""
    non_resource_urls: tuple[str, ...] = ()
    """Paths of the API server itself, such as `/version`, instead of resources."""

    def json(self) -> dict[str, Any]:
        if self.non_resource_urls:
            return {"nonResourceURLs": list(self.non_resource_urls), "verbs": list(self.verbs)}
        rule: dict[str, Any] = {
            "apiGroups": list(self.api_groups),
            "resources": list(self.resources),
            "verbs": list(self.verbs),
        }
        return rule | ({"resourceNames": list(self.resource_names)} if self.resource_names else {})


@dataclass(frozen=True)
class Grant:
    """Rules granted to a group: in the whole cluster (`namespaces` is None), or in the named namespaces only.

    `key` is short and unique within the integration; `name` is what the objects in the cluster are called.

    With another `kind`, `group` is the name of a user, or `namespace/name` of a service account.

    A grant with no namespace at all (`()`) creates the ClusterRole without a binding: ready, and without effect.
    """

    key: str
    name: str
    group: str
    rules: tuple[Rule, ...]
    namespaces: tuple[str, ...] | None = None
    kind: Literal["Group", "User", "ServiceAccount"] = "Group"

    def subject(self) -> dict[str, str]:
        if self.kind == "ServiceAccount":
            namespace, _, name = self.group.partition("/")
            return {"kind": self.kind, "namespace": namespace, "name": name}
        return {"apiGroup": API_GROUP, "kind": self.kind, "name": self.group}


@dataclass(frozen=True)
class RbacObject:
    """One object to create. `key` is stable and unique within the integration and cluster."""

    key: str
    kind: str
    name: str
    namespace: str | None
    body: Mapping[str, Any]


def build_objects(grant: Grant, *, labels: Mapping[str, str]) -> Iterator[RbacObject]:
    """The ClusterRole of a grant and its bindings: one ClusterRole for all namespaces keeps the rules in one object."""
    metadata = {"name": grant.name, "labels": dict(labels)}
    yield RbacObject(
        grant.key,
        "ClusterRole",
        grant.name,
        None,
        {"metadata": metadata, "rules": [rule.json() for rule in grant.rules]},
    )
    binding = {
        "roleRef": {"apiGroup": API_GROUP, "kind": "ClusterRole", "name": grant.name},
        "subjects": [grant.subject()],
    }
    if grant.namespaces is None:
        yield RbacObject(grant.key, "ClusterRoleBinding", grant.name, None, {"metadata": metadata} | binding)
        return
    for namespace in grant.namespaces:
        placed = metadata | {"namespace": namespace}
        key = f"{grant.key}-{namespace}"
        yield RbacObject(key, "RoleBinding", grant.name, namespace, {"metadata": placed} | binding)


_API_GROUPS: Mapping[str, str] = {
    kind: group
    for group, kinds in {
        "": "pods services configmaps namespaces secrets endpoints persistentvolumeclaims serviceaccounts nodes events",
        "apps": "deployments replicasets statefulsets daemonsets",
        "batch": "jobs cronjobs",
        "networking.k8s.io": "ingresses networkpolicies",
        API_GROUP: "roles rolebindings clusterroles clusterrolebindings",
    }.items()
    for kind in kinds.split()
}


def api_group_of(resource: str) -> str | None:
    """The API group of a well-known resource; None for any other."""
    return _API_GROUPS.get(resource)
