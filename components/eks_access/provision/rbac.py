"""An integration's RBAC in one cluster, as resources."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_kubernetes.rbac import v1 as rbac

from ..model import rbac as rules
from ..model.integration import ClusterPlace, Integration
from .connection import Connection
from .output_bindings import Binding

_KINDS: Mapping[str, Any] = {
    "ClusterRole": rbac.ClusterRole,
    "ClusterRoleBinding": rbac.ClusterRoleBinding,
    "RoleBinding": rbac.RoleBinding,
}


def create_rights(
    name: str,
    integration: Integration,
    labels: Mapping[str, str],
    connection: Connection,
    binding: Binding,
    parent: pulumi.Resource,
    after: Sequence[pulumi.Resource] = (),
) -> list[pulumi.Resource]:
    """The roles and bindings of every grant, as children of `parent`."""
    made = []
    for grant in integration.grants:
        for found in rules.objects(grant, labels=labels, stack=stack()):
            options = pulumi.ResourceOptions(parent=parent, provider=connection.provider, depends_on=list(after))
            body = _snake_keys(binding.tree(found.body))
            resource: pulumi.Resource = _KINDS[found.kind](f"{name}-{found.key}", **body, opts=options)
            made.append(resource)
    return made


def labels(name: str, integration: Integration, cluster: ClusterPlace) -> dict[str, str]:
    """What everything in a cluster is labelled with. `name` is that of the integration in the cluster."""
    return {
        "app.kubernetes.io/managed-by": rules.MANAGED_BY,
        "app.kubernetes.io/part-of": integration.vendor,
        "app.kubernetes.io/instance": name.removesuffix(f"-{cluster.key}"),
    }


def stack() -> str:
    return f"{pulumi.get_project()}/{pulumi.get_stack()}"


def _snake_keys(body: Mapping[str, Any]) -> dict[str, Any]:
    """The top-level keys as the Python SDK's arguments are named; what is inside keeps Kubernetes' names."""
    return {{"roleRef": "role_ref"}.get(key, key): value for key, value in body.items()}
