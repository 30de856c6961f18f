"""Rules of privilege escalation: permissions that let a principal gain further permissions."""

from ...finding import Rule, Severity

_USER_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide"
_EKS_GUIDE = "https://docs.aws.amazon.com/eks/latest/userguide"
_ESCALATION = "https://pathfinding.cloud/paths"

ESCALATION_SELF = Rule(
    "iam-escalation-policies",
    "Only administrators can change policies, and so grant themselves any permission",
    Severity.CRITICAL,
    "Remove the action. If it is needed, name the identities that it is for, and require iam:PolicyARN or"
    " iam:PermissionsBoundary.",
    _ESCALATION,
)
ESCALATION_IDENTITIES = Rule(
    "iam-escalation-identities",
    "Only administrators can act as another identity",
    Severity.HIGH,
    "Remove the action, or name the users and roles that it is for (user/${aws:username} for the caller's own).",
    _ESCALATION,
)
ESCALATION_PASS_ROLE = Rule(
    "iam-escalation-pass-role",
    "iam:PassRole is limited to named roles and services",
    Severity.HIGH,
    "Name the roles in the statement for iam:PassRole, and the service in iam:PassedToService.",
    _ESCALATION,
)
ESCALATION_EXISTING = Rule(
    "iam-escalation-workloads",
    "Running code with the role of an existing workload is limited to named workloads",
    Severity.HIGH,
    "Name the functions, instances, projects, stacks or jobs that the action is for, or require a tag on them.",
    _ESCALATION,
)
ESCALATION_CONFINED = Rule(
    "iam-escalation-confined",
    "Permissions that allow escalation are limited to resources that are named in full",
    Severity.MEDIUM,
    "Name the resources without wildcards, and make sure that the principal cannot act as any of them.",
    _ESCALATION,
)
PASS_ROLE_ANY = Rule(
    "iam-pass-role-any",
    "iam:PassRole names the roles, or the service that they are passed to",
    Severity.MEDIUM,
    "Name the roles in Resource, and the service in iam:PassedToService. Together with another policy of the same"
    " identity it can be enough to act as any role.",
    f"{_USER_GUIDE}/id_roles_use_passrole.html",
)
EKS_ACCESS_POLICIES = Rule(
    "eks-escalation-access-policies",
    "Only administrators can make a principal an administrator of a cluster",
    Severity.HIGH,
    "Require eks:policyArn with the policies that may be associated (not AmazonEKSClusterAdminPolicy or"
    " AmazonEKSAdminPolicy), or eks:accessScope 'namespace' with eks:namespaces; and name the"
    " clusters in the access entries' ARNs.",
    f"{_EKS_GUIDE}/access-policies.html",
    ("CIS EKS 4.1.1",),
)
EKS_ACCESS_ENTRIES = Rule(
    "eks-escalation-access-entries",
    "Only administrators can map principals to Kubernetes identities",
    Severity.HIGH,
    "Require eks:principalArn, and eks:kubernetesGroups (ForAllValues:StringEquals) and eks:username with the values"
    " that may be assigned.",
    f"{_EKS_GUIDE}/access-entries.html",
    ("CIS EKS 4.1.1",),
)
EKS_AUTHENTICATION = Rule(
    "eks-escalation-authentication",
    "Only administrators can change how a cluster authenticates users",
    Severity.HIGH,
    "Remove the action. For updates of other settings require that eks:authenticationMode is absent (Null 'true'); for"
    " identity providers require eks:issuerUrl and eks:clientId.",
    f"{_EKS_GUIDE}/grant-k8s-access.html",
)
EKS_WORKLOAD_ROLES = Rule(
    "eks-escalation-workload-roles",
    "Only named roles can be given to pods and nodes",
    Severity.HIGH,
    "Name the roles in the statement for iam:PassRole, and the service in iam:PassedToService"
    " (pods.eks.amazonaws.com for Pod Identity).",
    f"{_EKS_GUIDE}/pod-id-association.html",
)
