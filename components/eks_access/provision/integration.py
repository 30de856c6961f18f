"""An integration as a component resource: its role, and its access to each cluster."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, cast

import pulumi
import pulumi_aws as aws

from ..errors import InvalidInputError
from ..manifest.build import integration_access
from ..model.identity import AuthenticationMode
from ..model.integration import ClusterPlace, Describe, Integration, Place, Profile
from ..model.placeholders import fill, map_texts, placeholder
from ..model.tags import validate_tags
from .arguments import validate_arguments
from .cluster_access import ClusterAccess
from .connection import complete, connect
from .output_bindings import Binding
from .role import ActingRole, existing_role

POLICY_NAME = "eks-access"


@dataclasses.dataclass(frozen=True)
class Provisioned:
    """What there is of an integration once, for all of its clusters. `args` are its own, as they were given."""

    integration: Integration
    place: Place
    role: ActingRole
    rights: Sequence[pulumi.Resource]
    """What gives the role its rights in AWS; nothing, where they are its owner's."""
    binding: Binding
    tags: Mapping[str, pulumi.Input[str]]
    args: Mapping[str, Any]


class IntegrationComponent(pulumi.ComponentResource):
    """What every vendor's component is: a vendor gives only its arguments and its description."""

    # Without an annotation: Pulumi's inference takes annotated attributes for outputs, and fails on a ClassVar.
    secret_arguments = tuple[str, ...]()
    """The arguments, by their paths, that are secret by their nature, whether or not they were given as secrets."""

    own_clusters = False
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
            self._build(name, validate_arguments(args, kind), describe, opts)
        except InvalidInputError as refused:
            # A RunError ends the program with its message alone, without a stack trace.
            raise pulumi.RunError(f"{type(self).__name__} {name!r}: {refused}") from refused

    def _build(
        self, name: str, args: Mapping[str, Any], describe: Describe, opts: pulumi.ResourceOptions | None
    ) -> None:
        own = self._own_arguments(args)
        for path in self.secret_arguments:
            own = _hidden(own, path.split("."))
        super().__init__(
            f"eks-access:index:{type(self).__name__}",
            name,
            {**own, "clusters": sorted(args["clusters"])},
            opts,
        )
        clusters = self._complete(args["clusters"])
        binding = Binding()
        known = binding.take("args", own)
        connections = {
            key: binding.take(f"connection.{key}", (cluster["endpoint"], cluster["certificate_authority"]))
            for key, cluster in clusters.items()
        }
        place = self._place(name, clusters, connections, binding)
        integration = _describe_validated(describe, known, place)
        binding.gate(lambda values: _describe_validated(describe, _filled(known, values), _filled_place(place, values)))

        tags = {key: binding.text(value) for key, value in known.get("tags", {}).items()}
        role, rights = self._acting_role(name, integration, binding, tags)
        binding.take("role.arn", role.arn)
        binding.take("existing_role.name", role.name)
        made = Provisioned(integration, place, role, rights, binding, tags, own)
        for cluster in place.clusters:
            self._create_cluster(f"{name}-{cluster.key}", cluster, clusters[cluster.key], made)
        self.role_arn, self.role_name = role.arn, role.name
        manifest = integration_access(integration, place, connections, _other_profile(describe, known, place))
        self.manifest = binding.tree(manifest)
        """The manifest's part as plain data with Outputs as leaves, so that only secret leaves are secret."""
        self.access = binding.whole(manifest)
        self.register_outputs({"role_arn": role.arn, "role_name": role.name, "access": self.manifest})

    def _own_arguments(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments apart from the clusters."""
        return {key: value for key, value in args.items() if key not in ("clusters", "kubeconfig")}

    def _complete(self, clusters: Mapping[str, Any]) -> Mapping[str, Any]:
        """The clusters' arguments with everything that was not given."""
        asking = pulumi.InvokeOptions(parent=self)
        return {key: complete(cluster, f"clusters.{key}", asking) for key, cluster in clusters.items()}

    def _create_cluster(self, name: str, cluster: ClusterPlace, args: Any, made: Provisioned) -> None:
        ClusterAccess(
            name,
            cluster,
            made.integration,
            made.role,
            connect(name, args, pulumi.ResourceOptions(parent=self)),
            made.binding,
            made.place.partition,
            made.tags,
            pulumi.ResourceOptions(parent=self, depends_on=list(made.rights)),
        )

    def _place(
        self,
        name: str,
        clusters: Mapping[str, Any],
        connections: Mapping[str, tuple[str, str]],
        binding: Binding,
    ) -> Place:
        asking = pulumi.InvokeOutputOptions(parent=self)
        partition = binding.take("partition", aws.get_partition_output(opts=asking).partition)
        account = binding.take("account", aws.get_caller_identity_output(opts=asking).account_id)
        return Place(
            name=name,
            partition=partition,
            account=account,
            role_arn=placeholder("role.arn"),
            clusters=tuple(
                _cluster_place(
                    key,
                    binding.take(f"clusters.{key}.name", cluster["name"]),
                    cluster,
                    connections[key],
                    partition,
                    account,
                )
                for key, cluster in clusters.items()
            ),
        )

    def _acting_role(
        self,
        name: str,
        integration: Integration,
        binding: Binding,
        tags: Mapping[str, pulumi.Input[str]],
    ) -> tuple[ActingRole, list[pulumi.Resource]]:
        """The role, and what gives it its rights in AWS: of an existing one both are its owner's."""
        if integration.role.existing_arn is not None:
            asking = pulumi.InvokeOptions(parent=self)
            return existing_role(binding.text(integration.role.existing_arn), asking), []
        role = self._create_role(name, integration, binding, tags)
        policy = aws.iam.RolePolicy(
            name,
            name=POLICY_NAME,
            role=role.name,
            policy=binding.json(integration.role.policy()),
            opts=pulumi.ResourceOptions(parent=self),
        )
        return role, [policy]

    def _create_role(
        self, name: str, integration: Integration, binding: Binding, tags: Mapping[str, pulumi.Input[str]]
    ) -> aws.iam.Role:
        role = integration.role
        return aws.iam.Role(
            name,
            name=binding.text(role.name),
            path=role.path,
            description=role.description,
            max_session_duration=role.max_session_seconds,
            permissions_boundary=None if role.permissions_boundary is None else binding.text(role.permissions_boundary),
            assume_role_policy=binding.json(role.trust_policy()),
            tags=dict(tags),
            opts=pulumi.ResourceOptions(parent=self),
        )


def _hidden(args: Mapping[str, Any], path: list[str]) -> dict[str, Any]:
    """The arguments with the one at `path`, if it was given, as a secret."""
    key, *rest = path
    if key not in args:
        return dict(args)
    return {**args, key: _hidden(args[key], rest) if rest else pulumi.Output.secret(args[key])}


def _cluster_place(
    key: str, name: str, args: Mapping[str, Any], connection: tuple[str, str], partition: str, account: str
) -> ClusterPlace:
    region = args["region"]
    arn = f"arn:{partition}:eks:{region}:{account}:cluster/{name}"
    # Only a cluster outside of EKS has no authentication mode.
    mode = args.get("authentication_mode", AuthenticationMode.CONFIG_MAP)
    return ClusterPlace(key, name, region, arn, mode, *connection, connected="authentication_mode" not in args)


def _describe_validated(describe: Describe, args: Mapping[str, Any], place: Place) -> Integration:
    validate_tags("tags", args.get("tags", {}))
    integration = describe(args, place)
    integration.check_place(place)
    return integration


def _other_profile(describe: Describe, args: Mapping[str, Any], place: Place) -> Integration | None:
    """The same integration in the profile that was not chosen, so that a review can tell the difference."""
    chosen = args.get("profile", Profile.LEAST)
    other = Profile.LEAST if chosen is Profile.VENDOR else Profile.VENDOR
    try:
        return describe({**args, "profile": other}, place)
    except InvalidInputError:
        return None


def _filled(tree: Mapping[str, Any], values: Mapping[str, str]) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", map_texts(tree, lambda text: fill(text, values)))


def _filled_place(place: Place, values: Mapping[str, str]) -> Place:
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
