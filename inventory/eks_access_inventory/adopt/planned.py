"""What an integration would make, in the form in which access is found: so that one code reads both sides. Pure."""

from collections.abc import Iterator

from eks_access.model.found import FoundAccess, FoundAccessPolicy, FoundObject, FoundPolicy, FoundRole, FoundWay
from eks_access.model.identity import EntryMethod
from eks_access.model.integration import ClusterPlace, Integration, Place
from eks_access.model.rbac import build_objects


def plan_access(integration: Integration, place: Place) -> FoundAccess:
    """The access that the integration has once it is deployed there."""
    return FoundAccess(
        integration.vendor,
        place.role_arn,
        _plan_role(integration, place),
        tuple(_plan_ways(integration, place)),
        tuple(each for cluster in place.clusters for each in _plan_objects(integration, cluster)),
    )


def _plan_role(integration: Integration, place: Place) -> FoundRole:
    role = integration.role
    policies = [FoundPolicy(role.name, role.policy())] if role.all_statements else []
    policies += [FoundPolicy(each.name, None, each.arn(place.partition)) for each in role.managed_policies]
    return FoundRole(
        place.role_arn,
        "",
        role.trust_policy(),
        tuple(policies),
        role.path,
        role.description,
        role.max_session_seconds,
        role.permissions_boundary or "",
    )


def _plan_ways(integration: Integration, place: Place) -> Iterator[FoundWay]:
    identity = integration.identity
    policies = tuple(FoundAccessPolicy(each.arn(place.partition), each.namespaces) for each in identity.access_policies)
    for cluster in place.clusters:
        if cluster.method is not EntryMethod.EKS_CONNECTOR:
            yield FoundWay(
                cluster.name,
                cluster.region,
                cluster.method,
                identity.username_by(cluster.method),
                identity.groups,
                policies if cluster.method is EntryMethod.ACCESS_ENTRY else (),
            )


def _plan_objects(integration: Integration, cluster: ClusterPlace) -> Iterator[FoundObject]:
    for grant in integration.grants:
        for each in build_objects(grant, labels={}):
            yield FoundObject(cluster.name, cluster.region, each.kind, each.name, each.namespace, each.body)
