"""Expectations by tier and authentication mode; none of the calls changes anything."""

from ...model.expectations import ABSENT, OTHER_CLUSTERS, AwsCall, KubernetesCall
from ...model.grantable import ADMIN_ROLES
from ...model.identity import AccessPolicy, supports_access_entries
from ...model.integration import ClusterPlace, Place
from ...model.rbac import API_GROUP as RBAC
from .rights import ADMIN_POLICIES


def cluster_calls(vendor: bool) -> tuple[KubernetesCall, ...]:
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
        KubernetesCall("list", "serviceaccounts", True, "synced, namespace by namespace", namespace="default"),
        KubernetesCall("list", "secrets", allowed=vendor, why=by_page if vendor else "Secrets hold credentials"),
        KubernetesCall("watch", "secrets", allowed=vendor, why=by_page if vendor else "Secrets hold credentials"),
        KubernetesCall("get", "secrets", vendor, by_page if vendor else "one Secret", namespace="default", name=ABSENT),
        KubernetesCall("list", "pods", allowed=vendor, why=by_page),
        KubernetesCall("list", "services", allowed=vendor, why=by_page),
        KubernetesCall("list", "deployments", allowed=vendor, why=by_page, api_group="apps"),
        KubernetesCall("list", "jobs", allowed=vendor, why=by_page, api_group="batch"),
        KubernetesCall("list", "ingresses", allowed=vendor, why=by_page, api_group="networking.k8s.io"),
        KubernetesCall("watch", "rolebindings", allowed=vendor, why=by_page, api_group=RBAC),
        *(
            KubernetesCall("get", "configmaps", vendor, "one ConfigMap by name", namespace=namespace, name=ABSENT)
            for namespace in ("default", "kube-system")
        ),
        KubernetesCall("create", "rolebindings", allowed=False, why="grants access; not in this tier", api_group=RBAC),
        KubernetesCall("list", "nodes", allowed=False, why="not synced"),
    )


def aws_calls(vendor: bool, place: Place, cluster: ClusterPlace) -> tuple[AwsCall, ...]:
    region, named = cluster.region, {"clusterName": cluster.name}
    own_entry = named | {"principalArn": place.role_arn}
    by_policy = {"associatedPolicyArn": AccessPolicy("AmazonEKSViewPolicy").arn(place.partition)}
    absent_entry = {"clusterName": ABSENT, "principalArn": place.role_arn}
    entries = (
        (
            AwsCall("eks:ListAccessEntries", True, "synced", named, region),
            AwsCall("eks:ListAccessEntries", True, "synced, policy by policy", named | by_policy, region),
            AwsCall("eks:DescribeAccessEntry", True, "synced", own_entry, region),
            AwsCall("eks:ListAssociatedAccessPolicies", True, "synced", own_entry, region),
        )
        if supports_access_entries(cluster.mode)
        else ()
    )
    oidc = {"identityProviderConfigName": ABSENT, "issuerUrl": "https://issuer.invalid", "clientId": ABSENT}
    attach = {"RoleName": ABSENT, "PolicyArn": f"arn:{place.partition}:iam::aws:policy/ReadOnlyAccess"}
    return (
        AwsCall("eks:DescribeCluster", True, "address and certificate", {"name": cluster.name}, region),
        *entries,
        AwsCall("iam:ListRoles", True, "synced", {"MaxItems": 1}),
        AwsCall("iam:GetRole", True, "trust policies of mapped roles", {"RoleName": ABSENT}),
        AwsCall("iam:AttachRolePolicy", vendor, "makes itself administrator", attach),
        AwsCall("eks:DescribeCluster", vendor, OTHER_CLUSTERS, {"name": ABSENT}, region),
        AwsCall("eks:ListClusters", vendor, "the connector is told its cluster", region=region),
        AwsCall("eks:ListAccessPolicies", vendor, "the connector has the policies' names built in", region=region),
        AwsCall("iam:ListPolicies", vendor, "not synced", {"MaxItems": 1}),
        AwsCall("eks:CreateAccessEntry", vendor, "lets anyone into a cluster", absent_entry, region),
        AwsCall(
            "eks:AssociateIdentityProviderConfig",
            vendor,
            "lets a foreign identity provider in",
            {"clusterName": ABSENT, "oidc": oidc},
            region,
        ),
    )


