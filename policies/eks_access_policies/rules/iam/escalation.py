"""Rules of escalation: what lets its holder gain further rights."""

from ...finding import Rule, Severity

_USER_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide"
_EKS_GUIDE = "https://docs.aws.amazon.com/eks/latest/userguide"
_ESCALATION = "https://pathfinding.cloud/paths"

ESCALATION_SELF = Rule(
    "iam-escalation-policies",
    "Nobody but administrators can change policies, and so grant themselves any right",
    Severity.CRITICAL,
    "Leave the action out. Where it is needed, name the identities that it is for, and require iam:PolicyARN or"
    " iam:PermissionsBoundary.",
    _ESCALATION,
)
ESCALATION_IDENTITIES = Rule(
    "iam-escalation-identities",
    "Nobody but administrators can become another identity",
    Severity.HIGH,
    "Leave the action out, or name the users and roles that it is for (user/${aws:username} for one's own).",
    _ESCALATION,
)
ESCALATION_PASS_ROLE = Rule(
    "iam-escalation-pass-role",
    "A role is passed only to services and in roles that are named",
    Severity.HIGH,
    "Name the roles in the statement for iam:PassRole, and the service in iam:PassedToService.",
    _ESCALATION,
)
ESCALATION_EXISTING = Rule(
    "iam-escalation-workloads",
    "Nobody runs their own code or commands with the role of a workload that they do not own",
    Severity.HIGH,
    "Name the functions, instances, projects, stacks or jobs that the action is for, or require a tag on them.",
    _ESCALATION,
)
ESCALATION_CONFINED = Rule(
    "iam-escalation-confined",
    "Rights that let their holder gain others are for what is named in full",
    Severity.MEDIUM,
    "Name the resources without wildcards, and see to it that the holder has no way to become what is named.",
    _ESCALATION,
)
PASS_ROLE_ANY = Rule(
    "iam-pass-role-any",
    "iam:PassRole names the roles, or the service that gets them",
    Severity.MEDIUM,
    "Name the roles in Resource, and the service in iam:PassedToService. With another policy of the same identity it"
    " may be all that is missing to act as any role.",
    f"{_USER_GUIDE}/id_roles_use_passrole.html",
)
EKS_ACCESS_POLICIES = Rule(
    "eks-escalation-access-policies",
    "Nobody but administrators can make a principal administrator of a cluster",
    Severity.HIGH,
    "Require eks:policyArn with the policies that may be given (not AmazonEKSClusterAdminPolicy or"
    " AmazonEKSAdminPolicy), or eks:accessScope 'namespace' with eks:namespaces; and name the"
    " clusters in the access entries' ARNs.",
    f"{_EKS_GUIDE}/access-policies.html",
    ("CIS EKS 4.1.1",),
)
EKS_ACCESS_ENTRIES = Rule(
    "eks-escalation-access-entries",
    "Nobody but administrators decides who is who in a cluster",
    Severity.HIGH,
    "Require eks:principalArn, and eks:kubernetesGroups (ForAllValues:StringEquals) and eks:username with the values"
    " that may be given.",
    f"{_EKS_GUIDE}/access-entries.html",
    ("CIS EKS 4.1.1",),
)
EKS_AUTHENTICATION = Rule(
    "eks-escalation-authentication",
    "Nobody but administrators changes how a cluster knows its users",
    Severity.HIGH,
    "Leave the action out. For updates of other settings require eks:authenticationMode to be absent (Null 'true'); for"
    " identity providers require eks:issuerUrl and eks:clientId.",
    f"{_EKS_GUIDE}/grant-k8s-access.html",
)
EKS_WORKLOAD_ROLES = Rule(
    "eks-escalation-workload-roles",
    "Pods and nodes get only roles that are named",
    Severity.HIGH,
    "Name the roles in the statement for iam:PassRole, and the service in iam:PassedToService"
    " (pods.eks.amazonaws.com for Pod Identity).",
    f"{_EKS_GUIDE}/pod-id-association.html",
)
