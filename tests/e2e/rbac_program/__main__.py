"""RBAC objects in one cluster, from the stack's configuration."""

import pulumi

from eks_access.rbac.resource import ClusterRole, ClusterRoleBinding, Role, RoleBinding

CLASSES = {each.__name__: each for each in (ClusterRole, Role, ClusterRoleBinding, RoleBinding)}

config = pulumi.Config()
for name, each in config.require_object("objects").items():
    CLASSES[each["kind"]](
        name,
        kubeconfig=config.require("kubeconfig"),
        opts=pulumi.ResourceOptions(import_=config.get("import")),
        **each["arguments"],
    )
