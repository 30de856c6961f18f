"""The Pulumi resources: RBAC objects of a cluster, exactly as the program has them.

They are served by the plugin `pulumi-resource-eks-access` (`eks_access.provider`); `eks-access plugin install` puts
that where the engine finds it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from .kinds import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING, Kind

Fields = pulumi.Input[Mapping[str, Any]]
"""Fields under Kubernetes' own names, such as `apiGroups`; each value may be an Output."""

_PULUMI_NAMES = {"aggregation_rule": "aggregationRule", "role_ref": "roleRef"}
_PYTHON_NAMES = {pulumi_name: name for name, pulumi_name in _PULUMI_NAMES.items()}


def find_token(kind: Kind) -> str:
    """The type token of a kind's resource."""
    return f"eks-access:index:{kind.name}"


class _RbacObject(pulumi.CustomResource):
    """The base of the four resources."""

    def __init__(
        self,
        kind: Kind,
        resource_name: str,
        inputs: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None,
    ) -> None:
        # Deployed by version 0.1.0 as a resource of the Kubernetes provider.
        before = pulumi.Alias(type_=f"kubernetes:rbac.authorization.k8s.io/v1:{kind.name}")
        super().__init__(
            find_token(kind),
            resource_name,
            {**inputs, "uid": None, "owner": None},
            pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(aliases=[before])),
        )

    @property
    @pulumi.getter(name="metadata")
    def metadata(self) -> pulumi.Output[Mapping[str, Any]]:
        """The object's name, namespace, labels and annotations."""
        value: pulumi.Output[Mapping[str, Any]] = pulumi.get(self, "metadata")
        return value

    @property
    @pulumi.getter(name="uid")
    def uid(self) -> pulumi.Output[str]:
        """The object's uid when it was last written."""
        value: pulumi.Output[str] = pulumi.get(self, "uid")
        return value

    @property
    @pulumi.getter(name="owner")
    def owner(self) -> pulumi.Output[str]:
        """The stack and resource that the object belongs to: `<project>/<stack>::<resource>`."""
        value: pulumi.Output[str] = pulumi.get(self, "owner")
        return value

    def translate_input_property(self, prop: str) -> str:
        return _PULUMI_NAMES.get(prop, prop)

    def translate_output_property(self, prop: str) -> str:
        return _PYTHON_NAMES.get(prop, prop)


class ClusterRole(_RbacObject):
    """A ClusterRole: what others add to it, a label that aggregates it included, is found and removed."""

    def __init__(
        self,
        resource_name: str,
        *,
        kubeconfig: pulumi.Input[str],
        metadata: Fields,
        rules: pulumi.Input[Sequence[Fields]] | None = None,
        aggregation_rule: Fields | None = None,
        adopt: pulumi.Input[bool] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Create a ClusterRole.

        Args:
            resource_name: the resource's name.
            kubeconfig: how the deployment reaches the cluster, as text. It is kept as a secret if it contains one.
            metadata: `name`, and if needed `labels` and `annotations`.
            rules: what the role allows.
            aggregation_rule: whose rules the role has, instead of rules of its own.
            adopt: take over an object of this name that exists already, instead of refusing.
            opts: the resource's options.
        """
        inputs = {
            "kubeconfig": kubeconfig,
            "metadata": metadata,
            "rules": rules,
            "aggregation_rule": aggregation_rule,
            "adopt": adopt,
        }
        super().__init__(CLUSTER_ROLE, resource_name, inputs, opts)


class Role(_RbacObject):
    """A Role: what others add to it is found and removed."""

    def __init__(
        self,
        resource_name: str,
        *,
        kubeconfig: pulumi.Input[str],
        metadata: Fields,
        rules: pulumi.Input[Sequence[Fields]] | None = None,
        adopt: pulumi.Input[bool] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Create a Role. `metadata` needs a `namespace`; all other arguments are those of `ClusterRole`."""
        inputs = {"kubeconfig": kubeconfig, "metadata": metadata, "rules": rules, "adopt": adopt}
        super().__init__(ROLE, resource_name, inputs, opts)


class ClusterRoleBinding(_RbacObject):
    """A ClusterRoleBinding: subjects that others add to it are found and removed."""

    def __init__(
        self,
        resource_name: str,
        *,
        kubeconfig: pulumi.Input[str],
        metadata: Fields,
        role_ref: Fields,
        subjects: pulumi.Input[Sequence[Fields]] | None = None,
        adopt: pulumi.Input[bool] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Create a ClusterRoleBinding.

        Args:
            resource_name: the resource's name.
            kubeconfig: how the deployment reaches the cluster, as text. It is kept as a secret if it contains one.
            metadata: `name`, and if needed `labels` and `annotations`.
            role_ref: the role that the binding gives: `kind` and `name`.
            subjects: who gets it: `kind`, `name`, and `namespace` of a service account.
            adopt: take over an object of this name that exists already, instead of refusing.
            opts: the resource's options.
        """
        super().__init__(
            CLUSTER_ROLE_BINDING, resource_name, _binding(kubeconfig, metadata, role_ref, subjects, adopt), opts
        )


class RoleBinding(_RbacObject):
    """A RoleBinding: subjects that others add to it are found and removed."""

    def __init__(
        self,
        resource_name: str,
        *,
        kubeconfig: pulumi.Input[str],
        metadata: Fields,
        role_ref: Fields,
        subjects: pulumi.Input[Sequence[Fields]] | None = None,
        adopt: pulumi.Input[bool] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Create a RoleBinding. `metadata` needs a `namespace`; the other arguments are a ClusterRoleBinding's."""
        super().__init__(ROLE_BINDING, resource_name, _binding(kubeconfig, metadata, role_ref, subjects, adopt), opts)


def _binding(kubeconfig: Any, metadata: Any, role_ref: Any, subjects: Any, adopt: Any) -> dict[str, Any]:
    return {
        "kubeconfig": kubeconfig,
        "metadata": metadata,
        "role_ref": role_ref,
        "subjects": subjects,
        "adopt": adopt,
    }
