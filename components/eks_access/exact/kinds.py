"""The kinds of objects that are compared whole: where they are served, and which of their parts decide about access."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ..model.rbac import API_GROUP


@dataclass(frozen=True)
class Kind:
    """A kind of object.

    Attributes:
        name: the kind's name in Kubernetes.
        plural: its name in paths of the API.
        namespaced: does an object belong to a namespace?
        parts: the fields besides the metadata that are compared.
        group: its API group; empty for the core group.
        annotations: prefixes of annotations that give access, whatever put them there.
    """

    name: str
    plural: str
    namespaced: bool
    parts: tuple[str, ...]
    group: str = API_GROUP
    annotations: tuple[str, ...] = ()

    @property
    def api_version(self) -> str:
        return f"{self.group}/v1" if self.group else "v1"

    @property
    def token(self) -> str:
        """The type token of its Pulumi resource."""
        return f"eks-access:index:{self.name}"

    @property
    def is_binding(self) -> bool:
        return "roleRef" in self.parts

    def collection(self, namespace: str = "") -> str:
        """The path of all objects, for a namespaced kind in one namespace."""
        place = f"namespaces/{quote(namespace, safe='')}/" if self.namespaced else ""
        return f"/{'apis' if self.group else 'api'}/{self.api_version}/{place}{self.plural}"

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
SERVICE_ACCOUNT = Kind(
    "ServiceAccount",
    "serviceaccounts",
    namespaced=True,
    parts=("automountServiceAccountToken",),
    group="",
    # https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
    annotations=("eks.amazonaws.com/",),
)
NETWORK_POLICY = Kind("NetworkPolicy", "networkpolicies", namespaced=True, parts=("spec",), group="networking.k8s.io")
RBAC_KINDS = (CLUSTER_ROLE, ROLE, CLUSTER_ROLE_BINDING, ROLE_BINDING)
KINDS = (*RBAC_KINDS, SERVICE_ACCOUNT, NETWORK_POLICY)
