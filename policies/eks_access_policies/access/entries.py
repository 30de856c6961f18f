"""Finds access entries, aws-auth mappings in every form, and associations of EKS access policies in a stack."""

import re
from collections.abc import Iterator, Mapping

from eks_access.aws_auth import reader
from eks_access.model import access_policies
from eks_access.model.identity import EntryMethod

from ..stack import Resource, Stack, Value, is_unknown
from ..stack.values import contains_unknown, get, items, mapping, text, texts
from .clusters import Clusters
from .model import Entry, Permission, PolicyAssociation
from .principals import Principals

ACCESS_ENTRY = ("aws:eks/accessEntry:AccessEntry", "aws-native:eks:AccessEntry")
ASSOCIATION = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
MAPPING = "eks-access:index:AwsAuthMapping"
CONFIG_MAP = re.compile(r"kubernetes:core/v1:ConfigMap(Patch)?")
_POLICY_ARN = re.compile(r"arn:[^:]*:eks::aws:cluster-access-policy/(?P<name>[^/]+)")
_MAX_SECTION_SIZE = 1_000_000
"""In bytes; Kubernetes accepts no larger object. https://kubernetes.io/docs/concepts/configuration/configmap/"""


def is_aws_auth(resource: Resource) -> bool:
    """Whether a resource is the ConfigMap aws-auth, or a patch of it."""
    return (
        CONFIG_MAP.fullmatch(resource.type) is not None
        and get(resource.properties, "metadata", "name") == "aws-auth"
        and get(resource.properties, "metadata", "namespace") == "kube-system"
    )


def find_entries(stack: Stack, clusters: Clusters, principals: Principals) -> Iterator[Entry]:
    """Yield all access entries and aws-auth mappings of the stack."""
    for resource in stack.of_type(*ACCESS_ENTRY):
        yield _access_entry(resource, clusters, principals)
    for resource in stack.of_type(MAPPING):
        yield _mapping(resource, clusters, principals)
    for kind in stack.types:
        if CONFIG_MAP.fullmatch(kind):
            for resource in stack.of_type(kind):
                if is_aws_auth(resource):
                    yield from _config_map(resource, clusters, principals)


def _access_entry(resource: Resource, clusters: Clusters, principals: Principals) -> Entry:
    name = "username" if resource.type.startswith("aws-native:") else "userName"
    return Entry(
        resource,
        EntryMethod.ACCESS_ENTRY,
        principals.of(resource),
        clusters.of(resource),
        text(resource.get(name)) or "",
        texts(resource.get("kubernetesGroups")),
        text(resource.get("type")) or "STANDARD",
        # Without a username in the program, EKS derives one, which is unknown until the deployment.
        tuple(_find_unknown_fields(resource, groups="kubernetesGroups", cluster="clusterName")),
    )


def _mapping(resource: Resource, clusters: Clusters, principals: Principals) -> Entry:
    return Entry(
        resource,
        EntryMethod.AWS_AUTH,
        principals.of(resource, "roleArn"),
        clusters.of(resource),
        text(resource.get("username")) or "",
        texts(resource.get("groups")),
        unknown_fields=tuple(
            _find_unknown_fields(resource, username="username", groups="groups", cluster="clusterName")
        ),
    )


def _config_map(resource: Resource, clusters: Clusters, principals: Principals) -> Iterator[Entry]:
    reading = parse_aws_auth(resource.get("data"))
    for arn, identity in (*reading.roles.items(), *reading.users.items()):
        yield Entry(
            resource,
            EntryMethod.AWS_AUTH,
            principals.by_arn(arn),
            clusters.of(resource),
            identity.username,
            identity.groups,
        )


def parse_aws_auth(data: Value) -> reader.Reading:
    """Parse a ConfigMap's data as the authenticator does, as far as it is known."""
    known = {
        name: value
        for name, value in mapping(data).items()
        if isinstance(value, str) and len(value) <= _MAX_SECTION_SIZE
    }
    try:
        return reader.read(known)
    except RecursionError:
        return reader.Reading()


def _find_unknown_fields(resource: Resource, **properties: str) -> Iterator[str]:
    for what, name in properties.items():
        if contains_unknown(resource.get(name)):
            yield what


def find_policy_associations(stack: Stack, clusters: Clusters, principals: Principals) -> Iterator[PolicyAssociation]:
    """Yield all associations of EKS access policies of the stack."""
    for resource in stack.of_type(ASSOCIATION):
        yield _association(
            resource, clusters, principals, resource.get("policyArn"), _unwrap_block(resource.get("accessScope"))
        )
    for resource in stack.of_type("aws-native:eks:AccessEntry"):
        for association in items(resource.get("accessPolicies")):
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
    if get(scope, "type") == "namespace" and not is_unknown(get(scope, "namespaces")):
        return texts(get(scope, "namespaces"))
    return None


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
