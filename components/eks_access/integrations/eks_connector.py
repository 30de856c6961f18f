"""Amazon EKS Connector: registers clusters outside of EKS and shows them in the EKS console to the named viewers."""

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NotRequired

import pulumi
from typing_extensions import TypedDict

from ..connector import objects, validation
from ..connector.found_viewers import derive_viewers
from ..connector.objects import NAME, NAMESPACE, STATE_SECRETS, Agent
from ..connector.validation import ClusterProvider
from ..connector.viewers import Viewer, build_viewer, build_viewer_grants
from ..derivation.trust import ASSUME_ROLE
from ..derivation.values import ArgumentCollector
from ..errors import InvalidInputError
from ..model.arn import parse
from ..model.expectations import ABSENT, AwsCall, KubernetesCall, aws_baseline, baseline, combine_expectations
from ..model.found import DerivedArguments, FoundAccess
from ..model.iam import Statement
from ..model.identity import service_account
from ..model.integration import (
    ClusterPlace,
    Field,
    Handoff,
    Integration,
    Place,
    Profile,
    Role,
    role_name,
    role_options,
)
from ..model.marks import Marks
from ..model.partitions import partition_of, service_host
from ..model.placeholders import is_known, placeholder
from ..model.trust import Service
from ..provision.arguments import IntegrationOptions
from ..provision.connected_cluster import ConnectorComponent

if TYPE_CHECKING:
    import pulumi_kubernetes as kubernetes

MARKS = Marks("EKS Connector", roles=("AmazonEKSConnectorAgentRole",), bindings=("eks-connector*",))
SOURCES = (
    "the page: https://docs.aws.amazon.com/eks/latest/userguide/eks-connector.html",
    "the connector's manifests and code: https://github.com/aws/amazon-eks-connector at 0.0.11",
    "what the console passes on: https://docs.aws.amazon.com/eks/latest/userguide/connector-grant-access.html",
)


class ConnectedClusterArgs(TypedDict):
    """One cluster outside of EKS. It needs a `kubeconfig` or a `kubeconfig_file`."""

    name: pulumi.Input[str]
    """Its name in EKS: letters, digits, - and _."""
    provider: ClusterProvider
    """The kind of cluster."""
    region: NotRequired[str]
    """The region to register it in; the AWS provider's region when left out."""
    kubeconfig: NotRequired[pulumi.Input[str]]
    """The kubeconfig with which the deployment connects to the cluster, as text."""
    kubeconfig_file: NotRequired[str]
    """The path of the kubeconfig; `~` and `$VARIABLES` in it are expanded."""
    kubernetes_provider: NotRequired["kubernetes.Provider"]
    """A Kubernetes provider for this cluster; created from the kubeconfig when left out."""


class ViewerArgs(TypedDict):
    """An IAM principal that may look at the clusters in the EKS console."""

    arn: pulumi.Input[str]
    """The ARN of the role or user; that of an Identity Center role with or without its path."""
    namespaces: NotRequired[list[str]]
    """Only these namespaces; everything when left out."""


class EksConnectorArgs(IntegrationOptions):
    """Arguments of the EKS Connector integration."""

    clusters: Mapping[str, ConnectedClusterArgs]
    """The clusters, by short names of your choice. The names become parts of resource names: keep them stable."""
    viewers: NotRequired[Mapping[str, ViewerArgs]]
    """The principals that may look, by short names of your choice. Without any, the connector impersonates no user."""
    ensure_service_linked_role: NotRequired[bool]
    """Creates EKS Connector's service-linked role first if the account has none; it is never deleted. When left out,
    AWS creates it with the first cluster that is registered."""
    registration_limit: NotRequired[int]
    """The quota of connected clusters in a region: 10, unless AWS raised it for you."""
    connector_image: NotRequired[str]
    """The connector's image, if you mirror it."""
    agent_image: NotRequired[str]
    """The Systems Manager agent's image, if you mirror it."""
    replicas: NotRequired[int]
    """The number of the connector's pods in each cluster: 2 (default) or 1."""
    node_selector: NotRequired[Mapping[str, str]]
    """The nodes to run on; when left out Linux on amd64, the only supported platform."""
    confine_agent_role: NotRequired[bool]
    """Systems Manager may assume the agent's role for your own account only (`aws:SourceAccount`). True by default in
    profile `least`; false in `vendor`, as on the page."""
    agent_source_arns: NotRequired[list[pulumi.Input[str]]]
    """Systems Manager may assume the agent's role for these resources only (`aws:SourceArn`), as
    `arn:aws:ssm:<region>:<account>:*`. None by default."""
    aws_profile: NotRequired[str]
    """The AWS profile to register with; the environment's credentials when left out."""
    endpoint: NotRequired[str]
    """The AWS endpoint to register at; set automatically for an environment with `endpoint: loopback`."""


class EksConnector(ConnectorComponent):
    """Clusters outside of EKS in the EKS console: registered, with the connector and its viewers' rights in each."""

    def __init__(self, name: str, args: EksConnectorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, args, EksConnectorArgs, describe, opts)


