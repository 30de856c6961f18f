"""What is asked for: the same kinds of everybody, and what else an integration's own rights name."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from eks_access.manifest.models import IntegrationAccess
from eks_access.model.access_policies import AssociatedPolicy, catalogue, find_granting_policy
from eks_access.model.kubernetes_rights import PolicyRule, Request, allows

from . import projection
from .projection import Projection
from .seen import Seen, Shared
from .wire import encodings, messages
from .wire.protobuf_stream import Read


@dataclass(frozen=True)
class Kind:
    """One kind of object, and what is decoded and kept of it.

    `version` is None where the cluster is asked which one it prefers.
    """

    name: str
    group: str
    resource: str
    version: str | None = "v1"
    item: type = messages.Object
    projection: Projection = projection.metadata

    @property
    def accept(self) -> str:
        """The least that has what is kept."""
        return encodings.accept(self.item)

    @property
    def dotted(self) -> str:
        return f"{self.resource}.{self.group}" if self.group else self.resource

    def path(self, version: str, namespace: str | None) -> str:
        root = f"/apis/{self.group}/{version}" if self.group else f"/api/{version}"
        return f"{root}/namespaces/{namespace}/{self.resource}" if namespace else f"{root}/{self.resource}"

    def page(self, read: Read) -> encodings.Page:
        """
        Raises:
            msgspec.DecodeError: the body is cut off, or no list of this kind.
        """
        page = encodings.page(self.item, read)
        # Metadata is in the same place in every kind; whatever else there is, in its own.
        if not (page.kind == f"{self.name}List" or (self.item is messages.Object and page.kind.endswith("List"))):
            raise msgspec.DecodeError(f"it is of kind {page.kind!r}")
        return page

    def kept(self, items: Iterable[Any], shared: Shared) -> list[Seen]:
        name, project = self.name, self.projection
        return [project(name, item, shared) for item in items]


NAMESPACE = Kind("Namespace", "", "namespaces")
TOPOLOGY = (
    NAMESPACE,
    Kind("Node", "", "nodes", item=messages.Node, projection=projection.node),
    Kind("Pod", "", "pods", item=messages.Pod, projection=projection.pod),
    Kind("ReplicaSet", "apps", "replicasets"),
    Kind("Deployment", "apps", "deployments", item=messages.Deployment, projection=projection.replicated),
    Kind("StatefulSet", "apps", "statefulsets", item=messages.StatefulSet, projection=projection.replicated),
    Kind("DaemonSet", "apps", "daemonsets", item=messages.DaemonSet, projection=projection.daemon_set),
    Kind("Job", "batch", "jobs", item=messages.Job, projection=projection.job),
    Kind("CronJob", "batch", "cronjobs"),
    Kind("Service", "", "services", item=messages.Service, projection=projection.service),
    Kind(
        "EndpointSlice",
        "discovery.k8s.io",
        "endpointslices",
        item=messages.EndpointSlice,
        projection=projection.endpoint_slice,
    ),
    Kind("Ingress", "networking.k8s.io", "ingresses", item=messages.Ingress, projection=projection.ingress),
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
"""Kinds of which metadata is kept; of others that an integration's rights name, the resource is told instead."""
CLUSTER_SCOPED = ("ClusterRole", "ClusterRoleBinding", "Namespace", "Node")
NEVER = {
    ("", "secrets"): "whether they may be listed is asked by the probe, for one object at most",
    ("", "events"): "they come and go by the minute",
    ("events.k8s.io", "events"): "they come and go by the minute",
    ("", "endpoints"): "endpoint slices have the same",
    ("", "componentstatuses"): "they are no objects",
}


def of(access: IntegrationAccess) -> tuple[Kind, ...]:
    """What to ask for as this integration."""
    named = dict.fromkeys(
        named for named in _named(access) if named not in _BY_RESOURCE and named not in NEVER and "/" not in named[1]
    )
    more = (
        Kind(NAMES.get((group, resource), resource), group, resource, version="v1" if not group else None)
        for group, resource in named
    )
    return (*TOPOLOGY, *more)


def namespaces(access: IntegrationAccess, kind: Kind) -> tuple[str, ...]:
    """The namespaces, or patterns of them, in which this integration has a right of its own to list a kind."""
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
    """What the integration may list, as (API group, resource). A wildcard names nothing."""
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
