"""The Pulumi resource: one role's mapping in a cluster's aws-auth, merged in and removed again.

It is served by the plugin `pulumi-resource-eks-access` (`eks_access.provider`); `eks-access plugin install` puts that
where the engine finds it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

TOKEN = "eks-access:index:AwsAuthMapping"

_PULUMI_NAMES = {"cluster_name": "clusterName", "role_arn": "roleArn"}
_PYTHON_NAMES = {pulumi_name: name for name, pulumi_name in _PULUMI_NAMES.items()}


class AwsAuthMapping(pulumi.CustomResource):
    """One role's mapping in `kube-system/aws-auth`.

    Only this entry is written, and only if what the authenticator reads for all other principals stays the same.
    Destroying removes exactly what was written; an entry that was changed since, or that was there before, is left,
    with a warning.

    Import it with the id `<cluster name>/<role ARN>`; the kubeconfig is then read from the file that the environment
    variable KUBECONFIG names.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        kubeconfig: pulumi.Input[str],
        cluster_name: pulumi.Input[str],
        role_arn: pulumi.Input[str],
        username: pulumi.Input[str],
        groups: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
        adopt: pulumi.Input[bool] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Map a role.

        Args:
            resource_name: the resource's name.
            kubeconfig: how the deployment reaches the cluster, as text. It is kept as a secret if it contains one.
            cluster_name: the cluster's name; part of the resource's id.
            role_arn: the role, with or without its path.
            username: the username that the role gets; `{{SessionName}}`, `{{SessionNameRaw}}`, `{{AccountID}}` and
                `{{AccessKeyID}}` are replaced when it signs in.
            groups: the groups that the role gets.
            adopt: take over an existing mapping of this role: replace one with other values, instead of refusing, and
                remove it in the end.
            opts: the resource's options.
        """
        inputs: dict[str, Any] = {
            "kubeconfig": kubeconfig,
            "cluster_name": cluster_name,
            "role_arn": role_arn,
            "username": username,
            "groups": [] if groups is None else groups,
            "adopt": False if adopt is None else adopt,
            "mapping": None,
            "written": None,
            "warnings": None,
        }
        super().__init__(TOKEN, resource_name, inputs, opts)

    @property
    @pulumi.getter(name="clusterName")
    def cluster_name(self) -> pulumi.Output[str]:
        """The cluster's name."""
        value: pulumi.Output[str] = pulumi.get(self, "cluster_name")
        return value

    @property
    @pulumi.getter(name="roleArn")
    def role_arn(self) -> pulumi.Output[str]:
        """The role's ARN as in the inputs."""
        value: pulumi.Output[str] = pulumi.get(self, "role_arn")
        return value

    @property
    @pulumi.getter(name="username")
    def username(self) -> pulumi.Output[str]:
        """The role's username in Kubernetes."""
        value: pulumi.Output[str] = pulumi.get(self, "username")
        return value

    @property
    @pulumi.getter(name="groups")
    def groups(self) -> pulumi.Output[Sequence[str]]:
        """The role's groups in Kubernetes."""
        value: pulumi.Output[Sequence[str]] = pulumi.get(self, "groups")
        return value

    @property
    @pulumi.getter(name="adopt")
    def adopt(self) -> pulumi.Output[bool]:
        """Whether an existing mapping of the role may be replaced."""
        value: pulumi.Output[bool] = pulumi.get(self, "adopt")
        return value

    @property
    @pulumi.getter(name="mapping")
    def mapping(self) -> pulumi.Output[Mapping[str, Any]]:
        """The entry as it was written: `rolearn` (without a path, as STS reports it), `username` and `groups`."""
        value: pulumi.Output[Mapping[str, Any]] = pulumi.get(self, "mapping")
        return value

    @property
    @pulumi.getter(name="written")
    def written(self) -> pulumi.Output[bool]:
        """Whether this resource wrote the entry, and so removes it. False if the same mapping was there before."""
        value: pulumi.Output[bool] = pulumi.get(self, "written")
        return value

    @property
    @pulumi.getter(name="warnings")
    def warnings(self) -> pulumi.Output[Sequence[str]]:
        """Hazards and other warnings about aws-auth when the entry was written."""
        value: pulumi.Output[Sequence[str]] = pulumi.get(self, "warnings")
        return value

    def translate_input_property(self, prop: str) -> str:
        return _PULUMI_NAMES.get(prop, prop)

    def translate_output_property(self, prop: str) -> str:
        return _PYTHON_NAMES.get(prop, prop)