def describe(args: Mapping[str, Any], place: Place) -> Integration:
    _validate(args, place)
    profile = args.get("profile", Profile.LEAST)
    vendor = profile is Profile.VENDOR
    viewers = {
        key: build_viewer(key, each["arn"], each.get("namespaces")) for key, each in args.get("viewers", {}).items()
    }
    return Integration(
        vendor="eks-connector",
        title="Amazon EKS Connector",
        profile=profile,
        role=Role(
            name=role_name(args, f"eks-access-{place.name}"),
            description="The agent of EKS Connector keeps its channel to Systems Manager",
            trust=_trust(args, place, vendor),
            statements=_statements(place),
            **role_options(args),
        ),
        identity=service_account(NAMESPACE, NAME),
        grants=(*objects.build_grants(), *build_viewer_grants(place.name, viewers, with_console_page=vendor)),
        objects=objects.build_objects(_agent(args)),
        expectations=combine_expectations(
            baseline(),
            aws_baseline(place.partition),
            _connector_calls(viewers),
            _viewer_calls(viewers, vendor),
            _agent_calls(place),
        ),
        handoff=_handoff(place, viewers),
        sources=SOURCES,
        residual_risks=(
            "Pod specifications hold environment values: RBAC cannot hide them from viewers, who may list pods.",
            "Whoever controls the connector's pods can act as every viewer; the viewers' rights are what they can do.",
            *(("Viewers read Secrets and ConfigMaps, as AWS's file for the console has it.",) if vendor else ()),
        ),
    )


def derive_arguments(found: FoundAccess) -> DerivedArguments:
    """From the agent's role, and from the users that the connector may impersonate in its clusters."""
    collector = ArgumentCollector(found)
    trust = collector.trust
    trust.choose(ASSUME_ROLE, lambda principal: principal.value == validation.AGENT_SERVICE)
    own = parse(found.principal_arn)
    accounts = trust.take("aws:SourceAccount")
    if accounts and own is not None and accounts == (own.account,):
        collector.arguments["confine_agent_role"] = True
    elif accounts:
        collector.notes.append(f"its trust policy confines it to account {' or '.join(accounts)}: that is not kept")
    if arns := trust.take_patterns("aws:SourceArn") or trust.take("aws:SourceArn"):
        collector.arguments["agent_source_arns"] = list(arns)
    viewers, notes = derive_viewers(found)
    collector.notes += notes
    if viewers:
        collector.arguments["viewers"] = viewers
    return collector.finish()


def _validate(args: Mapping[str, Any], place: Place) -> None:
    limit = args.get("registration_limit", validation.DEFAULT_LIMIT)
    for cluster in place.clusters:
        if is_known(cluster.name):
            validation.validate_cluster_name(f"clusters.{cluster.key}.name", cluster.name)
    for region, count in Counter(cluster.region for cluster in place.clusters).items():
        validation.validate_room(count - 1, limit, region)
    replicas = args.get("replicas", STATE_SECRETS)
    if replicas not in range(1, STATE_SECRETS + 1):
        raise InvalidInputError(
            "replicas", replicas, f"is not 1 to {STATE_SECRETS}: the connector may keep the state of no more pods"
        )


def _trust(args: Mapping[str, Any], place: Place, vendor: bool) -> Service:
    """The agent is a managed node of a hybrid activation; AWS's guide has these conditions for a role of such nodes.

    https://docs.aws.amazon.com/systems-manager/latest/userguide/hybrid-multicloud-service-role.html
    """
    confined = args.get("confine_agent_role", not vendor)
    arns = tuple(args.get("agent_source_arns", ()))
    return Service(validation.AGENT_SERVICE, place.account if confined else None, arns)


def _agent(args: Mapping[str, Any]) -> Agent:
    return Agent(**{option.name: args[option.name] for option in dataclasses.fields(Agent) if option.name in args})


def _statements(place: Place) -> tuple[Statement, ...]:
    """The page's statements: the service reference gives CreateControlChannel no resource type to restrict it to."""
    data = ("ssmmessages:CreateDataChannel", "ssmmessages:OpenDataChannel", "ssmmessages:OpenControlChannel")
    control = (f"arn:{place.partition}:eks:*:*:cluster/*",)
    return (
        Statement("SsmControlChannel", ("ssmmessages:CreateControlChannel",), control, "the agent's control channel"),
        Statement("ssmDataplaneOperations", data, ("*",), "the agent's channels carry the console's requests"),
    )


def _connector_calls(viewers: Mapping[str, Viewer]) -> tuple[KubernetesCall, ...]:
    """Calls as the connector itself, which may impersonate only the viewers."""
    state = {"resource": "secrets", "namespace": NAMESPACE}
    return (
        KubernetesCall("get", "/version", allowed=True, why="the console shows the cluster's version"),
        KubernetesCall("get", **state, name="eks-connector-state-0", allowed=True, why="the connector's own state"),
        *(
            KubernetesCall("impersonate", "users", allowed=True, why="passes a viewer's request on", name=each.arn)
            for each in viewers.values()
        ),
        KubernetesCall("impersonate", "users", False, "acts as an administrator", name="kubernetes-admin"),
        KubernetesCall("list", "pods", allowed=False, why="it reads as a viewer only"),
        KubernetesCall("list", **state, allowed=False, why="the namespace has the activation code"),
        KubernetesCall(
            "get",
            **state,
            name="eks-connector-activation-config",
            allowed=False,
            why="its pods are given the code; it cannot ask for it",
        ),
        KubernetesCall(
            "get", **state, name="eks-connector-state-2", allowed=False, why="not one of its own two states"
        ),
    )


