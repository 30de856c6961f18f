"""Expectations by tier and authentication mode; none of the calls changes anything."""

from collections.abc import Mapping

from ...model.expectations import ABSENT, OTHER_CLUSTERS, AwsCall, KubernetesCall
from ...model.grantable import ADMIN_ROLES
from ...model.identity import AccessPolicy, supports_access_entries
from ...model.integration import ClusterPlace, Place
from ...model.rbac import API_GROUP as RBAC
from .rights import ADMIN_POLICIES, EDIT_POLICY, SYSTEM, VIEW_POLICIES


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


def provision_aws_calls(
    place: Place, cluster: ClusterPlace, *, user_accounts: tuple[str, ...], deny_cluster_admin: bool, vendor: bool
) -> tuple[AwsCall, ...]:
    """Calls of tier `provision`, if the cluster has access policies.

    Every call names a principal that cannot exist, so that EKS changes nothing whatever IAM allows.
    """
    if not supports_access_entries(cluster.mode):
        return ()

    def entry(kind: str = "user", account: str = user_accounts[0]) -> dict[str, str]:
        principal = f"arn:{place.partition}:iam::{account}:{kind}/{IMPOSSIBLE_NAME}"
        return {"clusterName": cluster.name, "principalArn": principal}

    def call(action: str, allowed: bool, why: str, parameters: Mapping[str, object]) -> AwsCall:
        return AwsCall(action, allowed, why, parameters, cluster.region)

    def create(allowed: bool, why: str, parameters: Mapping[str, object]) -> AwsCall:
        return call("eks:CreateAccessEntry", allowed, why, {"type": "STANDARD", **parameters})

    def associate(
        policy: AccessPolicy, allowed: bool, why: str, scope: Mapping[str, object] = _CLUSTER, kind: str = "user"
    ) -> AwsCall:
        named = {**entry(kind), "policyArn": policy.arn(place.partition), "accessScope": dict(scope)}
        return call("eks:AssociateAccessPolicy", allowed, why, named)

    def disassociate(allowed: bool, why: str, kind: str = "user") -> AwsCall:
        named = {**entry(kind), "policyArn": VIEW_POLICIES[0].arn(place.partition)}
        return call("eks:DisassociateAccessPolicy", allowed, why, named)

    administers = not deny_cluster_admin
    return (
        create(True, "lets the user in that a policy is granted to", entry()),
        create(vendor, "lets a user in with a group", entry() | {"kubernetesGroups": [ABSENT]}),
        create(vendor, "lets a user in under any name", entry() | {"username": ABSENT}),
        create(vendor, "lets a role in; it grants to users only", entry("role")),
        *(
            ()
            if vendor
            else (
                create(False, "lets a user of another account in", entry(account=_OTHER_ACCOUNT)),
                create(False, "lets machines join as nodes", entry("role") | {"type": "EC2_LINUX"}),
            )
        ),
        *(associate(policy, True, "grants an access policy") for policy in VIEW_POLICIES),
        associate(EDIT_POLICY, True, "grants editing in a namespace", _scope("default")),
        associate(EDIT_POLICY, administers, "editing everywhere is administration"),
        associate(EDIT_POLICY, administers, "editing in kube-system is administration", _scope("default", SYSTEM)),
        associate(EDIT_POLICY, administers, "a pattern may include kube-system", _scope("default", "kube-*")),
        *(associate(policy, administers, "makes anyone administrator") for policy in ADMIN_POLICIES),
        associate(AccessPolicy("AmazonEKSSecretReaderPolicy"), vendor, "a policy that the connector does not grant"),
        associate(VIEW_POLICIES[0], vendor, "grants a policy to a role, its own included", kind="role"),
        disassociate(True, "revokes an access policy"),
        disassociate(vendor, "takes a role's access away", "role"),
        call("eks:DeleteAccessEntry", False, "shuts somebody out", entry()),
        call("eks:UpdateAccessEntry", False, "puts somebody into another group", entry()),
    )


IMPOSSIBLE_NAME = ABSENT.ljust(65, "-")
"""One character longer than IAM's names may be.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length"""
_OTHER_ACCOUNT = "000000000000"
"""No account has this id."""
_CLUSTER: Mapping[str, object] = {"type": "cluster"}


def _scope(*namespaces: str) -> Mapping[str, object]:
    return {"type": "namespace", "namespaces": list(namespaces)}
