"""Which cluster a resource is about: by its own properties, its provider's kubeconfig, or what stands beside it."""

from collections.abc import Iterator

from eks_access.kubernetes.kubeconfig import find_cluster_name

from ..stack import Resource, Stack
from ..stack.values import text

CLUSTER = ("aws:eks/cluster:Cluster", "aws-native:eks:Cluster")
_ONE_CLUSTERS = ("eks-access:index:ClusterAccess", "eks-access:index:ConnectedCluster")
"""Components of eks-access that have everything in one cluster below them."""
_PROVIDER = "pulumi:providers:kubernetes"


class Clusters:
    """The cluster of each resource, by its name; empty where that is not known."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._cached: dict[str, str] = {}
        self._named = {
            resource.parent: name
            for resource in stack.resources
            if resource.parent and not resource.type.startswith("kubernetes:")
            for name in [text(resource.get("clusterName"))]
            if name
        }
        """Names by the parent of what has them: a component for one cluster holds the objects in it as well."""
        self._only = self._only_one()

    def of(self, resource: Resource) -> str:
        if resource.urn not in self._cached:
            self._cached[resource.urn] = self._found(resource)
        return self._cached[resource.urn]

    def _found(self, resource: Resource) -> str:
        if "clusterName" in resource.properties:
            return self._of_property(resource)
        for above in self._stack.ancestors(resource):
            if above.type in _ONE_CLUSTERS:
                name = text(above.get("cluster")) or self._named.get(above.urn)
                if name:
                    return name
        provider = self._stack.by_urn.get(resource.provider or "")
        if provider is not None and provider.type == _PROVIDER:
            name = find_cluster_name(text(provider.get("kubeconfig")) or "")
            return name or self._of_sources(provider, "kubeconfig") or self._only
        return self._only

    def _of_property(self, resource: Resource) -> str:
        name = text(resource.get("clusterName"))
        return name or self._of_sources(resource, "clusterName")

    def _of_sources(self, resource: Resource, name: str) -> str:
        found = {self.name(source) for source in self._stack.sources(resource, name) if source.type in CLUSTER}
        if not found:
            found = {
                self.of(source)
                for source in self._stack.sources(resource, name)
                if source.urn != resource.urn and "clusterName" in source.properties
            }
        return found.pop() if len(found) == 1 else ""

    def name(self, cluster: Resource) -> str:
        """The name of a cluster that is made in the stack; its name there while it has no other yet."""
        return text(cluster.get("name")) or cluster.name

    def _only_one(self) -> str:
        """The name of the one cluster that the stack is about, if it is about one."""
        providers = sum(1 for _ in self._stack.of_type(_PROVIDER))
        names = {name for r in self._stack.resources for name in self._names(r)}
        return names.pop() if len(names) == 1 and providers <= 1 else ""

    def _names(self, resource: Resource) -> Iterator[str]:
        if resource.type in CLUSTER:
            yield self.name(resource)
        elif "clusterName" in resource.properties and (name := self._of_property(resource)):
            yield name
