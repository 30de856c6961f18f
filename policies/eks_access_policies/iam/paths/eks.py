"""EKS's own escalation paths: into a cluster, to cluster administrator, and to the roles of its pods and nodes.

Condition keys as in https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelastickubernetesservice.html
"""

from ...rules.iam.escalation import EKS_ACCESS_ENTRIES, EKS_ACCESS_POLICIES, EKS_AUTHENTICATION, EKS_WORKLOAD_ROLES
from ..glob import is_pattern, matches
from .path import EscalationPath, Mitigation

ADMINISTRATORS = ("AmazonEKSClusterAdminPolicy", "AmazonEKSAdminPolicy")
"""Access policies that let a principal gain every further permission in their scope.

https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html"""


def _is_below_admin(policy: str) -> bool:
    """Whether no administrator's policy matches the pattern."""
    name = policy.rpartition("/")[2]
    return "/" in policy and not any(matches(name, each) for each in ADMINISTRATORS)


def _is_named(value: str) -> bool:
    return not is_pattern(value)


def _is_ordinary_namespace(value: str) -> bool:
    return bool(value.strip("*?")) and not matches(value, "kube-system")


_POLICIES = tuple(
    tuple(f"arn:{partition}:eks::aws:cluster-access-policy/{name}" for name in ADMINISTRATORS)
    for partition in ("aws", "aws-cn", "aws-us-gov")
)
_NO_ADMIN = (Mitigation("eks:policyArn", _is_below_admin, unsafe_values=_POLICIES),)
_IN_NAMESPACES = (
    # Without the scope, ForAllValues on the namespaces allows cluster scope, which has no namespaces.
    Mitigation("eks:accessScope", lambda value: value == "namespace", unsafe_values=(("cluster",),)),
    Mitigation("eks:namespaces", _is_ordinary_namespace, is_multivalued=True),
)
_MODES = (("API_AND_CONFIG_MAP",),)
"""The mode that follows aws-auth alone: EKS allows one step at a time."""


def _is_last_mode(value: str) -> bool:
    return value == "API"


_GROUPS = Mitigation("eks:kubernetesGroups", _is_named, is_multivalued=True)
_USERNAME = Mitigation("eks:username", _is_named)
_PRINCIPAL = Mitigation("eks:principalArn", _is_named)

PATHS: tuple[EscalationPath, ...] = (
    EscalationPath(
        ("eks:AssociateAccessPolicy", "eks:CreateAccessEntry"),
        EKS_ACCESS_POLICIES,
        "give any principal access to a cluster, and make it an administrator of the cluster",
        mitigated_by=(_NO_ADMIN, _IN_NAMESPACES),
        reports_single_resource=True,
    ),
    EscalationPath(
        ("eks:AssociateAccessPolicy",),
        EKS_ACCESS_POLICIES,
        "make any principal with an access entry an administrator of the cluster, itself included",
        mitigated_by=(_NO_ADMIN, _IN_NAMESPACES),
        reports_single_resource=True,
    ),
    EscalationPath(
        ("eks:CreateAccessEntry",),
        EKS_ACCESS_ENTRIES,
        "give any principal access to a cluster, under any username and in any group that has permissions there",
        mitigated_by=((_PRINCIPAL,), (_GROUPS, _USERNAME)),
    ),
    EscalationPath(
        ("eks:UpdateAccessEntry",),
        EKS_ACCESS_ENTRIES,
        "change the username and groups of any principal in a cluster, itself included",
        mitigated_by=((_GROUPS, _USERNAME),),
        reports_single_resource=True,
    ),
    EscalationPath(
        ("eks:UpdateClusterConfig",),
        EKS_AUTHENTICATION,
        "make a cluster accept access entries where only aws-auth counts, open its endpoint, and disable its audit log",
        mitigated_by=(
            (Mitigation("eks:authenticationMode", _is_last_mode, allows_absence=True, unsafe_values=_MODES),),
        ),
    ),
    EscalationPath(
        ("eks:AssociateIdentityProviderConfig",),
        EKS_AUTHENTICATION,
        "let its own identity provider authenticate users to a cluster, under any username and group",
        mitigated_by=((Mitigation("eks:issuerUrl", _is_named), Mitigation("eks:clientId", _is_named)),),
    ),
    *(
        EscalationPath(
            ("iam:PassRole", action), EKS_WORKLOAD_ROLES, gains, tuple(f"{each}.amazonaws.com" for each in services)
        )
        for action, gains, services in (
            (
                "eks:CreatePodIdentityAssociation|eks:UpdatePodIdentityAssociation",
                "give any role that trusts Pod Identity to pods of a cluster",
                ("pods.eks",),
            ),
            (
                "eks:CreateNodegroup",
                "start nodes with any role, and use the role",
                ("ec2", "eks", "eks-nodegroup"),
            ),
            (
                "eks:CreateFargateProfile",
                "run pods with any role that Fargate accepts",
                ("eks-fargate-pods", "eks-fargate", "eks"),
            ),
            ("eks:CreateAddon|eks:UpdateAddon", "give any role to an add-on's pods", ("eks", "pods.eks")),
            ("eks:CreateCapability|eks:UpdateCapability", "give any role to a capability", ("capabilities.eks", "eks")),
        )
    ),
)
