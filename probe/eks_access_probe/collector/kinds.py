"""The kinds to list: the same for every integration, and more if its own rights name them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from eks_access.manifest.models import IntegrationAccess
from eks_access.model.access_policies import AssociatedPolicy, catalogue, find_granting_policy
from eks_access.model.kubernetes_rights import PolicyRule, Request, allows

from . import projection
from .objects import CollectedObject, Interner
from .projection import Projection
from .wire import encodings, messages
from .wire.protobuf_stream import Read


@dataclass(frozen=True)
class Kind:
    """One kind of object, with the struct that it is decoded into and its projection.

    `version` is None if the cluster's preferred version is used.
    """

    name: str
    group: str
    resource: str
    version: str | None = "v1"
    item: type = messages.Object
    projection: Projection = projection.project_metadata

    @property
    def accept(self) -> str:
        """The `Accept` header for the smallest response that has the fields that are kept."""
        return encodings.accept_header(self.item)

    @property
    def dotted(self) -> str:
        return f"{self.resource}.{self.group}" if self.group else self.resource

    def path(self, version: str, namespace: str | None) -> str:
        root = f"/apis/{self.group}/{version}" if self.group else f"/api/{version}"
        return f"{root}/namespaces/{namespace}/{self.resource}" if namespace else f"{root}/{self.resource}"

    def decode_page(self, read: Read) -> encodings.Page:
        """
        Raises:
            msgspec.DecodeError: the body is cut off, or not a list of this kind.
        """
        page = encodings.decode_page(self.item, read)
        # Only metadata has the same fields in every kind.
        if not (page.kind == f"{self.name}List" or (self.item is messages.Object and page.kind.endswith("List"))):
            raise msgspec.DecodeError(f"it is of kind {page.kind!r}")
        return page

    def project(self, items: Iterable[Any], interner: Interner) -> list[CollectedObject]:
        name, project = self.name, self.projection
        return [project(name, item, interner) for item in items]


NAMESPACE = Kind("Namespace", "", "namespaces")
TOPOLOGY = (
    NAMESPACE,
    Kind("Node", "", "nodes", item=messages.Node, projection=projection.project_node),
    Kind("Pod", "", "pods", item=messages.Pod, projection=projection.project_pod),
    Kind("ReplicaSet", "apps", "replicasets"),
    Kind("Deployment", "apps", "deployments", item=messages.Deployment, projection=projection.project_replicated),
    Kind("StatefulSet", "apps", "statefulsets", item=messages.StatefulSet, projection=projection.project_replicated),
    Kind("DaemonSet", "apps", "daemonsets", item=messages.DaemonSet, projection=projection.project_daemon_set),
    Kind("Job", "batch", "jobs", item=messages.Job, projection=projection.project_job),
    Kind("CronJob", "batch", "cronjobs"),
    Kind("Service", "", "services", item=messages.Service, projection=projection.project_service),
    Kind(
        "EndpointSlice",
        "discovery.k8s.io",
        "endpointslices",
        item=messages.EndpointSlice,
        projection=projection.project_endpoint_slice,
    ),
    Kind("Ingress", "networking.k8s.io", "ingresses", item=messages.Ingress, projection=projection.project_ingress),
)
_BY_RESOURCE = {(kind.group, kind.resource): kind for kind in TOPOLOGY}
NAMES: Mapping[tuple[str, str], str] = {
    ("", "configmaps"): "ConfigMap",
    ("", "persistentvolumeclaims"): "PersistentVolumeClaim",
    ("", "serviceaccounts"): "ServiceAccount",
    ("rbac.authorization.k8s.io", "clusterrolebindings"): "ClusterRoleBinding",
    ("rbac.authorization.k8s.io", "clusterroles"): "ClusterRole",
    ("rbac.authorization.k8s.io", "rolebindings"): "RoleBinding",
    ("rbac.authorization.k8s.io", "roles"): "Role",
}
"""The names of kinds of which metadata is kept. Other kinds that an integration's rights name are called by their
resource."""
CLUSTER_SCOPED = ("ClusterRole", "ClusterRoleBinding", "Namespace", "Node")
NEVER_LISTED = {
    ("", "secrets"): "the probe checks whether they may be listed, and reads at most one",
    ("", "events"): "they change every minute",
    ("events.k8s.io", "events"): "they change every minute",
    ("", "endpoints"): "endpoint slices have the same data",
    ("", "componentstatuses"): "they are not objects",
}


def kinds_to_list(access: IntegrationAccess) -> tuple[Kind, ...]:
    """The kinds to list as this integration."""
    named = dict.fromkeys(
        named
        for named in _named(access)
        if named not in _BY_RESOURCE and named not in NEVER_LISTED and "/" not in named[1]
    )
    more = (
        Kind(NAMES.get((group, resource), resource), group, resource, version="v1" if not group else None)
        for group, resource in named
    )
    return (*TOPOLOGY, *more)


def namespaces_with_right(access: IntegrationAccess, kind: Kind) -> tuple[str, ...]:
    """The namespaces, or patterns of them, in which this integration has a right to list a kind."""
    if kind.name in CLUSTER_SCOPED:
        return ()
    request = Request("list", kind.group, kind.resource)
    found = [
        name
        for grant in access.grants
        if any(allows(PolicyRule.from_json(rule), request) for rule in grant.rules)
        for name in grant.namespaces or ()
    ]
    for policy in access.identity.access_policies:
        if find_granting_policy([AssociatedPolicy(policy.arn.rpartition("/")[2])], request):
            found += policy.namespaces
    found += [
        e.namespace
        for e in access.kubernetes
        if e.allowed and e.namespace and (e.verb, e.api_group, e.resource) == ("list", kind.group, kind.resource)
    ]
    return tuple(dict.fromkeys(found))


def _named(access: IntegrationAccess) -> Iterator[tuple[str, str]]:
    """The (API group, resource) pairs that the integration may list by name. Wildcards are left out."""
    for rule in (rule for grant in access.grants for rule in grant.rules):
        if not rule.get("resourceNames"):
            yield from _of_rule(rule.get("verbs", ()), rule.get("apiGroups", ()), rule.get("resources", ()))
    for policy in access.identity.access_policies:
        for each in catalogue().get(policy.arn.rpartition("/")[2], ()):
            yield from _of_rule(each.verbs, each.groups, each.resources)
    for e in access.kubernetes:
        if e.allowed and e.verb == "list" and e.subresource is None:
            yield e.api_group, e.resource


def _of_rule(verbs: Iterable[str], groups: Iterable[str], resources: Iterable[str]) -> Iterator[tuple[str, str]]:
    if {"list", "*"}.isdisjoint(verbs):
        return
    for group in groups:
        for resource in resources:
            if "*" not in (group, resource):
                yield group, resource
