"""The rules about ways into clusters: access entries, access policies, aws-auth, and the clusters' own settings."""

from ..finding import Rule, Severity

_ENTRIES = "https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html"
_POLICIES = "https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html"
_AWS_AUTH = "https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html"
_MODES = "https://docs.aws.amazon.com/eks/latest/userguide/setting-up-access-entries.html"

CLUSTER_ADMIN_POLICY = Rule(
    "eks-cluster-admin-policy",
    "Nobody is a cluster's administrator by an access policy",
    Severity.CRITICAL,
    "Associate AmazonEKSViewPolicy, or put the entry in a group that a ClusterRole with the rights that are needed is"
    " bound to. Administrators are named in this rule's setting `allowedPrincipals`.",
    _POLICIES,
    ("CIS EKS 4.1.1",),
)
ADMIN_POLICY = Rule(
    "eks-admin-policy",
    "AmazonEKSAdminPolicy is for administrators",
    Severity.HIGH,
    "Associate AmazonEKSViewPolicy, or bind a role with the rights that are needed. Administrators are named in this"
    " rule's setting `allowedPrincipals`, and namespaces of their own in `namespaces`.",
    _POLICIES,
    ("CIS EKS 4.1.1",),
)
POLICY_SCOPE = Rule(
    "eks-policy-scope",
    "An access policy that writes holds in namespaces",
    Severity.MEDIUM,
    "Give the association an access scope of type `namespace` with the namespaces that are concerned.",
    _POLICIES,
)
UNKNOWN_POLICY = Rule(
    "eks-unknown-access-policy",
    "An access policy is one whose rules are known",
    Severity.MEDIUM,
    "Associate a policy whose rules AWS publishes; an IAM policy's ARN gives nothing in a cluster.",
    _POLICIES,
)
SYSTEM_MASTERS = Rule(
    "eks-system-masters",
    "Nobody is in system:masters",
    Severity.CRITICAL,
    "Map the principal to a group of its own and bind that; for administrators associate AmazonEKSClusterAdminPolicy"
    " with an access entry, which can be taken away again. Members of system:masters are past RBAC and webhooks.",
    "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege",
    ("CIS EKS 4.1.1", "CIS Kubernetes 5.1.7"),
)
RESERVED_NAME = Rule(
    "eks-reserved-name",
    "No principal is named, or grouped, as a part of the system",
    Severity.HIGH,
    "Choose names that do not begin with system:, eks:, aws:, amazon: or iam:. EKS refuses them in access entries; in"
    " aws-auth they make the principal a part of the system.",
    _ENTRIES,
)
NODE_IDENTITY = Rule(
    "eks-node-identity",
    "Only nodes are nodes",
    Severity.HIGH,
    "Take the nodes' groups off the mapping, or, for a node's role, keep EKS' own username with {{EC2PrivateDNSName}}.",
    _AWS_AUTH,
)
CHOSEN_NAME = Rule(
    "eks-caller-chosen-name",
    "Callers do not choose their own names and groups",
    Severity.HIGH,
    "Put a prefix of your own with a colon before {{SessionName}} in the username, as in `vendor:{{SessionName}}`, and"
    " no template in a group: session names are chosen by the caller.",
    _ENTRIES,
)
UNBOUND_GROUP = Rule(
    "eks-unbound-group",
    "A principal's group is bound to something",
    Severity.LOW,
    "Bind the group in this stack, correct its name, or leave it out: whoever makes a binding of this name later gives"
    " the principal those rights.",
    _ENTRIES,
)
TWICE = Rule(
    "eks-principal-twice",
    "A principal has one way into a cluster",
    Severity.HIGH,
    "Keep the access entry and remove the mapping in aws-auth (or the second entry): where there are both, the entry"
    " alone counts, and what the mapping gives is lost.",
    "https://docs.aws.amazon.com/eks/latest/userguide/migrating-access-entries.html",
)
WHOLE_AWS_AUTH = Rule(
    "eks-aws-auth-ownership",
    "No stack owns the whole of aws-auth",
    Severity.HIGH,
    "Use access entries, or eks_access' AwsAuthMapping, which merges one entry in. A ConfigMap resource replaces what"
    " EKS and others have written, nodes included, and deletes it with the stack.",
    _AWS_AUTH,
)
MAP_ACCOUNTS = Rule(
    "eks-map-accounts",
    "Principals are let in one by one",
    Severity.MEDIUM,
    "Map the roles that need access, and leave mapAccounts empty: it lets every user and role of an account sign in.",
    _AWS_AUTH,
)
BROKEN_AWS_AUTH = Rule(
    "eks-aws-auth-unreadable",
    "aws-auth is read as it is written",
    Severity.HIGH,
    "Correct the YAML: a section with an error maps nobody, nodes included. Quote every text.",
    _AWS_AUTH,
)
PRINCIPAL = Rule(
    "eks-entry-principal",
    "A way into a cluster names one IAM role or user",
    Severity.HIGH,
    "Name a role or user by its ARN: with its path in an access entry, without it in aws-auth. Sessions, accounts,"
    " service-linked roles and patterns are refused, or never match.",
    _ENTRIES,
)
FOREIGN_PRINCIPAL = Rule(
    "eks-foreign-principal",
    "Principals of other accounts come in by a role of your own",
    Severity.HIGH,
    "Let the other account assume a role of your own, with an ExternalId where it is a vendor's, and give that role the"
    " entry. Accounts of your own are named in this rule's settings `accounts` and `allowedAccounts`.",
    _ENTRIES,
)
ENTRY_TYPE = Rule(
    "eks-entry-type",
    "Entries of nodes have no rights of their own",
    Severity.MEDIUM,
    "Leave groups, username and access policies out of entries whose type is not STANDARD: EKS refuses them.",
    _ENTRIES,
)
CLUSTER_REPLACED = Rule(
    "eks-cluster-replaced",
    "A cluster is not replaced for its access configuration",
    Severity.CRITICAL,
    "Keep `bootstrapClusterCreatorAdminPermissions` at the value that the cluster was made with, or put"
    " `accessConfig.bootstrapClusterCreatorAdminPermissions` in ignore_changes; and protect the cluster.",
    "https://github.com/pulumi/pulumi-eks/issues/1291",
)
ACCESS_CONFIG = Rule(
    "eks-cluster-access-config",
    "A cluster's access configuration cannot replace it by surprise",
    Severity.MEDIUM,
    "Give `bootstrapClusterCreatorAdminPermissions` explicitly, and protect the cluster: where it is left out, adding"
    " or changing `accessConfig` can replace the cluster with everything in it.",
    "https://github.com/pulumi/pulumi-eks/issues/1291",
)
MODE_CHANGE = Rule(
    "eks-authentication-mode-change",
    "An authentication mode moves forward, one step at a time",
    Severity.HIGH,
    "Go from CONFIG_MAP to API_AND_CONFIG_MAP, carry every mapping over to an access entry, and go on to API when"
    " nothing is left in aws-auth. There is no way back.",
    _MODES,
)
CONFIG_MAP_MODE = Rule(
    "eks-authentication-mode",
    "A cluster takes access entries",
    Severity.MEDIUM,
    "Set the authentication mode to API, or on the way there to API_AND_CONFIG_MAP: aws-auth is deprecated, has no"
    " audit of its own, and one error in it shuts everyone out.",
    _MODES,
)
CREATOR_ADMIN = Rule(
    "eks-creator-admin",
    "Who made a cluster is not its administrator for ever",
    Severity.LOW,
    "Set `bootstrapClusterCreatorAdminPermissions` to false when the cluster is made, and give administrators access"
    " entries.",
    _MODES,
)
IDENTITY_PROVIDER = Rule(
    "eks-identity-provider-prefix",
    "A foreign identity provider's names have a prefix",
    Severity.HIGH,
    "Give `usernamePrefix` and `groupsPrefix`, neither of them empty or `-`, and a required claim: without them the"
    " provider's users can have the names and groups of others.",
    "https://docs.aws.amazon.com/eks/latest/userguide/authenticate-oidc-identity-provider.html",
)
POD_IDENTITY = Rule(
    "eks-pod-identity-default",
    "An IAM role is given to a service account of its own",
    Severity.MEDIUM,
    "Make a service account for what needs the role: every pod that names none runs as `default`.",
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
