"""ConductorOne (baton-eks), cloud-hosted, reading who has access: the `sync` tier.

Sources: ConductorOne's "Amazon Elastic Kubernetes Service connector" page; the connector's own code
(github.com/ConductorOne/baton-eks at v0.1.3), which uses 9 of the page's 33 IAM actions.
"""

from collections.abc import Mapping
from typing import Any, NotRequired

import pulumi

from ..arguments import IntegrationArgs
from ..description import ClusterPlace, Field, Handoff, Integration, Place, Profile, Role, role_options
from ..errors import Refused
from ..expectations import ABSENT, AwsCall, KubernetesCall, baseline, combined
from ..iam import Statement
from ..identity import Identity, supports_access_entries
from ..placeholders import is_known
from ..provision.integration import IntegrationComponent
from ..rbac import API_GROUP as RBAC
from ..rbac import Grant, Rule
from ..trust import CrossAccount, checked_external_id, checked_principals
from ..vendor_made import VendorMade

CONDUCTORONE_ROLE = "arn:aws:iam::765656841499:role/ConductorOneService"
READ = ("get", "list", "watch")
SOURCES = ("https://www.conductorone.com/docs/baton/eks", "https://github.com/ConductorOne/baton-eks (v0.1.3)")
LEFTOVERS = (
    VendorMade(
        "binding", "baton-*-binding", "ConductorOne made it when it granted access, and removes it on revocation"
    ),
    VendorMade(
        "empty-entry-of-user",
        "*",
        "ConductorOne makes access entries for IAM users, and on revocation takes only their policies away",
    ),
)
"""Bindings are named so by the connector (pkg/connector of baton-eks), which never calls eks:DeleteAccessEntry."""


class ConductorOneArgs(IntegrationArgs):
    """What ConductorOne needs to be told. One connector, and so one integration, for each cluster."""

    external_id: pulumi.Input[str]
    """The External ID that ConductorOne shows in the connector's settings. Not a secret, and not of your choosing."""
    principal_arn: NotRequired[str]
    """ConductorOne's own role, which assumes yours."""


class ConductorOne(IntegrationComponent):
    """ConductorOne's access to one EKS cluster: reads who has access."""

    def __init__(self, name: str, args: ConductorOneArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, args, ConductorOneArgs, describe, opts)


def describe(args: Mapping[str, Any], place: Place) -> Integration:
    if is_known(place.partition) and place.partition != "aws":
        raise Refused("partition", place.partition, "is one that baton-eks cannot read: it knows only arn:aws ARNs")
    if len(place.clusters) != 1:
        raise Refused(
            "clusters",
            [cluster.key for cluster in place.clusters],
            "has more than one cluster, and ConductorOne has one connector, with its own External ID, for each",
            "Declare one ConductorOne integration for each cluster.",
        )
    (cluster,) = place.clusters
    profile = args.get("profile", Profile.LEAST)
    vendor = profile is Profile.VENDOR
    readers = f"{place.name}:readers"
    return Integration(
        vendor="conductorone",
        title="ConductorOne",
        profile=profile,
        role=Role(
            name=args.get("role_name", f"eks-access-{place.name}"),
            description="ConductorOne reads who has access to EKS",
            trust=CrossAccount(
                checked_principals("principal_arn", (args.get("principal_arn", CONDUCTORONE_ROLE),)),
                external_id=checked_external_id("external_id", args["external_id"]),
            ),
            statements=_PAGE_STATEMENTS if vendor else _sync_statements(cluster),
            **role_options(args),
        ),
        identity=Identity(username=f"{place.name}:{{{{SessionName}}}}", groups=(readers,)),
        grants=(Grant("page", "read-only-access-cluster-role", readers, _PAGE_RULES),)
        if vendor
        else (
            Grant("sync", f"{place.name}-sync", readers, _SYNC_RULES),
            Grant("aws-auth", f"{place.name}-aws-auth", readers, _AWS_AUTH_RULES, namespaces=("kube-system",)),
        ),
        expectations=combined(baseline(), _cluster_calls(vendor), _aws_calls(vendor, place, cluster)),
        handoff=Handoff(
            fields=(
                Field("Region", cluster.region),
                Field("Cluster name", cluster.name),
                Field("Assume role ARN", place.role_arn),
                Field("External ID", args["external_id"]),
            ),
            steps=(
                "In ConductorOne open the EKS connector's Settings, choose Edit and enter the values above.",
                "Under Shared identity source choose your AWS v2 connector.",
                "ConductorOne shows Connected as soon as the connector starts, whether or not it may read anything:"
                " trust the probe instead.",
            ),
        ),
        residual_risks=("Listing ConfigMaps returns their values too: RBAC cannot give names only.",),
        sources=SOURCES,
        leftovers=LEFTOVERS,
    )


