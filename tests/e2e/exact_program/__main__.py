"""Exact objects in one cluster, from the stack's configuration."""

import pulumi

from eks_access.exact.resource import ClusterRole, ClusterRoleBinding, NetworkPolicy, Role, RoleBinding, ServiceAccount

CLASSES = {
    each.__name__: each for each in (ClusterRole, Role, ClusterRoleBinding, RoleBinding, ServiceAccount, NetworkPolicy)
}

config = pulumi.Config()
for name, each in config.require_object("objects").items():
    CLASSES[each["kind"]](
        name,
        kubeconfig=config.require("kubeconfig"),
        opts=pulumi.ResourceOptions(import_=config.get("import")),
        **each["arguments"],
    )
