"""Rules of access to clusters: access entries, access policies, aws-auth, and the clusters' own settings."""

from ..finding import Rule, Severity

_ENTRIES = "https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html"
_POLICIES = "https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html"
_AWS_AUTH = "https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html"
_MODES = "https://docs.aws.amazon.com/eks/latest/userguide/setting-up-access-entries.html"

CLUSTER_ADMIN_POLICY = Rule(
    "eks-cluster-admin-policy",
    "No principal is an administrator of a cluster by an access policy",
    Severity.CRITICAL,
    "Associate AmazonEKSViewPolicy, or add the entry to a group that is bound to a ClusterRole with the"
    " permissions that are needed. List administrators in this rule's setting `allowedPrincipals`.",
    _POLICIES,
    ("CIS EKS 4.1.1",),
)
ADMIN_POLICY = Rule(
    "eks-admin-policy",
    "AmazonEKSAdminPolicy is for administrators",
    Severity.HIGH,
    "Associate AmazonEKSViewPolicy, or bind a role with the permissions that are needed. List administrators in this"
    " rule's setting `allowedPrincipals`, and namespaces of their own in `namespaces`.",
    _POLICIES,
    ("CIS EKS 4.1.1",),
)
POLICY_SCOPE = Rule(
    "eks-policy-scope",
    "An access policy with write permissions is scoped to namespaces",
    Severity.MEDIUM,
    "Give the association an access scope of type `namespace` with the namespaces that need it.",
    _POLICIES,
)
UNKNOWN_POLICY = Rule(
    "eks-unknown-access-policy",
    "An access policy's rules are known",
    Severity.MEDIUM,
    "Associate a policy whose rules AWS publishes; an IAM policy's ARN grants nothing in a cluster.",
    _POLICIES,
)
SYSTEM_MASTERS = Rule(
    "eks-system-masters",
    "No principal is in system:masters",
    Severity.CRITICAL,
    "Map the principal to a group of its own and bind that; for administrators associate AmazonEKSClusterAdminPolicy"
    " with an access entry, which can be revoked. Members of system:masters bypass RBAC and webhooks.",
    "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege",
    ("CIS EKS 4.1.1", "CIS Kubernetes 5.1.7"),
)
RESERVED_NAME = Rule(
    "eks-reserved-name",
    "No principal has a reserved username or group",
    Severity.HIGH,
    "Choose names that do not begin with system:, eks:, aws:, amazon: or iam:. EKS rejects them in access entries; in"
    " aws-auth they give the principal the identity of a system component.",
    _ENTRIES,
)
NODE_IDENTITY = Rule(
    "eks-node-identity",
    "Only nodes have the identity of nodes",
    Severity.HIGH,
    "Remove the nodes' groups from the mapping, or, for a node's role, keep EKS' username with {{EC2PrivateDNSName}}.",
    _AWS_AUTH,
)
CHOSEN_NAME = Rule(
    "eks-caller-chosen-name",
    "Callers cannot choose their own username or groups",
    Severity.HIGH,
    "Put a prefix of your own with a colon before {{SessionName}} in the username, as in `vendor:{{SessionName}}`, and"
    " use no template in a group: session names are chosen by the caller.",
    _ENTRIES,
)
UNPREFIXED_NAME = Rule(
    "eks-username-without-prefix",
    "A username in aws-auth has a prefix before the session name",
    Severity.MEDIUM,
    "Put a prefix of your own with a colon before the session name, as in `vendor:{{SessionName}}`, unless who signs in"
    " is bound by that bare name: a caller who chooses the session's name can choose another user's.",
    "https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html",
)
ANOTHERS_NAME = Rule(
    "eks-anothers-username",
    "No principal has the username of a component or of another principal",
    Severity.HIGH,
    "Choose a username that begins with a prefix of the principal's own, as in `vendor:{{SessionName}}`: every binding"
    " of the other's name, in this stack or elsewhere, applies to this principal, and audit logs name the other.",
    _ENTRIES,
)
SHARED_NAME = Rule(
    "eks-shared-username",
    "A username belongs to one principal",
    Severity.MEDIUM,
    "Give each principal a username of its own: bindings of a shared one apply to all who have it, and audit logs do"
    " not tell them apart.",
    _ENTRIES,
)
UNBOUND_GROUP = Rule(
    "eks-unbound-group",
    "A principal's groups are bound to roles",
    Severity.LOW,
    "Bind the group in this stack, correct its name, or remove it: any later binding to a group of this name grants"
    " the principal its permissions.",
    _ENTRIES,
)
TWICE = Rule(
    "eks-principal-twice",
    "A principal has one entry or mapping per cluster",
    Severity.HIGH,
    "Keep the access entry and remove the mapping in aws-auth (or the second entry): if there are both, only the entry"
    " counts, and what the mapping grants is lost.",
    "https://docs.aws.amazon.com/eks/latest/userguide/migrating-access-entries.html",
)
WHOLE_AWS_AUTH = Rule(
    "eks-aws-auth-ownership",
    "No stack owns the whole of aws-auth",
    Severity.HIGH,
    "Use access entries, or eks_access' AwsAuthMapping, which merges a single mapping. A ConfigMap resource"
    " replaces what EKS and others have written, nodes included, and deletes it with the stack.",
    _AWS_AUTH,
)
MAP_ACCOUNTS = Rule(
    "eks-map-accounts",
    "Principals are mapped individually",
    Severity.MEDIUM,
    "Map the roles that need access, and leave mapAccounts empty: it lets every user and role of an account sign in.",
    _AWS_AUTH,
)
BROKEN_AWS_AUTH = Rule(
    "eks-aws-auth-unreadable",
    "aws-auth is valid",
    Severity.HIGH,
    "Correct the YAML: a section with an error maps no principal, nodes included. Quote every string.",
    _AWS_AUTH,
)
PRINCIPAL = Rule(
    "eks-entry-principal",
    "An access entry or mapping names one IAM role or user",
    Severity.HIGH,
    "Name a role or user by its ARN: with its path in an access entry, without it in aws-auth. Sessions, accounts,"
    " service-linked roles and patterns are rejected, or never match.",
    _ENTRIES,
)
FOREIGN_PRINCIPAL = Rule(
    "eks-foreign-principal",
    "Principals of other accounts assume a role of your own",
    Severity.HIGH,
    "Let the other account assume a role of your own, with an ExternalId if it is a vendor's, and give that role the"
    " entry. List accounts of your own in this rule's settings `accounts` and `allowedAccounts`.",
    _ENTRIES,
)
ENTRY_TYPE = Rule(
    "eks-entry-type",
    "Entries of nodes have no permissions of their own",
    Severity.MEDIUM,
    "Remove groups, username and access policies from entries whose type is not STANDARD: EKS rejects them.",
    _ENTRIES,
)
CLUSTER_REPLACED = Rule(
    "eks-cluster-replaced",
    "A change of its access configuration does not replace a cluster",
    Severity.CRITICAL,
    "Keep `bootstrapClusterCreatorAdminPermissions` at the value that the cluster was created with, or add"
    " `accessConfig.bootstrapClusterCreatorAdminPermissions` to ignore_changes; and protect the cluster.",
    "https://github.com/pulumi/pulumi-eks/issues/1291",
)
ACCESS_CONFIG = Rule(
    "eks-cluster-access-config",
    "A cluster's access configuration cannot replace it unexpectedly",
    Severity.MEDIUM,
    "Set `bootstrapClusterCreatorAdminPermissions` explicitly, and protect the cluster: if it is not set, adding or"
    " changing `accessConfig` can replace the cluster with everything in it.",
    "https://github.com/pulumi/pulumi-eks/issues/1291",
)
MODE_CHANGE = Rule(
    "eks-authentication-mode-change",
    "The authentication mode changes one step at a time, and only forward",
    Severity.HIGH,
    "Change from CONFIG_MAP to API_AND_CONFIG_MAP, migrate every mapping to an access entry, and change to API when"
    " nothing is left in aws-auth. The mode cannot be changed back.",
    _MODES,
)
CONFIG_MAP_MODE = Rule(
    "eks-authentication-mode",
    "A cluster accepts access entries",
    Severity.MEDIUM,
    "Set the authentication mode to API, or during a migration to API_AND_CONFIG_MAP: aws-auth is deprecated, has no"
    " audit log of its own, and one error in it locks everyone out.",
    _MODES,
)
CREATOR_ADMIN = Rule(
    "eks-creator-admin",
    "The creator of a cluster is not its permanent administrator",
    Severity.LOW,
    "Set `bootstrapClusterCreatorAdminPermissions` to false when the cluster is created, and give administrators access"
    " entries.",
    _MODES,
)
IDENTITY_PROVIDER = Rule(
    "eks-identity-provider-prefix",
    "Usernames and groups of an external identity provider have a prefix",
    Severity.HIGH,
    "Set `usernamePrefix` and `groupsPrefix`, neither of them empty, `-`, or a part of `system:`, and a required claim:"
    " without them the provider's users can have the usernames and groups of others.",
    "https://docs.aws.amazon.com/eks/latest/userguide/authenticate-oidc-identity-provider.html",
)
POD_IDENTITY = Rule(
    "eks-pod-identity-default",
    "An IAM role is associated with a dedicated service account",
    Severity.MEDIUM,
    "Create a service account for the workload that needs the role: every pod without one runs as `default`.",
    "https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html",
)

RULES: tuple[Rule, ...] = (
    CLUSTER_ADMIN_POLICY,
    ADMIN_POLICY,
    POLICY_SCOPE,
    UNKNOWN_POLICY,
    SYSTEM_MASTERS,
    RESERVED_NAME,
    NODE_IDENTITY,
    CHOSEN_NAME,
    UNPREFIXED_NAME,
    ANOTHERS_NAME,
    SHARED_NAME,
    UNBOUND_GROUP,
    TWICE,
    WHOLE_AWS_AUTH,
    MAP_ACCOUNTS,
    BROKEN_AWS_AUTH,
    PRINCIPAL,
    FOREIGN_PRINCIPAL,
    ENTRY_TYPE,
    CLUSTER_REPLACED,
    ACCESS_CONFIG,
    MODE_CHANGE,
    CONFIG_MAP_MODE,
    CREATOR_ADMIN,
    IDENTITY_PROVIDER,
    POD_IDENTITY,
)