_SYNC_RULES = (
    Rule(
        ("namespaces", "serviceaccounts", "configmaps"),
        ("list",),
        why="the connector lists these three kinds",
    ),
    Rule(
        ("roles", "rolebindings", "clusterroles", "clusterrolebindings"),
        ("list",),
        api_groups=(RBAC,),
        why="who may do what: the purpose of the connector",
    ),
)
_AWS_AUTH_RULES = (Rule(("configmaps",), ("get",), resource_names=("aws-auth",), why="users mapped by aws-auth"),)

_PAGE_RULES = (
    Rule(
        (
            "pods", "services", "configmaps", "namespaces", "secrets", "endpoints", "persistentvolumeclaims",
            "serviceaccounts",
        ),
        READ,
        why="as the page has it, Secrets included",
    ),
    Rule(
        (
            "deployments", "replicasets", "statefulsets", "jobs", "cronjobs", "ingresses", "rolebindings",
            "clusterrolebindings", "roles", "clusterroles",
        ),
        READ,
        api_groups=("apps", "batch", "networking.k8s.io", RBAC),
        why="as the page has it, without the API group `extensions`, which no longer exists",
    ),
)  # fmt: skip


def _sync_statements(cluster: ClusterPlace) -> tuple[Statement, ...]:
    entries = cluster.arn.replace(":cluster/", ":access-entry/") + "/*"
    return (
        Statement(
            "C1SyncCluster",
            ("eks:DescribeCluster", "eks:ListAccessEntries"),
            (cluster.arn,),
            "address; entries",
        ),
        Statement(
            "C1SyncEntries",
            ("eks:DescribeAccessEntry", "eks:ListAssociatedAccessPolicies"),
            (entries,),
            "who each entry is and what it may do",
        ),
        Statement("C1SyncIamRoles", ("iam:ListRoles", "iam:GetRole"), ("*",), "who can assume the mapped roles"),
    )


