"""OpenTrace: reads workload metadata, authenticating with a Google identity token.

Sources: OpenTrace's "AWS EKS" page; AWS's IAM condition keys for web identity federation.
"""

from collections.abc import Mapping
from typing import Any, NotRequired

import pulumi

from ..derivation.cluster_rights import find_scopes
from ..derivation.trust import WITH_WEB_IDENTITY
from ..derivation.values import ArgumentCollector
from ..errors import InvalidInputError
from ..model.expectations import (
    ABSENT,
    OTHER_CLUSTERS,
    AwsCall,
    KubernetesCall,
    aws_baseline,
    baseline,
    combine_expectations,
)
from ..model.found import DerivedArguments, FoundAccess
from ..model.iam import Statement
from ..model.identity import AccessPolicy, Identity, validate_namespaces
from ..model.integration import Field, Handoff, Integration, Place, Profile, Role, role_name, role_options
from ..model.kubernetes_rights import Request
from ..model.marks import Marks
from ..model.placeholders import is_known
from ..model.rbac import Grant, Rule
from ..model.trust import GOOGLE, WebIdentity, validate_google_audience, validate_google_subject
from ..provision.arguments import IntegrationArgs
from ..provision.integration import IntegrationComponent

PLACEHOLDER_ON_PAGE = "YOUR_OPENTRACE_CLIENT_ID"
MARKS = Marks("OpenTrace", roles=("opentrace*",), issuers=("accounts.google.com",))
SOURCES = (
    "OpenTrace, AWS EKS integration page",
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif",
)


class OpenTraceArgs(IntegrationArgs):
    """Arguments of the OpenTrace integration."""

    client_id: pulumi.Input[str]
    """OpenTrace's client id: `….apps.googleusercontent.com`, or a service account's numeric id. From OpenTrace."""
    subject: pulumi.Input[str]
    """The numeric Google id of OpenTrace's identity. Without it, anyone with a token for the client id could assume
    the role."""
    authorized_audience: NotRequired[pulumi.Input[str]]
    """The audience for which a service account's token is requested, if OpenTrace uses one (`:oaud`)."""
    namespaces: NotRequired[list[str]]
    """The namespaces that it reads; all when left out. In profile `least` it still lists the names of the others."""


class OpenTrace(IntegrationComponent):
    """OpenTrace's access to EKS: reads workload metadata, authenticating with a Google identity token."""

    def __init__(self, name: str, args: OpenTraceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, args, OpenTraceArgs, describe, opts)


def describe(args: Mapping[str, Any], place: Place) -> Integration:
    profile = args.get("profile", Profile.LEAST)
    vendor = profile is Profile.VENDOR
    readers = f"{place.name}:readers"
    namespaces = validate_namespaces("namespaces", args["namespaces"]) if "namespaces" in args else None
    if namespaces == ():
        raise InvalidInputError("namespaces", None, "names no namespace", "Leave it out for all namespaces.")
    return Integration(
        vendor="opentrace",
        title="OpenTrace",
        profile=profile,
        role=Role(
            name=role_name(args, f"eks-access-{place.name}"),
            description="OpenTrace reads Kubernetes metadata",
            trust=WebIdentity(
                GOOGLE,
                audience=_validate_client_id(args["client_id"]),
                subject=validate_google_subject("subject", args["subject"], audience=args["client_id"]),
                authorized_audience=args.get("authorized_audience"),
            ),
            statements=_page_statements() if vendor else _least_statements(place),
            **role_options(args),
        ),
        identity=Identity(
            username=f"{place.name}:{{{{SessionName}}}}",
            groups=() if vendor else (readers,),
            access_policies=(AccessPolicy("AmazonEKSViewPolicy", namespaces),) if vendor else (),
        ),
        grants=_grants(place.name, readers, vendor, namespaces),
        expectations=combine_expectations(
            baseline(),
            aws_baseline(place.partition),
            _cluster_calls(vendor, namespaces),
            _aws_calls(place, vendor),
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
            removal=(
                "In OpenTrace open Integrations > AWS EKS and remove the connection with"
                f" {', '.join(cluster.name for cluster in place.clusters)} and the role {place.role_arn}.",
            ),
        ),
        residual_risks=(
            "Pod specifications hold environment values: RBAC cannot hide them from whoever may list pods.",
        ),
        sources=SOURCES,
    )


