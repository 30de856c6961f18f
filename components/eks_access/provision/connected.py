"""An integration whose clusters are not of EKS: the agent's role, and each cluster registered and equipped."""

import base64
from collections.abc import Mapping
from typing import Any, ClassVar

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
from pulumi_kubernetes.apps import v1 as apps
from pulumi_kubernetes.core import v1 as core
from pulumi_kubernetes.rbac import v1 as rbac

from .. import rbac as rules
from ..connector import kubeconfig, objects
from ..connector.objects import Agent
from ..connector.resource import ConnectorRegistration
from ..connector.viewers import viewer_arn
from ..description import ClusterPlace, Describe, Integration, Place
from ..errors import Refused
from ..identity import AuthenticationMode
from ..manifest import integration_access
from ..placeholders import placeholder
from .binding import Binding
from .integration import POLICY_NAME, IntegrationComponent, checked_description, filled, filled_place

_KINDS: Mapping[str, Any] = {
    "ClusterRole": rbac.ClusterRole,
    "ClusterRoleBinding": rbac.ClusterRoleBinding,
    "ConfigMap": core.ConfigMap,
    "Namespace": core.Namespace,
    "Role": rbac.Role,
    "RoleBinding": rbac.RoleBinding,
    "Secret": core.Secret,
    "ServiceAccount": core.ServiceAccount,
    "StatefulSet": apps.StatefulSet,
}
_SNAKE = {"roleRef": "role_ref", "automountServiceAccountToken": "automount_service_account_token"}
_AGENT = ("connector_image", "agent_image", "replicas", "node_selector")
_ELSEWHERE = ("kubeconfig", "kubeconfig_file", "kubernetes_provider")


class ConnectedCluster(pulumi.ComponentResource):
    """One cluster: its registration, the connector's objects in it, and its viewers' rights."""

    registration: ConnectorRegistration

    def __init__(
        self,
        name: str,
        cluster: ClusterPlace,
        integration: Integration,
        provider: kubernetes.Provider,
        registration: Mapping[str, Any],
        agent: Mapping[str, Any],
        binding: Binding,
        opts: pulumi.ResourceOptions,
    ) -> None:
        super().__init__("eks-access:index:ConnectedCluster", name, {"cluster": registration["name"]}, opts)
        self._name, self._provider, self._binding = name, provider, binding
        self.registration = ConnectorRegistration(name, **registration, opts=pulumi.ResourceOptions(parent=self))
        key = f"registration.{cluster.key}"
        code = self.registration.activation_code.apply(lambda code: base64.b64encode((code or "").encode()).decode())
        told = Agent(
            region=cluster.region,
            activation_id=binding.take(f"{key}.id", self.registration.activation_id),
            activation_code=binding.take(f"{key}.code", code),
            **agent,
        )
        labels = {
            "app.kubernetes.io/managed-by": rules.MANAGED_BY,
            "app.kubernetes.io/part-of": integration.vendor,
        }
        namespace = self._create(objects.namespace(labels), [])
        equipment = [self._create(found, [namespace]) for found in objects.objects(told, labels)]
        rights = [
            self._create(found, [namespace])
            for grant in integration.grants
            for found in rules.objects(grant, labels=labels)
        ]
        self._create(objects.stateful_set(told, labels), [*equipment, *rights])
        self.register_outputs({})

    def _create(self, found: rules.RbacObject, after: list[pulumi.Resource]) -> pulumi.Resource:
        body = {_SNAKE.get(key, key): self._binding.tree(part) for key, part in found.body.items()}
        options = pulumi.ResourceOptions(parent=self, provider=self._provider, depends_on=after)
        resource: pulumi.Resource = _KINDS[found.kind](f"{self._name}-{found.key}", **body, opts=options)
        return resource


