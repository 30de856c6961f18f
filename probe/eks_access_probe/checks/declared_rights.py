"""Which rights of the matrix a description grants, and which are left to review as undeclared. Pure.

A right that the user has and the description does not grant came from elsewhere: another binding, an access policy, or
a right of every authenticated user.
"""

from eks_access.manifest.models import AccessPolicy, Cluster, Grant, IntegrationAccess, KubernetesExpectation
from eks_access.model.access_policies import AssociatedPolicy, find_granting_policy
from eks_access.model.arn import parse
from eks_access.model.identity import EntryMethod
from eks_access.model.kubernetes_rights import MATRIX, PolicyRule, Request, allows


def format_right(right: Request) -> str:
    return f"{right.verb} {right.full_resource}{'.' if right.group else ''}{right.group}"


def to_expectation(right: Request) -> KubernetesExpectation:
    """The right as a call of the manifest, in which form access reviews are made."""
    return KubernetesExpectation(
        verb=right.verb,
        api_group=right.group,
        resource=right.resource,
        subresource=right.subresource or None,
        namespace=None,
        name=None,
        allowed=False,
        why="",
    )


def find_undeclared_rights(access: IntegrationAccess, cluster: Cluster) -> list[Request]:
    """The rights to review: those that the description neither grants nor has an expectation of its own about."""
    own = {(e.verb, e.api_group, e.resource, e.subresource, e.namespace, e.name) for e in access.kubernetes}
    return [
        right
        for right in MATRIX
        if (right.verb, right.group, right.resource, right.subresource or None, None, None) not in own
        and not is_declared(access, cluster, right)
    ]


def is_declared(access: IntegrationAccess, cluster: Cluster, right: Request) -> bool:
    """Whether the description grants the right in the whole cluster."""
    own = (grant for grant in access.grants if grant.namespaces is None and is_own_grant(access, grant))
    if any(allows(PolicyRule.from_json(rule), right) for grant in own for rule in grant.rules):
        return True
    policies = access.identity.access_policies if cluster.method is EntryMethod.ACCESS_ENTRY else []
    return find_granting_policy(map(to_associated_policy, policies), right) is not None


def to_associated_policy(policy: AccessPolicy) -> AssociatedPolicy:
    """The manifest's access policy as the evaluation of access policies takes it."""
    arn = parse(policy.arn)
    name = arn.resource.rpartition("/")[2] if arn else policy.arn
    return AssociatedPolicy(name, tuple(policy.namespaces) or None)


def is_own_grant(access: IntegrationAccess, grant: Grant) -> bool:
    """Whether a grant is to the integration itself, and not to a user that it impersonates."""
    match grant.kind:
        case "Group":
            return grant.group in access.identity.groups
        case "User":
            return grant.group == access.identity.username
        case "ServiceAccount":
            return f"system:serviceaccount:{grant.group.replace('/', ':')}" == access.identity.username
