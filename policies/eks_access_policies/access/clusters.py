"""Resolves the cluster of a resource: by its own properties, its provider's kubeconfig, or its siblings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from eks_access.kubernetes.kubeconfig import find_cluster_name, find_current_context

from ..stack import Resource, Stack, Value, is_unknown
from ..stack.model import RBAC_TYPES
from ..stack.values import get, items, text

CLUSTER = ("aws:eks/cluster:Cluster", "aws-native:eks:Cluster")
CREATOR_ADMIN_FLAG = "bootstrapClusterCreatorAdminPermissions"
_SINGLE_CLUSTER_COMPONENTS = ("eks-access:index:ClusterAccess", "eks-access:index:ConnectedCluster")
"""Components of eks-access whose children are all in one cluster."""
_PROVIDER = "pulumi:providers:kubernetes"


@dataclass(frozen=True)
class Location:
    """Where a Kubernetes object is: in a cluster by its name, or by its API server while the name is unknown."""

    cluster: str = ""
    server: str = ""
    """Empty if the cluster's name is known, or if this is unknown too."""
    provider: str = ""
    """The URN of the provider, or of the kubeconfig's source: tells apart what is nowhere else known to differ."""

    @property
    def known(self) -> "Location":
        """What decides whether two locations may be one: two providers may be of one cluster."""
        return Location(self.cluster, self.server)

    def __str__(self) -> str:
        return self.cluster or self.server or self.provider


class Clusters:
    """The cluster of each resource, by name; empty if it is unknown."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._cached: dict[str, str] = {}
        self._contexts: dict[str, tuple[str, str]] = {}
        self._names_by_parent = {
            resource.parent: name
            for resource in stack.resources
            if resource.parent and not resource.type.startswith("kubernetes:")
            for name in [text(resource.get("clusterName"))]
            if name
        }
        """Cluster names by the parent of their resource: a single-cluster component also has its objects."""
        self._only = self._find_only_cluster()

    def of(self, resource: Resource) -> str:
        if resource.urn not in self._cached:
            self._cached[resource.urn] = self._resolve(resource)
        return self._cached[resource.urn]

    def locate(self, resource: Resource) -> Location:
        """Where a Kubernetes object is, as far as it is known."""
        cluster = self.of(resource)
        return Location(cluster) if cluster else Location("", self._find_context(resource)[0], self._origin(resource))

    def default_namespace(self, resource: Resource) -> str:
        """The namespace of an object that names none, which its provider decides; empty if it is unknown.

        https://www.pulumi.com/registry/packages/kubernetes/api-docs/provider/#namespace_yaml
        """
        provider = self._stack.by_urn.get(resource.provider or "")
        namespace = provider.get("namespace") if provider else None
        return "" if is_unknown(namespace) else text(namespace) or self._find_context(resource)[1]

    def _find_context(self, resource: Resource) -> tuple[str, str]:
        """The server and the namespace of the kubeconfig: the resource's own, or its provider's."""
        if is_connected_by_itself(resource):
            return find_current_context(text(resource.get("kubeconfig")) or "")
        urn = resource.provider or ""
        if urn not in self._contexts:
            provider = self._stack.by_urn.get(urn)
            self._contexts[urn] = find_current_context(text(provider.get("kubeconfig")) or "") if provider else ("", "")
        return self._contexts[urn]

    def _resolve(self, resource: Resource) -> str:
        if "clusterName" in resource.properties:
            return self._from_property(resource)
        for above in self._stack.ancestors(resource):
            if above.type in _SINGLE_CLUSTER_COMPONENTS:
                name = text(above.get("cluster")) or self._names_by_parent.get(above.urn)
                if name:
                    return name
        provider = self._stack.by_urn.get(resource.provider or "")
        if is_connected_by_itself(resource):
            connected: Resource | None = resource
        else:
            connected = provider if provider is not None and provider.type == _PROVIDER else None
        if connected is not None:
            name = find_cluster_name(text(connected.get("kubeconfig")) or "")
            return name or self._from_sources(connected, "kubeconfig") or self._only
        return self._only

    def _origin(self, resource: Resource) -> str:
        """The URN of the resource's provider, or of the resources that its own kubeconfig comes from."""
        if is_connected_by_itself(resource):
            return " ".join(sorted(source.urn for source in self._stack.sources(resource, "kubeconfig")))
        return resource.provider or ""

    def _from_property(self, resource: Resource) -> str:
        name = text(resource.get("clusterName"))
        return name or self._from_sources(resource, "clusterName")

    def _from_sources(self, resource: Resource, name: str) -> str:
        found = {self.name_of(source) for source in self._stack.sources(resource, name) if source.type in CLUSTER}
        if not found:
            found = {
                self.of(source)
                for source in self._stack.sources(resource, name)
                if source.urn != resource.urn and "clusterName" in source.properties
            }
        return found.pop() if len(found) == 1 else ""

    def name_of(self, cluster: Resource) -> str:
        """The name of a cluster that the stack creates; its resource name while the other is unknown."""
        return text(cluster.get("name")) or cluster.name

    def _find_only_cluster(self) -> str:
        """The name of the stack's only cluster; empty if it has several."""
        providers = sum(1 for _ in self._stack.of_type(_PROVIDER))
        names = {name for r in self._stack.resources for name in self._names(r)}
        return names.pop() if len(names) == 1 and providers <= 1 else ""

    def _names(self, resource: Resource) -> Iterator[str]:
        if resource.type in CLUSTER:
            yield self.name_of(resource)
        elif "clusterName" in resource.properties and (name := self._from_property(resource)):
            yield name


def is_connected_by_itself(resource: Resource) -> bool:
    """Whether it is an object in a cluster whose kubeconfig is its own property, and not its provider's."""
    return resource.type in RBAC_TYPES and "kubeconfig" in resource.properties


def find_access_config(properties: Mapping[str, Value]) -> Value:
    """A cluster's `accessConfig`, which some providers have as a block and others as a list of one."""
    value = get(properties, "accessConfig")
    blocks = items(value)
    return blocks[0] if blocks else value


def is_creator_admin(cluster: Resource) -> bool | None:
    """Whether the principal that creates a cluster stays its administrator, as by default; None if it is unknown.

    https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateAccessConfigRequest.html
    """
    chosen = get(find_access_config(cluster.properties), CREATOR_ADMIN_FLAG)
    return None if is_unknown(chosen) else text(chosen) != "false"
