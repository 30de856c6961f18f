"""The Pulumi resource: a cluster's registration with EKS Connector.

It is served by the plugin `pulumi-resource-eks-access` (`eks_access.provider`); `eks-access plugin install` puts that
where the engine finds it.
"""

from collections.abc import Mapping
from typing import Any

import pulumi

TOKEN = "eks-access:index:ConnectorRegistration"

_PULUMI_NAMES = {
    "role_arn": "roleArn",
    "cluster_provider": "clusterProvider",
    "ensure_service_linked_role": "ensureServiceLinkedRole",
    "activation_id": "activationId",
    "activation_code": "activationCode",
    "activation_expiry": "activationExpiry",
}
_PYTHON_NAMES = {pulumi_name: name for name, pulumi_name in _PULUMI_NAMES.items()}


class ConnectorRegistration(pulumi.CustomResource):
    """A cluster outside of EKS, registered with Amazon EKS Connector.

    EKS returns the activation code once, when the cluster is registered; it is kept as a secret. An activation that
    expires (after three days) before an agent has used it is replaced by the next `up`. Destroying deregisters the
    cluster.

    Import it with the id `<region>/<name>`; its activation code is then not known, so it has to be connected already.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        name: pulumi.Input[str],
        role_arn: pulumi.Input[str],
        cluster_provider: pulumi.Input[str],
        region: pulumi.Input[str],
        tags: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        limit: pulumi.Input[int] | None = None,
        ensure_service_linked_role: pulumi.Input[bool] | None = None,
        endpoint: pulumi.Input[str] | None = None,
        profile: pulumi.Input[str] | None = None,
        account: pulumi.Input[str] | None = None,
        adopt: pulumi.Input[bool] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Register a cluster.

        Args:
            resource_name: the resource's name.
            name: the cluster's name in EKS: letters, digits, - and _.
            role_arn: the role of the agent, which trusts ssm.amazonaws.com.
            cluster_provider: what kind of cluster it is; one of `ClusterProvider`.
            region: the AWS region to register in.
            tags: the registration's tags.
            limit: how many connected clusters the region may have; 10, unless AWS raised the quota for you.
            ensure_service_linked_role: create EKS Connector's service-linked role first if the account has none; it
                is never deleted. Without this, AWS creates it when the first cluster is registered.
            endpoint: the AWS endpoint; the AWS SDK's own settings apply if it is left out.
            profile: the AWS profile; the environment's credentials are used if it is left out.
            account: the account to register in: credentials of any other are refused.
            adopt: take over a registration of this name with the same role and provider that is connected already,
                instead of refusing.
            opts: the resource's options.
        """
        inputs: dict[str, Any] = {
            "name": name,
            "role_arn": role_arn,
            "cluster_provider": cluster_provider,
            "region": region,
            "tags": tags,
            "limit": limit,
            "ensure_service_linked_role": ensure_service_linked_role,
            "endpoint": endpoint,
            "profile": profile,
            "account": account,
            "adopt": adopt,
            "arn": None,
            "activation_id": None,
            "activation_code": None,
            "activation_expiry": None,
            "status": None,
        }
        secret = pulumi.ResourceOptions(additional_secret_outputs=["activation_code"])
        super().__init__(TOKEN, resource_name, inputs, pulumi.ResourceOptions.merge(opts, secret))

    @property
    @pulumi.getter(name="arn")
    def arn(self) -> pulumi.Output[str]:
        """The connected cluster's ARN."""
        value: pulumi.Output[str] = pulumi.get(self, "arn")
        return value

    @property
    @pulumi.getter(name="activationId")
    def activation_id(self) -> pulumi.Output[str]:
        """The activation that the agent registers itself with."""
        value: pulumi.Output[str] = pulumi.get(self, "activation_id")
        return value

    @property
    @pulumi.getter(name="activationCode")
    def activation_code(self) -> pulumi.Output[str | None]:
        """The activation's code, a secret; None for an imported registration."""
        value: pulumi.Output[str | None] = pulumi.get(self, "activation_code")
        return value

    @property
    @pulumi.getter(name="activationExpiry")
    def activation_expiry(self) -> pulumi.Output[str]:
        """When the activation expires if no agent has used it (ISO 8601)."""
        value: pulumi.Output[str] = pulumi.get(self, "activation_expiry")
        return value

    @property
    @pulumi.getter(name="status")
    def status(self) -> pulumi.Output[str]:
        """The status when it was registered or last refreshed."""
        value: pulumi.Output[str] = pulumi.get(self, "status")
        return value

    def translate_input_property(self, prop: str) -> str:
        return _PULUMI_NAMES.get(prop, prop)

    def translate_output_property(self, prop: str) -> str:
        return _PYTHON_NAMES.get(prop, prop)