_LISTED = (
    ("pods", ""),
    ("events", ""),
    ("deployments", "apps"),
    ("daemonsets", "apps"),
    ("statefulsets", "apps"),
    ("replicasets", "apps"),
    ("jobs", "batch"),
)


def _viewer_calls(viewers: Mapping[str, Viewer], vendor: bool) -> tuple[KubernetesCall, ...]:
    """Calls as the connector impersonating each viewer, as for the console's requests."""

    def calls_as(each: Viewer) -> tuple[KubernetesCall, ...]:
        wide = each.namespaces is None
        cluster = wide or vendor
        shown = f"the console shows it to {each.key}"
        return (
            KubernetesCall("get", "/version", allowed=True, why=shown, user=each.arn),
            *(
                KubernetesCall("list", resource, cluster, shown if cluster else "not in its namespaces", user=each.arn)
                for resource in ("namespaces", "nodes")
            ),
            *(
                KubernetesCall("list", resource, True, shown, group, namespace=namespace, user=each.arn)
                for resource, group in _LISTED
                for namespace in (each.namespaces or (None,))
            ),
            *(() if wide else (KubernetesCall("list", "pods", False, "not in its namespaces", user=each.arn),)),
            *(
                KubernetesCall("list", "secrets", vendor, "other systems' credentials", namespace=where, user=each.arn)
                for where in (each.namespaces or (None,))
            ),
            *(() if wide else (KubernetesCall("list", "secrets", False, "not in its namespaces", user=each.arn),)),
        )

    return tuple(call for each in viewers.values() for call in calls_as(each))


def _agent_calls(place: Place) -> tuple[AwsCall, ...]:
    """Calls of the agent's role, tested with IAM's policy simulator: only Systems Manager can assume the role."""
    channel, absent = "the agent's channel", {"name": ABSENT}
    return (
        *(
            AwsCall("ssmmessages:CreateControlChannel", True, channel, {"ResourceArns": [cluster.arn]}, cluster.region)
            for cluster in place.clusters
        ),
        AwsCall("ssmmessages:OpenControlChannel", True, channel),
        AwsCall("ssmmessages:CreateDataChannel", True, channel),
        AwsCall("ssmmessages:OpenDataChannel", True, channel),
        AwsCall("ssm:StartSession", False, "opens a shell on instances", {"InstanceId": "i-00000000000000000"}),
        AwsCall("eks:DescribeCluster", False, "the agent does not read EKS", absent),
        AwsCall("eks:ListClusters", False, "the agent does not read EKS"),
        AwsCall("eks:DeregisterCluster", False, "the agent does not change EKS", absent),
        AwsCall("eks:CreateAccessEntry", False, "the agent lets nobody into clusters", {"clusterName": ABSENT}),
        AwsCall("eks:AccessKubernetesApi", False, "the agent is no viewer", absent),
    )


def _endpoints(place: Place) -> list[str]:
    regions = dict.fromkeys(cluster.region for cluster in place.clusters)
    return [service_host(service, region) for region in regions for service in ("ssm", "ssmmessages")]


def _console(cluster: ClusterPlace) -> Iterator[tuple[str, str]]:
    host = partition_of(cluster.region).console
    if host is not None:
        address = f"https://{cluster.region}.{host}/eks/home?region={cluster.region}#/clusters/{cluster.name}"
        yield "Console", address


def _handoff(place: Place, viewers: Mapping[str, Viewer]) -> Handoff:
    return Handoff(
        fields=tuple(
            Field(label, value, secret=label == "Activation code")
            for cluster in place.clusters
            for label, value in (
                ("Cluster name", cluster.name),
                ("Cluster ARN", cluster.arn),
                ("Activation ID", placeholder(f"{objects.activation_key(cluster.key)}.id")),
                ("Activation code", placeholder(f"{objects.activation_key(cluster.key)}.code")),
                ("Activation expiry", placeholder(f"{objects.activation_key(cluster.key)}.expiry")),
                *_console(cluster),
            )
        ),
        steps=(
            "Each cluster becomes ACTIVE once its connector runs; it needs a way out to"
            f" {' and '.join(_endpoints(place))}. The activation ends after three days.",
            *(
                f"{each.arn} needs eks:ListClusters, eks:DescribeCluster and eks:AccessKubernetesApi in IAM to open"
                " the clusters in the console."
                for each in viewers.values()
            ),
        ),
        removal=(
            "EKS has no other side: deregistering the clusters ends their connection, and they leave the console.",
            *(
                f"Take from {each.arn} the policy for opening connected clusters, unless others are connected."
                for each in viewers.values()
            ),
        ),
    )
