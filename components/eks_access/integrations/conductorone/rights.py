"""The connector's permissions: those for the calls it makes at v0.1.3, and those that its page asks for."""

from ...model import grantable
from ...model.iam import Statement
from ...model.identity import AccessPolicy, supports_access_entries
from ...model.integration import ClusterPlace, Place
from ...model.rbac import API_GROUP as RBAC
from ...model.rbac import Grant, Rule

READ = ("get", "list", "watch")
ADMIN_POLICIES = (AccessPolicy("AmazonEKSClusterAdminPolicy"), AccessPolicy("AmazonEKSAdminPolicy"))


def entries_arn(cluster: ClusterPlace) -> str:
    """The ARN pattern of all access entries of the cluster: IAM authorizes calls on an entry by the entry's own ARN."""
    return cluster.arn.replace(":cluster/", ":access-entry/") + "/*"


def sync_statements(cluster: ClusterPlace) -> tuple[Statement, ...]:
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
            (entries_arn(cluster),),
            "who each entry is and what it may do",
        ),
        Statement("C1SyncIamRoles", ("iam:ListRoles", "iam:GetRole"), ("*",), "who can assume the mapped roles"),
    )


def provision_statements(cluster: ClusterPlace, place: Place, *, deny_cluster_admin: bool) -> tuple[Statement, ...]:
    """Statements to grant and revoke access policies; none if the cluster does not support them."""
    if not supports_access_entries(cluster.mode):
        return ()
    allow = Statement(
        "C1ProvisionEntries",
        ("eks:CreateAccessEntry", "eks:AssociateAccessPolicy", "eks:DisassociateAccessPolicy"),
        (cluster.arn, entries_arn(cluster)),
        "grants and revokes access policies",
    )
    # A separate statement: as a condition of the one above it would also deny calls that name no policy.
    deny = Statement(
        "C1NeverClusterAdmin",
        ("eks:AssociateAccessPolicy",),
        (entries_arn(cluster),),
        "makes nobody administrator",
        effect="Deny",
        conditions={"StringEquals": {"eks:policyArn": [policy.arn(place.partition) for policy in ADMIN_POLICIES]}},
    )
    return (allow, deny) if deny_cluster_admin else (allow,)


def sync_grants(name: str, group: str) -> tuple[Grant, ...]:
    return (
        Grant("sync", f"{name}-sync", group, _SYNC_RULES),
        Grant("aws-auth", f"{name}-aws-auth", group, _AWS_AUTH_RULES, namespaces=("kube-system",)),
    )


def page_grants(group: str) -> tuple[Grant, ...]:
    return (Grant("page", "read-only-access-cluster-role", group, _PAGE_RULES),)


def provision_grants(
    name: str, group: str, cluster_roles: tuple[str, ...], roles: tuple[str, ...]
) -> tuple[Grant, ...]:
    """Grants to bind the named roles, and to map the IAM users that they are granted to."""
    binding = grantable.grantable_rules(cluster_roles, roles)
    if not binding:
        return ()
    return (
        Grant("provision", f"{name}-provision", group, binding),
        Grant("users", f"{name}-users", group, _USERS_RULES, namespaces=("kube-system",)),
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
_USERS_RULES = (
    Rule(
        ("configmaps",),
        ("get", "update"),
        resource_names=("aws-auth",),
        why="maps the IAM user that a role is granted to",
    ),
)

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

PAGE_STATEMENTS = (
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
