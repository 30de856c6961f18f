"""The connector's permissions: those for the calls it makes at v0.1.3, and those that its page asks for."""

from ...model import grantable
from ...model.iam import Conditions, Statement
from ...model.identity import AccessPolicy, supports_access_entries
from ...model.integration import ClusterPlace, Place
from ...model.rbac import API_GROUP as RBAC
from ...model.rbac import Grant, Rule

READ = ("get", "list", "watch")
ADMIN_POLICIES = (AccessPolicy("AmazonEKSClusterAdminPolicy"), AccessPolicy("AmazonEKSAdminPolicy"))
EDIT_POLICY = AccessPolicy("AmazonEKSEditPolicy")
"""In kube-system it is administration: it runs commands in pods there and impersonates their service accounts."""
VIEW_POLICIES = (AccessPolicy("AmazonEKSViewPolicy"), AccessPolicy("AmazonEKSAdminViewPolicy"))
SYSTEM = "kube-system"
_ANY_PATTERN = ("*${*}*", "*${?}*")
"""Names of namespaces with a wildcard in them, as IAM spells the characters themselves. EKS takes `kube-*` as a
namespace of an access policy's scope: https://docs.aws.amazon.com/eks/latest/userguide/access-policies.html"""


def entries_arn(cluster: ClusterPlace, principals: str = "") -> str:
    """The ARN pattern of access entries of the cluster: IAM authorizes calls on an entry by the entry's own ARN.

    `principals` narrows it, as in `user/111122223333/`; all of them when left out.
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelastickubernetesservice.html
    """
    return f"{cluster.arn.replace(':cluster/', ':access-entry/')}/{principals}*"


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


def provision_statements(
    cluster: ClusterPlace, place: Place, *, user_accounts: tuple[str, ...], deny_cluster_admin: bool
) -> tuple[Statement, ...]:
    """Statements to grant and revoke access policies; none if the cluster does not support them.

    They are confined to what the connector sends (pkg/client/access_entries.go, pkg/connector/access_policies.go): IAM
    users, entries without a username or groups of their own, and the five policies that it knows.
    """
    if not supports_access_entries(cluster.mode):
        return ()
    users = tuple(entries_arn(cluster, f"user/{account}/") for account in user_accounts)
    grantable = (*VIEW_POLICIES, EDIT_POLICY, *(() if deny_cluster_admin else ADMIN_POLICIES))
    allow = (
        Statement(
            "C1ProvisionEntries",
            ("eks:CreateAccessEntry",),
            (cluster.arn,),
            "lets the user in that a policy is granted to, in no group and under no chosen name",
            conditions={
                "StringEquals": {"eks:accessEntryType": "STANDARD"},
                "ArnLike": {
                    "eks:principalArn": [f"arn:{place.partition}:iam::{account}:user/*" for account in user_accounts]
                },
                "Null": {"eks:kubernetesGroups": "true", "eks:username": "true"},
            },
        ),
        Statement(
            "C1GrantPolicies",
            ("eks:AssociateAccessPolicy",),
            users,
            "grants access policies, and takes single namespaces away",
            conditions={"StringEquals": {"eks:policyArn": _arns(place, *grantable)}},
        ),
        Statement("C1RevokePolicies", ("eks:DisassociateAccessPolicy",), users, "revokes access policies"),
    )
    return (*allow, *_denials(cluster, place)) if deny_cluster_admin else allow


def _denials(cluster: ClusterPlace, place: Place) -> tuple[Statement, ...]:
    """What makes an administrator, whatever other statements allow."""

    def never(sid: str, why: str, conditions: Conditions) -> Statement:
        return Statement(sid, ("eks:AssociateAccessPolicy",), (entries_arn(cluster),), why, "Deny", conditions)

    edit = {"eks:policyArn": _arns(place, EDIT_POLICY)}
    return (
        never(
            "C1NeverClusterAdmin",
            "makes nobody administrator",
            {"StringEquals": {"eks:policyArn": _arns(place, *ADMIN_POLICIES)}},
        ),
        never(
            "C1NeverEditCluster",
            "the whole cluster includes kube-system",
            {"StringEquals": {**edit, "eks:accessScope": "cluster"}},
        ),
        never(
            "C1NeverEditSystem",
            "editing in kube-system, which a pattern may include, is administration of the cluster",
            {"StringEquals": edit, "ForAnyValue:StringLike": {"eks:namespaces": [SYSTEM, *_ANY_PATTERN]}},
        ),
    )


def _arns(place: Place, *policies: AccessPolicy) -> list[str]:
    return [policy.arn(place.partition) for policy in policies]


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
