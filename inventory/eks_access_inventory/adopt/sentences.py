"""What taking access over adds and removes, in the words of the review. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from eks_access.model.arn import parse
from eks_access.model.found import FoundAccess, FoundWay
from eks_access.model.identity import EntryMethod
from eks_access_policies.review.change import Direction
from eks_access_policies.review.difference import compare_sides
from eks_access_policies.review.formatting import quote_name
from eks_access_policies.review.reading.from_stack import read_side
from eks_access_policies.review.sentences import describe_change
from eks_access_policies.review.side import Side
from eks_access_policies.stack import Resource, Stack

from .comparison import Effect, Sentence

_ROLE = "aws:iam/role:Role"
_CLUSTER = "eks-access:index:ClusterAccess"
_AWS_POLICY = ":iam::aws:policy/"
_EFFECTS = {Direction.GAINED: Effect.ADDED, Direction.LOST: Effect.REMOVED, Direction.UNKNOWN: Effect.UNKNOWN}


def describe_difference(found: FoundAccess, planned: FoundAccess) -> tuple[Sentence, ...]:
    """What the planned access adds to, and removes from, what was found, in the clusters that it is planned for."""
    clusters = {(way.region, way.cluster) for way in planned.ways}
    clusters |= {(each.region, each.cluster) for each in planned.objects}
    sides = [
        _leave_out_others(read_side(build_stack(access, found.principal_arn, clusters), name))
        for name, access in (("found", found), ("planned", planned))
    ]
    review = compare_sides(*sides)
    own = _name_role(found.principal_arn)
    return tuple(
        Sentence(
            _EFFECTS[change.direction],
            ("" if own in principal.names else f"{', '.join(map(quote_name, principal.names))}: ")
            + describe_change(change, principal),
            change.severity.name.lower() if change.severity else "",
        )
        for principal, change in review.changes
    )


def _leave_out_others(side: Side) -> Side:
    """The side without those who may have a role that the principal has too."""
    return replace(side, principals=tuple(each for each in side.principals if not each.is_everyone))


def build_stack(access: FoundAccess, principal_arn: str, clusters: set[tuple[str, str]]) -> Stack:
    """The resources that would make the access, for the principal with this ARN, in these clusters alone."""
    resources = [*_build_role(access, principal_arn)]
    for region, name in sorted(clusters):
        parent = _create(_CLUSTER, f"{region}/{name}", {"cluster": name})
        resources.append(parent)
        for index, way in enumerate(access.ways):
            if (way.region, way.cluster) == (region, name) and way.is_effective:
                resources += _build_way(way, principal_arn, f"{region}/{name}/{index}", parent)
        for each in access.objects:
            if (each.region, each.cluster) == (region, name):
                type = f"kubernetes:rbac.authorization.k8s.io/v1:{each.kind}"
                named = f"{region}/{name}/{each.namespace or ''}/{each.name}"
                resources.append(_create(type, named, each.body, parent))
    return Stack(tuple(resources), "eks-access/adopt")


def _create(type: str, name: str, properties: Mapping[str, Any], parent: Resource | None = None) -> Resource:
    urn = f"urn:pulumi:adopt::eks-access::{type}::{name}"
    return Resource(urn, type, name, properties, parent.urn if parent else None)


def _name_role(principal_arn: str) -> str:
    parsed = parse(principal_arn)
    return parsed.name if parsed is not None else principal_arn


def _build_role(access: FoundAccess, principal_arn: str) -> Iterator[Resource]:
    found = access.role
    if found is None:
        return
    name = _name_role(principal_arn)
    properties = {"arn": principal_arn, "name": name, "assumeRolePolicy": found.trust}
    if found.permissions_boundary:
        properties["permissionsBoundary"] = found.permissions_boundary
    role = _create(_ROLE, name, properties)
    yield role
    for index, policy in enumerate(found.policies):
        named = f"{name}-{index}"
        if _AWS_POLICY in policy.arn:
            attached = {"role": name, "policyArn": policy.arn}
            yield _link(_create("aws:iam/rolePolicyAttachment:RolePolicyAttachment", named, attached), role)
        elif policy.document is not None:
            inline = {"role": name, "name": policy.name, "policy": policy.document}
            yield _link(_create("aws:iam/rolePolicy:RolePolicy", named, inline), role)


def _link(resource: Resource, role: Resource) -> Resource:
    return Resource(
        resource.urn, resource.type, resource.name, resource.properties, property_dependencies={"role": (role.urn,)}
    )


def _build_way(way: FoundWay, principal_arn: str, name: str, parent: Resource) -> Iterator[Resource]:
    if way.method is EntryMethod.AWS_AUTH:
        mapping = {"roleArn": principal_arn, "username": way.username, "groups": list(way.groups)}
        yield _create("eks-access:index:AwsAuthMapping", name, {"clusterName": way.cluster, **mapping}, parent)
        return
    common = {"clusterName": way.cluster, "principalArn": principal_arn}
    entry = {**common, "userName": way.username, "kubernetesGroups": list(way.groups), "type": way.type}
    yield _create("aws:eks/accessEntry:AccessEntry", name, entry, parent)
    for index, policy in enumerate(way.policies):
        scope = {
            "type": "cluster" if policy.namespaces is None else "namespace",
            "namespaces": list(policy.namespaces or ()),
        }
        association = {**common, "policyArn": policy.arn, "accessScope": scope}
        type = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
        yield _create(type, f"{name}-{index}", association, parent)
