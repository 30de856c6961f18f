"""OpenTrace: reads workload metadata, coming in with a Google identity token.

Sources: OpenTrace's "AWS EKS" page; AWS's IAM condition keys for web identity federation.
"""

from collections.abc import Mapping
from typing import Any, NotRequired

import pulumi

from ..arguments import IntegrationArgs
from ..description import Field, Handoff, Integration, Place, Profile, Role, role_options
from ..errors import Refused
from ..expectations import ABSENT, OTHER_CLUSTERS, AwsCall, KubernetesCall, aws_baseline, baseline, combined
from ..iam import Statement
from ..identity import AccessPolicy, Identity
from ..placeholders import is_known
from ..provision.integration import IntegrationComponent
from ..rbac import Grant, Rule
from ..trust import WebIdentity

GOOGLE = "accounts.google.com"
"""A provider that is built into IAM: named as it is, never as an ARN, and never to be created in the account."""
PLACEHOLDER_OF_THE_PAGE = "YOUR_OPENTRACE_CLIENT_ID"
SOURCES = (
    "OpenTrace, AWS EKS integration page",
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif",
)


class OpenTraceArgs(IntegrationArgs):
    """What OpenTrace needs to be told."""

    client_id: pulumi.Input[str]
    """OpenTrace's client id: `….apps.googleusercontent.com`, or a service account's numeric id. From OpenTrace."""
    subject: pulumi.Input[str]
    """The numeric Google id of OpenTrace's identity. Without it, anyone with a token for the client id comes in."""
    authorized_audience: NotRequired[pulumi.Input[str]]
    """The audience that a service account's token is requested for, where OpenTrace uses one (`:oaud`)."""


class OpenTrace(IntegrationComponent):
    """OpenTrace's access to EKS: reads workload metadata, coming in with a Google identity token."""

    def __init__(self, name: str, args: OpenTraceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, args, OpenTraceArgs, describe, opts)


def describe(args: Mapping[str, Any], place: Place) -> Integration:
    profile = args.get("profile", Profile.LEAST)
    vendor = profile is Profile.VENDOR
    readers = f"{place.name}:readers"
    return Integration(
        vendor="opentrace",
        title="OpenTrace",
        profile=profile,
        role=Role(
            name=args.get("role_name", f"eks-access-{place.name}"),
            description="OpenTrace reads Kubernetes metadata",
            trust=WebIdentity(
                GOOGLE,
                audience=_checked_client_id(args["client_id"]),
                subject=_checked_subject(args["subject"]),
                authorized_audience=args.get("authorized_audience"),
            ),
            statements=_page_statements() if vendor else _least_statements(place),
            **role_options(args),
        ),
        identity=Identity(
            username=f"{place.name}:{{{{SessionName}}}}",
            groups=() if vendor else (readers,),
            access_policies=(AccessPolicy("AmazonEKSViewPolicy"),) if vendor else (),
        ),
        grants=() if vendor else (Grant("read", f"{place.name}-read", readers, _READ),),
        expectations=combined(
            baseline(), aws_baseline(place.partition), _cluster_calls(vendor), _aws_calls(place, vendor)
        ),
        handoff=Handoff(
            fields=(
                Field("IAM Role ARN", place.role_arn),
                *(
                    Field(label, value)
                    for cluster in place.clusters
                    for label, value in (("Cluster name", cluster.name), ("Region", cluster.region))
                ),
            ),
            steps=("In OpenTrace open Integrations > AWS EKS, enter the values above and choose Connect.",),
        ),
        residual_risks=(
            "Pod specifications hold environment values: RBAC cannot hide them from whoever may list pods.",
        ),
        sources=SOURCES,
    )


_READ = (
    Rule(
        ("namespaces", "pods", "services", "endpoints"),
        ("get", "list", "watch"),
        why="inventory and pod status",
    ),
    Rule(
        ("deployments", "replicasets", "statefulsets", "daemonsets"),
        ("get", "list", "watch"),
        api_groups=("apps",),
        why="deployments and the ownership of pods",
    ),
    Rule(("ingresses",), ("get", "list", "watch"), api_groups=("networking.k8s.io",), why="service topology"),
    Rule(
        ("endpointslices",),
        ("get", "list", "watch"),
        api_groups=("discovery.k8s.io",),
        why="service topology",
    ),
)


def _least_statements(place: Place) -> tuple[Statement, ...]:
    return (
        Statement("FindClusters", ("eks:ListClusters",), ("*",), "lists cluster names; the action takes no resource"),
        Statement(
            "ReadClusters",
            ("eks:DescribeCluster",),
            place.cluster_arns,
            "address and certificate of a cluster",
        ),
    )


