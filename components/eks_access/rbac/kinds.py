"""The four kinds of RBAC objects: where they are served, and which of their parts decide who may do what."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ..model.rbac import API_GROUP

API_VERSION = f"{API_GROUP}/v1"


@dataclass(frozen=True)
class Kind:
    """A kind of RBAC object.

    Attributes:
        name: the kind's name in Kubernetes.
        plural: its name in paths of the API.
        namespaced: does an object belong to a namespace?
        parts: the fields besides the metadata. Every other field is one that this package does not know.
    """

    name: str
    plural: str
    namespaced: bool
    parts: tuple[str, ...]

    @property
    def is_binding(self) -> bool:
        return "roleRef" in self.parts

    def collection(self, namespace: str = "") -> str:
        """The path of all objects, for a namespaced kind in one namespace."""
        place = f"namespaces/{quote(namespace, safe='')}/" if self.namespaced else ""
        return f"/apis/{API_VERSION}/{place}{self.plural}"

    def path(self, name: str, namespace: str = "") -> str:
        """The path of one object."""
        return f"{self.collection(namespace)}/{quote(name, safe='')}"

    def identify(self, metadata: Mapping[str, Any]) -> str:
        """An object's id: `<name>`, or `<namespace>/<name>`. Neither part can contain a slash."""
        return f"{metadata['namespace']}/{metadata['name']}" if self.namespaced else str(metadata["name"])


CLUSTER_ROLE = Kind("ClusterRole", "clusterroles", namespaced=False, parts=("rules", "aggregationRule"))
ROLE = Kind("Role", "roles", namespaced=True, parts=("rules",))
CLUSTER_ROLE_BINDING = Kind(
    "ClusterRoleBinding", "clusterrolebindings", namespaced=False, parts=("roleRef", "subjects")
)
ROLE_BINDING = Kind("RoleBinding", "rolebindings", namespaced=True, parts=("roleRef", "subjects"))
KINDS = (CLUSTER_ROLE, ROLE, CLUSTER_ROLE_BINDING, ROLE_BINDING)