_SUBJECT_ADVICE = (
    "Ask OpenTrace for the numeric Google id of its identity; or see what it has sent so far: CloudTrail's"
    " AssumeRoleWithWebIdentity events of this role have it as userIdentity.userName, and as"
    " responseElements.subjectFromWebIdentityToken."
)


def derive_arguments(found: FoundAccess) -> DerivedArguments:
    """From a role that trusts tokens of Google, and from where it may list pods."""
    collector = ArgumentCollector(found)
    trust = collector.trust
    trust.choose(WITH_WEB_IDENTITY, lambda principal: principal.value == GOOGLE)
    client_id = collector.require(
        "client_id",
        trust.take(f"{GOOGLE}:aud"),
        advice="Ask OpenTrace for the client id.",
        validate=_validate_client_id,
    )
    collector.require(
        "subject",
        trust.take(f"{GOOGLE}:sub"),
        advice=_SUBJECT_ADVICE,
        validate=lambda value: validate_google_subject("subject", value, audience=client_id or value),
    )
    collector.allow("authorized_audience", trust.take(f"{GOOGLE}:oaud"), validate=lambda _: None)
    scopes = find_scopes(found, Request("list", "", "pods"))
    collector.restrict("namespaces", scopes)
    if scopes and all(scope == () for scope in scopes.values()):
        collector.notes.append("it may list pods nowhere: the integration gives it that in all namespaces")
    return collector.finish()


_NAMESPACES = Rule(("namespaces",), ("get", "list", "watch"), why="inventory")
_READ = (
    Rule(("pods", "services", "endpoints"), ("get", "list", "watch"), why="inventory and pod status"),
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


def _grants(name: str, readers: str, vendor: bool, namespaces: tuple[str, ...] | None) -> tuple[Grant, ...]:
    """Listing namespaces is cluster-scoped, and so a separate grant. The page's access policy does not include it."""
    if vendor:
        return ()
    if namespaces is None:
        return (Grant("read", f"{name}-read", readers, (_NAMESPACES, *_READ)),)
    return (
        Grant("namespaces", f"{name}-namespaces", readers, (_NAMESPACES,)),
        Grant("read", f"{name}-read", readers, _READ, namespaces),
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


_READS = (
    ("pods", "", "pod and container status"),
    ("services", "", "service topology"),
    ("endpoints", "", "service topology"),
    ("deployments", "apps", "deployment information"),
    ("replicasets", "apps", "resource relationships"),
    ("statefulsets", "apps", "resource relationships"),
    ("daemonsets", "apps", "resource relationships"),
    ("endpointslices", "discovery.k8s.io", "service topology"),
    ("ingresses", "networking.k8s.io", "service topology"),
)
_VIEW_ONLY = (
    ("configmaps", ""),
    ("serviceaccounts", ""),
    ("persistentvolumeclaims", ""),
    ("events", ""),
    ("jobs", "batch"),
    ("cronjobs", "batch"),
)
"""Resources that AmazonEKSViewPolicy shows in addition."""


def _cluster_calls(vendor: bool, namespaces: tuple[str, ...] | None) -> tuple[KubernetesCall, ...]:
    view_only = "granted by AmazonEKSViewPolicy" if vendor else "not needed for topology"
    everywhere = namespaces is None
    places: tuple[str | None, ...] = (None,) if namespaces is None else namespaces
    return (
        KubernetesCall("list", "namespaces", allowed=everywhere or not vendor, why="namespace information"),
        *(
            KubernetesCall("list", resource, True, why, group, namespace=namespace)
            for namespace in places
            for resource, group, why in _READS
        ),
        *(
            KubernetesCall("list", resource, False, "outside the namespaces that it was given", group)
            for resource, group, _ in (() if everywhere else _READS)
        ),
        *(
            KubernetesCall("watch", "pods", True, "pod and container status as it changes", namespace=namespace)
            for namespace in places
        ),
        *(
            KubernetesCall("list", resource, vendor, view_only, group, namespace=namespace)
            for namespace in places
            for resource, group in _VIEW_ONLY
        ),
        *(
            KubernetesCall("get", "pods", vendor, f"logs: {view_only}", subresource="log", namespace=namespace)
            for namespace in (("default",) if everywhere else places)
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


def _validate_client_id(value: str) -> str:
    if not is_known(value):
        return value
    if value == PLACEHOLDER_ON_PAGE:
        raise InvalidInputError(
            "client_id", value, "is the placeholder of OpenTrace's page", "Ask OpenTrace for the client id."
        )
    return validate_google_audience("client_id", value, requested="authorized_audience")
