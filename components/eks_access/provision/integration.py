"""An integration as a component resource: its role, and its access to each cluster."""

import dataclasses
from collections.abc import Mapping
from typing import Any, cast

import pulumi
import pulumi_aws as aws

from ..errors import InvalidInputError
from ..manifest.build import build_integration_access
from ..model.iam import compact, compact_text
from ..model.identity import AuthenticationMode, EntryMethod
from ..model.integration import ClusterPlace, Describe, Integration, Place, Role, describe_other_profile
from ..model.placeholders import fill, map_texts, placeholder
from ..model.tags import validate_tags
from .arguments import validate_arguments
from .cluster_access import ClusterAccess
from .connection import complete_clusters, connect
from .engine import require_replacement_trigger
from .invokes import read_account
from .output_bindings import OutputBindings
from .provisioned import Provisioned
from .role import ActingRole, read_existing_role

POLICY_NAME = "eks-access"


class IntegrationComponent(pulumi.ComponentResource):
    """The base of every vendor's component; a vendor adds only its arguments and its `describe` function."""

    # Without an annotation: Pulumi's inference takes annotated attributes for outputs, and fails on a ClassVar.
    secret_arguments = tuple[str, ...]()
    """Paths of the arguments that are always secret, whether or not they were given as secrets."""

    own_clusters = False
    """Whether its clusters are declared with it, because they are not among the environment's EKS clusters."""

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
        except InvalidInputError as invalid:
            # A RunError ends the program with its message alone, without a stack trace.
            raise pulumi.RunError(f"{type(self).__name__} {name!r}: {invalid}") from invalid

    def _build(
        self, name: str, args: Mapping[str, Any], describe: Describe, opts: pulumi.ResourceOptions | None
    ) -> None:
        own = self._own_arguments(args)
        for path in self.secret_arguments:
            own = _as_secret(own, path.split("."))
        super().__init__(
            f"eks-access:index:{type(self).__name__}",
            name,
            {**own, "clusters": sorted(args["clusters"])},
            opts,
        )
        clusters = self._complete(args["clusters"])
        bindings = OutputBindings()
        known = bindings.capture("args", own)
        place = self._place(name, clusters, bindings)
        integration = _describe_validated(describe, known, place)
        if any(cluster.method is EntryMethod.ACCESS_ENTRY for cluster in place.clusters):
            require_replacement_trigger()
        bindings.validate_before_use(
            lambda values: _validate_late(
                integration, _describe_validated(describe, _filled(known, values), _filled_place(place, values)), values
            )
        )
        tags = {key: bindings.fill_text(value) for key, value in known.get("tags", {}).items()}
        role, policies = self._provide_role(name, integration, place, bindings, tags)
        provisioned = Provisioned(integration, place, role, policies, bindings, tags, own)
        for cluster in place.clusters:
            self._create_cluster(f"{name}-{cluster.key}", cluster, clusters[cluster.key], provisioned)
        self._register_outputs(provisioned, describe_other_profile(describe, known, place))

    def _own_arguments(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments apart from the clusters."""
        return {key: value for key, value in args.items() if key not in ("clusters", "kubeconfig")}

    def _complete(self, clusters: Mapping[str, Any]) -> Mapping[str, Any]:
        """The clusters' arguments, with defaults for those that were not given."""
        return complete_clusters(clusters, pulumi.InvokeOptions(parent=self))

    def _place(self, name: str, clusters: Mapping[str, Any], bindings: OutputBindings) -> Place:
        """The place that the integration is deployed in, with placeholders for values that are not known yet."""
        connections = {
            key: bindings.capture(f"connection.{key}", (cluster["endpoint"], cluster["certificate_authority"]))
            for key, cluster in clusters.items()
        }
        read = read_account(pulumi.InvokeOutputOptions(parent=self))
        partition = bindings.capture("partition", read.partition)
        account = bindings.capture("account", read.id)
        return Place(
            name=name,
            partition=partition,
            account=account,
            role_arn=placeholder("role.arn"),
            clusters=tuple(
                _cluster_place(
                    key,
                    bindings.capture(f"clusters.{key}.name", cluster["name"]),
                    cluster,
                    connections[key],
                    bindings.capture(f"clusters.{key}.oidc_issuer", cluster.get("oidc_issuer", "")),
                    partition,
                    account,
                )
                for key, cluster in clusters.items()
            ),
        )

    def _provide_role(
        self,
        name: str,
        integration: Integration,
        place: Place,
        bindings: OutputBindings,
        tags: Mapping[str, pulumi.Input[str]],
    ) -> tuple[ActingRole, list[pulumi.Resource]]:
        """The role and its policies, created; an existing role is read instead, and its policies are its owner's."""
        role: ActingRole
        policies: list[pulumi.Resource] = []
        if integration.role.existing_arn is None:
            role = self._create_role(name, integration.role, bindings, tags)
            policies.append(
                aws.iam.RolePolicy(
                    name,
                    name=POLICY_NAME,
                    role=role.name,
                    policy=bindings.fill_json(integration.role.policy()),
                    opts=pulumi.ResourceOptions(parent=self),
                )
            )
            policies += [
                aws.iam.RolePolicyAttachment(
                    f"{name}-{managed.name.replace('/', '-')}",
                    role=role.name,
                    policy_arn=bindings.fill_text(managed.arn(place.partition)),
                    opts=pulumi.ResourceOptions(parent=self),
                )
                for managed in integration.role.managed_policies
            ]
        else:
            arn = bindings.fill_text(integration.role.existing_arn)
            role = read_existing_role(arn, pulumi.InvokeOptions(parent=self))
        bindings.capture("role.arn", role.arn)
        bindings.capture("existing_role.name", role.name)
        return role, policies

    def _create_role(
        self, name: str, role: Role, bindings: OutputBindings, tags: Mapping[str, pulumi.Input[str]]
    ) -> "aws.iam.Role":
        boundary = role.permissions_boundary
        return aws.iam.Role(
            name,
            name=bindings.fill_text(role.name),
            path=role.path,
            description=role.description,
            max_session_duration=role.max_session_seconds,
            permissions_boundary=None if boundary is None else bindings.fill_text(boundary),
            assume_role_policy=bindings.fill_json(role.trust_policy()),
            tags=dict(tags),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_cluster(self, name: str, cluster: ClusterPlace, args: Any, provisioned: Provisioned) -> None:
        adopt = bool(provisioned.args.get("adopt"))
        connection = connect(name, f"clusters.{cluster.key}", args, pulumi.ResourceOptions(parent=self), adopt=adopt)
        opts = pulumi.ResourceOptions(parent=self, depends_on=list(provisioned.role_policies))
        ClusterAccess(name, provisioned, cluster, connection, opts)

    def _register_outputs(self, provisioned: Provisioned, other_profile: Integration | None) -> None:
        role, place, bindings = provisioned.role, provisioned.place, provisioned.bindings
        self.role_arn, self.role_name = role.arn, role.name
        connections = {cluster.key: (cluster.endpoint, cluster.certificate_authority) for cluster in place.clusters}
        manifest = build_integration_access(provisioned.integration, place, connections, other_profile)
        self.manifest = bindings.fill_tree(manifest)
        """The manifest's part as plain data with Outputs as leaves, so that only secret leaves are secret."""
        self.access = bindings.fill_as_one(manifest)
        # Without `access`: the engine writes the whole state at every step, and the stack exports the manifest once.
        self.register_outputs({"role_arn": role.arn, "role_name": role.name})


def _as_secret(args: Mapping[str, Any], path: list[str]) -> dict[str, Any]:
    """The arguments with the one at `path`, if it was given, as a secret."""
    key, *rest = path
    if key not in args:
        return dict(args)
    return {**args, key: _as_secret(args[key], rest) if rest else pulumi.Output.secret(args[key])}


def _cluster_place(
    key: str,
    name: str,
    args: Mapping[str, Any],
    connection: tuple[str, str],
    oidc_issuer: str,
    partition: str,
    account: str,
) -> ClusterPlace:
    region = args["region"]
    arn = f"arn:{partition}:eks:{region}:{account}:cluster/{name}"
    # Only a cluster outside of EKS has no authentication mode.
    mode = args.get("authentication_mode", AuthenticationMode.CONFIG_MAP)
    connected = "authentication_mode" not in args
    return ClusterPlace(key, name, region, arn, mode, *connection, oidc_issuer=oidc_issuer, connected=connected)


def _describe_validated(describe: Describe, args: Mapping[str, Any], place: Place) -> Integration:
    validate_tags("tags", args.get("tags", {}))
    integration = describe(args, place)
    integration.validate_place(place)
    return integration


def _validate_late(integration: Integration, completed: Integration, values: Mapping[str, str]) -> None:
    """Validates that a value that became known late is only filled in, and does not change what else was decided.

    Raises:
        InvalidInputError: the trust policy would be another one, as a pattern needs another operator than a text.
    """
    escaped = {key: compact_text(value) for key, value in values.items()}
    deployed = fill(compact(integration.role.trust_policy()), escaped)
    if compact(completed.role.trust_policy()) != deployed:
        (key,) = values
        raise InvalidInputError(
            key.removeprefix("args."),
            None,
            "decides about the form of the trust policy, and became known only after that was written",
            "Give it as a plain text, or an Output only for the part of it that is a name.",
        )


def _filled(tree: Mapping[str, Any], values: Mapping[str, str]) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", map_texts(tree, lambda text: fill(text, values)))


def _filled_place(place: Place, values: Mapping[str, str]) -> Place:
    clusters = (
        dataclasses.replace(
            cluster,
            name=fill(cluster.name, values),
            arn=fill(cluster.arn, values),
            oidc_issuer=fill(cluster.oidc_issuer, values),
        )
        for cluster in place.clusters
    )
    return dataclasses.replace(
        place, partition=fill(place.partition, values), account=fill(place.account, values), clusters=tuple(clusters)
    )