def _page_statements() -> tuple[Statement, ...]:
    actions = ("eks:DescribeCluster", "eks:ListClusters", "eks:AccessKubernetesApi")
    return (Statement("OpenTracePage", actions, ("*",), "as OpenTrace's page has it"),)


def _cluster_calls(vendor: bool) -> tuple[KubernetesCall, ...]:
    view_only = "granted by AmazonEKSViewPolicy" if vendor else "not needed for topology"
    return (
        KubernetesCall("list", "namespaces", allowed=True, why="namespace information"),
        KubernetesCall("list", "pods", allowed=True, why="pod and container status"),
        KubernetesCall("list", "services", allowed=True, why="service topology"),
        KubernetesCall("list", "endpoints", allowed=True, why="service topology"),
        KubernetesCall("list", "deployments", allowed=True, why="deployment information", api_group="apps"),
        KubernetesCall("list", "replicasets", allowed=True, why="resource relationships", api_group="apps"),
        KubernetesCall("list", "statefulsets", allowed=True, why="resource relationships", api_group="apps"),
        KubernetesCall("list", "daemonsets", allowed=True, why="resource relationships", api_group="apps"),
        KubernetesCall("watch", "pods", allowed=True, why="pod and container status as it changes"),
        KubernetesCall("list", "endpointslices", allowed=True, why="service topology", api_group="discovery.k8s.io"),
        KubernetesCall("list", "ingresses", allowed=True, why="service topology", api_group="networking.k8s.io"),
        KubernetesCall("list", "configmaps", allowed=vendor, why=f"ConfigMap values: {view_only}"),
        KubernetesCall("get", "pods", allowed=vendor, why=f"logs: {view_only}", subresource="log", namespace="default"),
        *(
            KubernetesCall("list", resource, allowed=vendor, why=view_only, api_group=group)
            for resource, group in (
                ("serviceaccounts", ""),
                ("persistentvolumeclaims", ""),
                ("events", ""),
                ("jobs", "batch"),
                ("cronjobs", "batch"),
            )
        ),
        KubernetesCall("list", "nodes", allowed=False, why="OpenTrace shows no nodes"),
        KubernetesCall(
            "list",
            "clusterroles",
            allowed=False,
            why="who may do what",
            api_group="rbac.authorization.k8s.io",
        ),
        *(
            KubernetesCall(verb, resource, allowed=False, why="changes workloads", api_group=group)
            for resource, group in (("pods", ""), ("services", ""), ("deployments", "apps"), ("statefulsets", "apps"))
            for verb in ("patch", "delete")
        ),
        KubernetesCall("patch", "deployments", False, "changes workloads", api_group="apps", subresource="scale"),
    )


def _aws_calls(place: Place, vendor: bool) -> tuple[AwsCall, ...]:
    regions = dict.fromkeys(cluster.region for cluster in place.clusters)
    return (
        *(AwsCall("eks:ListClusters", True, "finds clusters", region=region) for region in regions),
        *(
            AwsCall("eks:DescribeCluster", True, "address and certificate", {"name": cluster.name}, cluster.region)
            for cluster in place.clusters
        ),
        *(AwsCall("eks:DescribeCluster", vendor, OTHER_CLUSTERS, {"name": ABSENT}, region) for region in regions),
        *(
            AwsCall(
                "eks:ListNodegroups", False, "OpenTrace shows no nodes", {"clusterName": cluster.name}, cluster.region
            )
            for cluster in place.clusters
        ),
    )


def _checked_client_id(value: str) -> str:
    if not is_known(value):
        return value
    if value == PLACEHOLDER_OF_THE_PAGE:
        raise Refused("client_id", value, "is the placeholder of OpenTrace's page", "Ask OpenTrace for the client id.")
    if not (value.isdigit() or value.endswith(".apps.googleusercontent.com")):
        raise Refused(
            "client_id",
            value,
            "is neither an OAuth client id (….apps.googleusercontent.com) nor a service account's numeric id",
            "Where OpenTrace gave an audience for a service account, it belongs in authorized_audience.",
        )
    return value


def _checked_subject(value: str) -> str:
    if is_known(value) and not value.isdigit():
        raise Refused(
            "subject",
            value,
            "is not a numeric Google id",
            "An e-mail address can be given to someone else; ask OpenTrace for the numeric id.",
        )
    return value
