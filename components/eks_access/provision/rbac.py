"""An integration's RBAC in one cluster, as resources."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from ..exact import resource as rbac
from ..model.integration import ClusterPlace
from ..model.rbac import build_objects
from .connection import Connection
from .metadata import object_labels, to_sdk_arguments
from .provisioned import Provisioned

_KINDS: Mapping[str, Any] = {
    "ClusterRole": rbac.ClusterRole,
    "ClusterRoleBinding": rbac.ClusterRoleBinding,
    "RoleBinding": rbac.RoleBinding,
}


def create_rbac(
    name: str,
    provisioned: Provisioned,
    cluster: ClusterPlace,
    connection: Connection,
    parent: pulumi.Resource,
    depends_on: Sequence[pulumi.Resource] = (),
) -> list[pulumi.Resource]:
    """Creates the roles and bindings of every grant in one cluster, as children of `parent`."""
    labels = object_labels(name, provisioned.integration, cluster)
    created = []
    for grant in provisioned.integration.grants:
        for described in build_objects(grant, labels=labels):
            resource: pulumi.Resource = _KINDS[described.kind](
                f"{name}-{described.key}",
                kubeconfig=connection.kubeconfig,
                adopt=connection.adopt,
                **to_sdk_arguments(provisioned.bindings.fill_tree(described.body)),
                opts=pulumi.ResourceOptions(parent=parent, depends_on=list(depends_on)),
            )
            created.append(resource)
    return created