_PAGE_STATEMENTS = (
    Statement(
        "ConductorOneReadAccess",
        (
            "iam:AttachRolePolicy", "iam:GetRole", "iam:ListRoles", "iam:PassRole", "iam:GetPolicy",
            "iam:ListAttachedRolePolicies", "iam:ListRolePolicies", "iam:TagRole", "iam:GetOpenIDConnectProvider",
            "iam:ListOpenIDConnectProviders", "iam:TagOpenIDConnectProvider", "iam:GetContextKeysForPrincipalPolicy",
            "iam:SimulatePrincipalPolicy",
        ),
        ("*",),
        "as the page has it; AttachRolePolicy and PassRole on * let it become anyone",
    ),
    Statement(
        "AccessToSSOProvisionedRoles",
        ("iam:AttachRolePolicy", "iam:GetRole", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"),
        ("arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*",),
        "as the page has it",
    ),
    Statement(
        "IAMListPermissions", ("iam:ListRoles", "iam:ListPolicies", "iam:ListAccessKeys"), ("*",), "as the page has it"
    ),
    Statement(
        "EKSAccess",
        (
            "eks:DescribeCluster", "eks:DescribeClusterVersions", "eks:DescribeNodegroup",
            "eks:AssociateIdentityProviderConfig", "eks:ListTagsForResource", "eks:ListClusters",
            "eks:ListNodegroups", "eks:AccessKubernetesApi", "eks:AssociateAccessPolicy",
            "eks:ListAssociatedAccessPolicies", "eks:DescribeAccessEntry", "eks:ListAccessEntries",
            "eks:ListAccessPolicies", "eks:DescribeAddon", "eks:DescribeAddonVersions",
            "eks:DescribeAddonConfiguration", "eks:CreateAccessEntry", "eks:DisassociateAccessPolicy",
        ),
        ("*",),
        "as the page has it, each action once",
    ),
)  # fmt: skip


def _cluster_calls(vendor: bool) -> tuple[KubernetesCall, ...]:
    by_page = "granted by the page's role, never read by the connector"
    return (
        *(
            KubernetesCall("list", resource, allowed=True, why="synced")
            for resource in ("namespaces", "serviceaccounts", "configmaps")
        ),
        *(
            KubernetesCall("list", resource, allowed=True, why="synced", api_group=RBAC)
            for resource in ("roles", "rolebindings", "clusterroles", "clusterrolebindings")
        ),
        KubernetesCall("get", "configmaps", True, "users mapped by aws-auth", namespace="kube-system", name="aws-auth"),
        KubernetesCall("list", "secrets", allowed=vendor, why=by_page if vendor else "Secrets hold credentials"),
        KubernetesCall("list", "pods", allowed=vendor, why=by_page),
        KubernetesCall("list", "deployments", allowed=vendor, why=by_page, api_group="apps"),
        KubernetesCall("get", "configmaps", vendor, "one ConfigMap by name", namespace="default", name=ABSENT),
        KubernetesCall("create", "rolebindings", allowed=False, why="grants access; not in this tier", api_group=RBAC),
        KubernetesCall("list", "nodes", allowed=False, why="not synced"),
    )


def _aws_calls(vendor: bool, place: Place, cluster: ClusterPlace) -> tuple[AwsCall, ...]:
    region, named = cluster.region, {"clusterName": cluster.name}
    own_entry = named | {"principalArn": place.role_arn}
    absent_entry = {"clusterName": ABSENT, "principalArn": place.role_arn}
    entries = (
        (
            AwsCall("eks:ListAccessEntries", True, "synced", named, region),
            AwsCall("eks:DescribeAccessEntry", True, "synced", own_entry, region),
            AwsCall("eks:ListAssociatedAccessPolicies", True, "synced", own_entry, region),
        )
        if supports_access_entries(cluster.mode)
        else ()
    )
    oidc = {"identityProviderConfigName": ABSENT, "issuerUrl": "https://issuer.invalid", "clientId": ABSENT}
    attach = {"RoleName": ABSENT, "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
    return (
        AwsCall("eks:DescribeCluster", True, "address and certificate", {"name": cluster.name}, region),
        *entries,
        AwsCall("iam:ListRoles", True, "synced", {"MaxItems": 1}),
        AwsCall("iam:GetRole", True, "trust policies of mapped roles", {"RoleName": ABSENT}),
        AwsCall("iam:AttachRolePolicy", vendor, "makes itself administrator", attach),
        AwsCall("iam:CreateAccessKey", False, "becomes another user", {"UserName": ABSENT}),
        AwsCall("eks:CreateAccessEntry", vendor, "lets anyone into a cluster", absent_entry, region),
        AwsCall(
            "eks:AssociateIdentityProviderConfig",
            vendor,
            "lets a foreign identity provider in",
            {"clusterName": ABSENT, "oidc": oidc},
            region,
        ),
        AwsCall("eks:DeleteCluster", False, "destroys a cluster", {"name": ABSENT}, region),
    )