def provision_cluster_calls(cluster_roles: tuple[str, ...], roles: tuple[str, ...]) -> tuple[KubernetesCall, ...]:
    """Calls of tier `provision`, if there are roles to grant."""
    if not (cluster_roles or roles):
        return ()

    def bind(kind: str, name: str | None, allowed: bool, why: str) -> KubernetesCall:
        return KubernetesCall("bind", kind, allowed, why, api_group=RBAC, name=name)

    def aws_auth(name: str, allowed: bool, why: str) -> KubernetesCall:
        return KubernetesCall("update", "configmaps", allowed, why, namespace="kube-system", name=name)

    return (
        *(
            KubernetesCall(verb, kind, True, "a grant is a binding", api_group=RBAC)
            for kind in ("rolebindings", "clusterrolebindings")
            for verb in ("create", "update", "delete")
        ),
        KubernetesCall("create", "rolebindings", True, "a grant is a binding", api_group=RBAC, namespace="kube-system"),
        KubernetesCall("patch", "rolebindings", False, "baton-eks writes whole bindings", api_group=RBAC),
        *(bind("clusterroles", name, True, "may be granted") for name in cluster_roles),
        *(bind("roles", name, True, "may be granted") for name in roles),
        *(
            bind("clusterroles", name, False, "makes anyone administrator")
            for name in ADMIN_ROLES
            if name not in cluster_roles
        ),
        bind("clusterroles", None, False, "only the named roles may be granted"),
        bind("roles", None, False, "only the named roles may be granted"),
        KubernetesCall("create", "clusterroles", False, "makes a role of its own to grant", api_group=RBAC),
        aws_auth("aws-auth", True, "maps the IAM user that a role is granted to"),
        aws_auth(ABSENT, False, "any other ConfigMap"),
    )


def provision_aws_calls(place: Place, cluster: ClusterPlace, *, deny_cluster_admin: bool) -> tuple[AwsCall, ...]:
    """Calls of tier `provision`, if the cluster has access policies.

    Every call names a user that does not exist, and the creation also a username that EKS never accepts.
    """
    if not supports_access_entries(cluster.mode):
        return ()
    absent = f"arn:{place.partition}:iam::{place.account}:user/{ABSENT}"
    entry = {"clusterName": cluster.name, "principalArn": absent}

    def associate(policy: AccessPolicy, allowed: bool, why: str) -> AwsCall:
        parameters = {**entry, "policyArn": policy.arn(place.partition), "accessScope": {"type": "cluster"}}
        return AwsCall("eks:AssociateAccessPolicy", allowed, why, parameters, cluster.region)

    view = AccessPolicy("AmazonEKSViewPolicy")
    return (
        AwsCall(
            "eks:CreateAccessEntry",
            True,
            "lets the user in that a policy is granted to",
            {**entry, "username": f"system:{ABSENT}"},
            cluster.region,
        ),
        associate(view, True, "grants an access policy"),
        *(associate(policy, not deny_cluster_admin, "makes anyone administrator") for policy in ADMIN_POLICIES),
        AwsCall(
            "eks:DisassociateAccessPolicy",
            True,
            "revokes an access policy",
            {**entry, "policyArn": view.arn(place.partition)},
            cluster.region,
        ),
        AwsCall("eks:DeleteAccessEntry", False, "shuts somebody out", entry, cluster.region),
        AwsCall("eks:UpdateAccessEntry", False, "puts somebody into another group", entry, cluster.region),
    )
