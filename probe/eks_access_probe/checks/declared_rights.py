"""Rights in a cluster that are worth asking about whoever asks, and whether a description accounts for one. Pure.

A description names what is granted; what else the user turns out to have came from somewhere else: another binding, an
access policy, a right of everybody. The rights below are asked for the whole cluster. They are fixed, so that two runs
can be compared, and not all there are: a right on a resource that is not here is not found by them.
"""

from eks_access.manifest.models import AccessPolicy, Cluster, Grant, IntegrationAccess, KubernetesExpectation
from eks_access.model.access_policies import AssociatedPolicy, find_granting_policy
from eks_access.model.arn import parse
from eks_access.model.identity import EntryMethod
from eks_access.model.kubernetes_rights import MATRIX, PolicyRule, Request, allows


def format_right(right: Request) -> str:
    return f"{right.verb} {right.full_resource}{'.' if right.group else ''}{right.group}"


def to_expectation(right: Request) -> KubernetesExpectation:
    """The right as a call of the manifest, by which it is asked for."""
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


def undeclared(access: IntegrationAccess, cluster: Cluster) -> list[Request]:
    """The rights to ask about: those that the description neither grants nor has a line of its own for."""
    own = {(e.verb, e.api_group, e.resource, e.subresource, e.namespace, e.name) for e in access.kubernetes}
    return [
        right
        for right in MATRIX
        if (right.verb, right.group, right.resource, right.subresource or None, None, None) not in own
        and not declared(access, cluster, right)
    ]


def declared(access: IntegrationAccess, cluster: Cluster, right: Request) -> bool:
    """Whether the description grants the right in the whole cluster."""
    own = (grant for grant in access.grants if grant.namespaces is None and _is_to(access, grant))
    if any(allows(PolicyRule.from_json(rule), right) for grant in own for rule in grant.rules):
        return True
    policies = access.identity.access_policies if cluster.method is EntryMethod.ACCESS_ENTRY else []
    return find_granting_policy(map(associated, policies), right) is not None


def associated(policy: AccessPolicy) -> AssociatedPolicy:
    """The access policy as the evaluation of access policies takes it."""
    arn = parse(policy.arn)
    name = arn.resource.rpartition("/")[2] if arn else policy.arn
    return AssociatedPolicy(name, tuple(policy.namespaces) or None)


def _is_to(access: IntegrationAccess, grant: Grant) -> bool:
    """Whether a grant is the integration's own, and not of those it acts as by impersonation."""
    match grant.kind:
        case "Group":
            return grant.group in access.identity.groups
        case "User":
            return grant.group == access.identity.username
        case "ServiceAccount":
            return f"system:serviceaccount:{grant.group.replace('/', ':')}" == access.identity.username
