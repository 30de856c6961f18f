"""The access entries and bindings of a plan, as EKS and Kubernetes take them. Pure."""

from typing import Any

from ..model.rbac import API_GROUP
from .state import AWS_AUTH, ORIGIN_TAG, PRINCIPAL_ID_TAG
from .translation import BindingCopy, PlannedEntry

MANAGED_BY = "eks-access-migrate"
"""In the label of binding copies: not the name of what stacks of this package make, which `leftovers` reports."""
SOURCE = "eks-access/copy-of"
"""The annotation of a binding copy with the binding that it is a copy of."""
RBAC = f"/apis/{API_GROUP}/v1"


def to_tags(entry: PlannedEntry) -> dict[str, str]:
    return {ORIGIN_TAG: AWS_AUTH} | ({PRINCIPAL_ID_TAG: entry.unique_id} if entry.unique_id else {})


def to_binding(copy: BindingCopy) -> dict[str, Any]:
    """The manifest of the copy."""
    binding = copy.binding
    return {
        "apiVersion": f"{API_GROUP}/v1",
        "kind": binding.kind,
        "metadata": {
            "name": binding.name,
            **({"namespace": binding.namespace} if binding.namespace is not None else {}),
            "labels": {"app.kubernetes.io/managed-by": MANAGED_BY},
            "annotations": {SOURCE: copy.source.name},
        },
        "roleRef": {"apiGroup": API_GROUP, "kind": binding.role_kind, "name": binding.role_name},
        "subjects": [{"apiGroup": API_GROUP, "kind": "Group", "name": copy.group}],
    }


def binding_path(namespace: str | None) -> str:
    """The collection that bindings of this namespace, or of the whole cluster, are in."""
    return f"{RBAC}/clusterrolebindings" if namespace is None else f"{RBAC}/namespaces/{namespace}/rolebindings"