class ConnectorComponent(IntegrationComponent):
    """An integration over clusters of its own, which are connected to EKS rather than being of it."""

    own_clusters: ClassVar[bool] = True

    def _build(
        self, name: str, args: Mapping[str, Any], describe: Describe, opts: pulumi.ResourceOptions | None
    ) -> None:
        own = {key: value for key, value in args.items() if key != "clusters"}
        own["viewers"] = {key: _with_plain_arn(key, given) for key, given in own.get("viewers", {}).items()}
        inputs = {**own, "clusters": sorted(args["clusters"])}
        super(IntegrationComponent, self).__init__(f"eks-access:index:{type(self).__name__}", name, inputs, opts)
        asking = pulumi.InvokeOutputOptions(parent=self)
        ways_in = {key: _way_in(f"clusters.{key}", given) for key, given in args["clusters"].items()}
        binding = Binding()
        known = binding.take("args", own)
        place = self._place_of(name, args["clusters"], binding, asking)
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
            given, own_name = args["clusters"][cluster.key], f"{name}-{cluster.key}"
            provider = given.get("kubernetes_provider") or kubernetes.Provider(
                own_name, kubeconfig=ways_in[cluster.key][0], opts=pulumi.ResourceOptions(parent=self)
            )
            registration = {
                "name": given["name"],
                "role_arn": role.arn,
                "cluster_provider": given["provider"].value,
                "region": cluster.region,
                "tags": tags or None,
                "limit": own.get("registration_limit"),
                "ensure_service_linked_role": own.get("ensure_service_linked_role"),
                "endpoint": own.get("endpoint"),
                "profile": own.get("aws_profile"),
                "account": binding.text(place.account),
            }
            agent = {option: own[option] for option in _AGENT if option in own}
            children = pulumi.ResourceOptions(parent=self, depends_on=[policy])
            ConnectedCluster(own_name, cluster, integration, provider, registration, agent, binding, children)
        self.role_arn, self.role_name = role.arn, role.name
        connections = {key: binding.take(f"connection.{key}", way[1]) for key, way in ways_in.items()}
        self.manifest = binding.tree(integration_access(integration, place, connections))
        self.access = pulumi.Output.from_input(self.manifest)
        self.register_outputs({"role_arn": role.arn, "role_name": role.name, "access": self.manifest})

    def _place_of(
        self, name: str, clusters: Mapping[str, Any], binding: Binding, asking: pulumi.InvokeOutputOptions
    ) -> Place:
        partition = binding.take("partition", aws.get_partition_output(opts=asking).partition)
        account = binding.take("account", aws.get_caller_identity_output(opts=asking).account_id)
        default = ""
        if any("region" not in given for given in clusters.values()):
            default = aws.get_region(opts=pulumi.InvokeOptions(parent=self)).region

        def place(key: str, given: Mapping[str, Any]) -> ClusterPlace:
            called, region = binding.take(f"clusters.{key}.name", given["name"]), given.get("region", default)
            arn = f"arn:{partition}:eks:{region}:{account}:cluster/{called}"
            return ClusterPlace(key, called, region, arn, AuthenticationMode.CONFIG_MAP, connected=True)

        return Place(
            name=name,
            partition=partition,
            account=account,
            role_arn=placeholder("role.arn"),
            clusters=tuple(place(key, given) for key, given in clusters.items()),
        )


def _with_plain_arn(key: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
    arn, property = given["arn"], f"viewers.{key}.arn"
    if isinstance(arn, str):
        return {**given, "arn": viewer_arn(property, arn)}
    return {**given, "arn": pulumi.Output.from_input(arn).apply(lambda known: viewer_arn(property, known))}


def _way_in(path: str, given: Mapping[str, Any]) -> tuple[pulumi.Input[str], Any]:
    """The kubeconfig, a secret, and the address and certificate authority in it, which are none.

    Raises:
        Refused: there is no kubeconfig, or one that leads nowhere.
    """
    text = given.get("kubeconfig")
    if (text is None) == ("kubeconfig_file" not in given):
        raise Refused(path, None, "needs either `kubeconfig` or `kubeconfig_file`")
    if text is None:
        text = kubeconfig.read_file(f"{path}.kubeconfig_file", given["kubeconfig_file"])
    if isinstance(text, str):
        return pulumi.Output.secret(text), kubeconfig.address(path, text)
    secret = pulumi.Output.secret(text)
    found = pulumi.Output.unsecret(secret).apply(lambda known: list(kubeconfig.address(path, known)))
    return secret, (found.apply(lambda each: each[0]), found.apply(lambda each: each[1]))
