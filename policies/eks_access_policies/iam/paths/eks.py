"""EKS's own paths: into a cluster, up to its administrators, and to the roles of its pods and nodes.

Condition keys as in https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelastickubernetesservice.html
"""

from ...rules.iam.escalation import EKS_ACCESS_ENTRIES, EKS_ACCESS_POLICIES, EKS_AUTHENTICATION, EKS_WORKLOAD_ROLES
from ..glob import is_pattern, matches
from .path import Mitigation, Path

ADMINISTRATORS = ("AmazonEKSClusterAdminPolicy", "AmazonEKSAdminPolicy")
"""Access policies that let their holder gain every further right in their scope.

https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html"""


def _is_below_admin(policy: str) -> bool:
    """Can the pattern be no administrator's policy?"""
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
_NO_ADMIN = (Mitigation("eks:policyArn", _is_below_admin, dangers=_POLICIES),)
_IN_NAMESPACES = (
    # Without the scope, ForAllValues on the namespaces lets cluster scope through, which has none.
    Mitigation("eks:accessScope", lambda value: value == "namespace", dangers=(("cluster",),)),
    Mitigation("eks:namespaces", _is_ordinary_namespace, many=True),
)
_MODES = (("API_AND_CONFIG_MAP",),)
"""The mode that a cluster goes to from aws-auth alone: EKS takes one step at a time."""


def _is_last_mode(value: str) -> bool:
    return value == "API"


_GROUPS = Mitigation("eks:kubernetesGroups", _is_named, many=True)
_USERNAME = Mitigation("eks:username", _is_named)
_PRINCIPAL = Mitigation("eks:principalArn", _is_named)

PATHS: tuple[Path, ...] = (
    Path(
        ("eks:AssociateAccessPolicy", "eks:CreateAccessEntry"),
        EKS_ACCESS_POLICIES,
        "let any principal into a cluster, and make it the cluster's administrator",
        defused_by=(_NO_ADMIN, _IN_NAMESPACES),
        one_matters=True,
    ),
    Path(
        ("eks:AssociateAccessPolicy",),
        EKS_ACCESS_POLICIES,
        "make whoever has an access entry administrator of the cluster, itself among them",
        defused_by=(_NO_ADMIN, _IN_NAMESPACES),
        one_matters=True,
    ),
    Path(
        ("eks:CreateAccessEntry",),
        EKS_ACCESS_ENTRIES,
        "let any principal into a cluster, under any username and with any group that has rights there",
        defused_by=((_PRINCIPAL,), (_GROUPS, _USERNAME)),
    ),
    Path(
        ("eks:UpdateAccessEntry",),
        EKS_ACCESS_ENTRIES,
        "change its own or anyone's username and groups in a cluster",
        defused_by=((_GROUPS, _USERNAME),),
        one_matters=True,
    ),
    Path(
        ("eks:UpdateClusterConfig",),
        EKS_AUTHENTICATION,
        "have a cluster take access entries where aws-auth alone decides, open its endpoint, and end its audit log",
        defused_by=((Mitigation("eks:authenticationMode", _is_last_mode, absent=True, dangers=_MODES),),),
    ),
    Path(
        ("eks:AssociateIdentityProviderConfig",),
        EKS_AUTHENTICATION,
        "have an identity provider of its own sign users in to a cluster, under any username and group",
        defused_by=((Mitigation("eks:issuerUrl", _is_named), Mitigation("eks:clientId", _is_named)),),
    ),
    *(
        Path(("iam:PassRole", action), EKS_WORKLOAD_ROLES, gains, tuple(f"{each}.amazonaws.com" for each in services))
        for action, gains, services in (
            (
                "eks:CreatePodIdentityAssociation|eks:UpdatePodIdentityAssociation",
                "give any role that trusts Pod Identity to pods of a cluster",
                ("pods.eks",),
            ),
            (
                "eks:CreateNodegroup",
                "start nodes with any role, and take it from them",
                ("ec2", "eks", "eks-nodegroup"),
            ),
            (
                "eks:CreateFargateProfile",
                "run pods with any role that Fargate takes",
                ("eks-fargate-pods", "eks-fargate", "eks"),
            ),
            ("eks:CreateAddon|eks:UpdateAddon", "give any role to an add-on's pods", ("eks", "pods.eks")),
            ("eks:CreateCapability|eks:UpdateCapability", "give any role to a capability", ("capabilities.eks", "eks")),
        )
    ),
)
