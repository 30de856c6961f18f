"""An integration as a component resource: its role, and its access to each cluster."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar, cast

import pulumi
import pulumi_aws as aws

from ..arguments import ClusterArgs, checked
from ..description import ClusterPlace, Describe, Integration, Place
from ..errors import Refused
from ..manifest import integration_access
from ..placeholders import fill, map_texts, placeholder
from .binding import Binding
from .cluster_access import ClusterAccess
from .connection import complete, connect

POLICY_NAME = "eks-access"


class IntegrationComponent(pulumi.ComponentResource):
    """What every vendor's component is: a vendor gives only its arguments and its description."""

    own_clusters: ClassVar[bool] = False
    """Whether its clusters are declared with it, because they are none of the environment's EKS clusters."""

    role_arn: pulumi.Output[str]
    """The ARN of the integration's role."""
    role_name: pulumi.Output[str]
    """The name of the integration's role."""
    access: pulumi.Output[Mapping[str, Any]]
    """This integration's part of the access manifest."""

    def __init__(
        self,
        name: str,
        args: Mapping[str, Any],
        kind: type,
        describe: Describe,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        try:
            self._build(name, checked(args, kind), describe, opts)
        except Refused as refused:
            # A RunError ends the program with its message alone, without a stack trace.
            raise pulumi.RunError(f"{type(self).__name__} {name!r}: {refused}") from refused

    def _build(
        self, name: str, args: Mapping[str, Any], describe: Describe, opts: pulumi.ResourceOptions | None
    ) -> None:
        own = {key: value for key, value in args.items() if key not in ("clusters", "kubeconfig")}
        super().__init__(
            f"eks-access:index:{type(self).__name__}",
            name,
            {**own, "clusters": sorted(args["clusters"])},
            opts,
        )
        asking = pulumi.InvokeOptions(parent=self)
        clusters = {key: complete(cluster, f"clusters.{key}", asking) for key, cluster in args["clusters"].items()}
        binding = Binding()
        known = binding.take("args", own)
        place = self._place(name, clusters, binding, pulumi.InvokeOutputOptions(parent=self))
        integration = checked_description(describe, known, place)
        binding.gate(lambda values: checked_description(describe, filled(known, values), filled_place(place, values)))

        tags = {key: binding.text(value) for key, value in known.get("tags", {}).items()}
        role = self._create_role(name, integration, binding, tags)
        binding.take("role.arn", role.arn)
        policy = aws.iam.RolePolicy(
            name,
            name=POLICY_NAME,
            role=role.name,
            policy=binding.json(integration.role.policy()),
            opts=pulumi.ResourceOptions(parent=self),
        )
        for cluster in place.clusters:
            own_name = f"{name}-{cluster.key}"
            children = pulumi.ResourceOptions(parent=self)
            ClusterAccess(
                own_name,
                cluster,
                integration,
                role,
                connect(own_name, clusters[cluster.key], children),
                binding,
                place.partition,
                tags,
                pulumi.ResourceOptions(parent=self, depends_on=[policy]),
            )
        self.role_arn, self.role_name = role.arn, role.name
        connections = {
            key: binding.take(f"connection.{key}", (cluster["endpoint"], cluster["certificate_authority"]))
            for key, cluster in clusters.items()
        }
        self.manifest = binding.tree(integration_access(integration, place, connections))
        """The manifest's part as plain data with Outputs as leaves, so that only secret leaves are secret."""
        self.access = pulumi.Output.from_input(self.manifest)
        self.register_outputs({"role_arn": role.arn, "role_name": role.name, "access": self.manifest})

    def _place(
        self,
        name: str,
        clusters: Mapping[str, ClusterArgs],
        binding: Binding,
        asking: pulumi.InvokeOutputOptions,
    ) -> Place:
        partition = binding.take("partition", aws.get_partition_output(opts=asking).partition)
        account = binding.take("account", aws.get_caller_identity_output(opts=asking).account_id)
        return Place(
            name=name,
            partition=partition,
            account=account,
            role_arn=placeholder("role.arn"),
            clusters=tuple(
                _cluster_place(key, binding.take(f"clusters.{key}.name", cluster["name"]), cluster, partition, account)
                for key, cluster in clusters.items()
            ),
        )

    def _create_role(
        self, name: str, integration: Integration, binding: Binding, tags: Mapping[str, pulumi.Input[str]]
    ) -> aws.iam.Role:
        role = integration.role
        return aws.iam.Role(
            name,
            name=role.name,
            path=role.path,
            description=role.description,
            max_session_duration=role.max_session_seconds,
            permissions_boundary=None if role.permissions_boundary is None else binding.text(role.permissions_boundary),
            assume_role_policy=binding.json(role.trust_policy()),
            tags=dict(tags),
            opts=pulumi.ResourceOptions(parent=self),
        )


def _cluster_place(key: str, name: str, args: ClusterArgs, partition: str, account: str) -> ClusterPlace:
    region = args["region"]
    arn = f"arn:{partition}:eks:{region}:{account}:cluster/{name}"
    return ClusterPlace(key=key, name=name, region=region, arn=arn, mode=args["authentication_mode"])


def checked_description(describe: Describe, args: Mapping[str, Any], place: Place) -> Integration:
    integration = describe(args, place)
    integration.check_clusters(place)
    return integration


def filled(tree: Mapping[str, Any], values: Mapping[str, str]) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", map_texts(tree, lambda text: fill(text, values)))


def filled_place(place: Place, values: Mapping[str, str]) -> Place:
    def put(text: str) -> str:
        return fill(text, values)

    return dataclasses.replace(
        place,
        partition=put(place.partition),
        account=put(place.account),
        clusters=tuple(
            dataclasses.replace(cluster, name=put(cluster.name), arn=put(cluster.arn)) for cluster in place.clusters
        ),
    )
