"""Finds access entries, aws-auth mappings in every form, and associations of EKS access policies in a stack."""

import re
from collections.abc import Iterable, Iterator, Mapping

from eks_access.model import access_policies
from eks_access.model.identity import EntryMethod

from ...stack import Resource, Stack, Value, is_unknown
from ...stack.values import contains_unknown, get, has_only_texts, items, text, texts
from ..clusters import Clusters
from ..model import Entry, Permission, PolicyAssociation, Principal
from ..principals import Principals
from .aws_auth import AwsAuth

ACCESS_ENTRY = ("aws:eks/accessEntry:AccessEntry", "aws-native:eks:AccessEntry")
ASSOCIATION = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
MAPPING = "eks-access:index:AwsAuthMapping"
_POLICY_ARN = re.compile(r"arn:[^:]*:eks::aws:cluster-access-policy/(?P<name>[^/]+)")


def find_entries(
    stack: Stack, clusters: Clusters, principals: Principals, aws_auth: Iterable[AwsAuth] = ()
) -> Iterator[Entry]:
    """Yield all access entries and aws-auth mappings of the stack. `aws_auth` is what its ConfigMaps write."""
    for resource in stack.of_type(*ACCESS_ENTRY):
        yield _access_entry(resource, clusters, principals)
    for resource in stack.of_type(MAPPING):
        yield _mapping(resource, clusters, principals)
    for each in aws_auth:
        yield from _mappings(each, principals)


def _access_entry(resource: Resource, clusters: Clusters, principals: Principals) -> Entry:
    name = "username" if resource.type.startswith("aws-native:") else "userName"
    principal, cluster = principals.of(resource), clusters.of(resource)
    return Entry(
        resource,
        EntryMethod.ACCESS_ENTRY,
        principal,
        cluster,
        text(resource.get(name)) or "",
        texts(resource.get("kubernetesGroups")),
        text(resource.get("type")) or "STANDARD",
        _find_unknown_fields(resource, principal, cluster, username=name, groups="kubernetesGroups", type="type"),
    )


def _mapping(resource: Resource, clusters: Clusters, principals: Principals) -> Entry:
    principal, cluster = principals.of(resource, "roleArn"), clusters.of(resource)
    return Entry(
        resource,
        EntryMethod.AWS_AUTH,
        principal,
        cluster,
        text(resource.get("username")) or "",
        texts(resource.get("groups")),
        unknown_fields=_find_unknown_fields(resource, principal, cluster, username="username", groups="groups"),
    )


def _mappings(aws_auth: AwsAuth, principals: Principals) -> Iterator[Entry]:
    reading = aws_auth.reading
    for arn, identity in (*reading.roles.items(), *reading.users.items()):
        yield Entry(
            aws_auth.resource,
            EntryMethod.AWS_AUTH,
            principals.by_arn(arn),
            aws_auth.cluster,
            identity.username,
            identity.groups,
        )


def _find_unknown_fields(resource: Resource, principal: Principal, cluster: str, **properties: str) -> tuple[str, ...]:
    # What EKS derives for a property that the program does not set is not known either, and is no gap.
    given = resource.properties if resource.inputs is None else resource.inputs
    unknown = [what for what, name in properties.items() if not has_only_texts(given.get(name))]
    if not cluster and contains_unknown(given.get("clusterName")):
        unknown.append("cluster")
    return (*(["principal"] if principal.is_unknown else []), *unknown)


def find_policy_associations(stack: Stack, clusters: Clusters, principals: Principals) -> Iterator[PolicyAssociation]:
    """Yield all associations of EKS access policies of the stack."""
    for resource in stack.of_type(ASSOCIATION):
        yield _association(
            resource, clusters, principals, resource.get("policyArn"), _unwrap_block(resource.get("accessScope"))
        )
    for resource in stack.of_type("aws-native:eks:AccessEntry"):
        listed = resource.get("accessPolicies")
        for association in (listed,) if is_unknown(listed) else items(listed):
            yield _association(
                resource, clusters, principals, get(association, "policyArn"), get(association, "accessScope")
            )


def _association(
    resource: Resource, clusters: Clusters, principals: Principals, arn: Value, scope: Value
) -> PolicyAssociation:
    policy = parse_policy_name(text(arn) or "")
    return PolicyAssociation(
        resource,
        principals.of(resource),
        clusters.of(resource),
        policy,
        _namespaces(scope),
        policy_rules(policy),
    )


def _namespaces(scope: Value) -> tuple[str, ...] | None:
    """The namespaces of a scope. An unknown scope counts as the whole cluster, the widest that it can be."""
    namespaces = get(scope, "namespaces")
    return texts(namespaces) if get(scope, "type") == "namespace" and not contains_unknown(namespaces) else None


def _unwrap_block(value: Value) -> Value:
    """The single block of a list: some bridged providers wrap a block of which there is only one."""
    found = items(value)
    return found[0] if found else value


def parse_policy_name(arn: str) -> str:
    """The access policy's name in its ARN, or the text itself if it is not such an ARN."""
    match = _POLICY_ARN.fullmatch(arn)
    return match["name"] if match else arn


def policy_rules(policy: str) -> tuple[Permission, ...] | None:
    """The rules of an access policy by its name; None if they are unknown."""
    return _PUBLISHED_RULES.get(policy) or None


_PUBLISHED_RULES: Mapping[str, tuple[Permission, ...]] = {
    name: tuple(Permission(rule.verbs, rule.groups, rule.resources, rule.names, rule.urls) for rule in rules)
    for name, rules in access_policies.catalogue().items()
}
