"""What EKS says of clusters: blocking calls that return plain data, for a thread of a pool."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from eks_access.model.identity import AuthenticationMode
from eks_access.model.rbac import STACK
from eks_access.model.tags import ROLE_ID_TAG

from .model import EntryReading, PolicyReading

NODE_TYPES = ("EC2_LINUX", "EC2_WINDOWS", "FARGATE_LINUX", "HYBRID_LINUX")
"""Types of entries that have no access policies, and that EKS refuses to list any for.

https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html
"""


def list_clusters(eks: Any) -> tuple[str, ...]:
    """The names of all clusters of a region, with those that EKS Connector connects."""
    return tuple(
        name for page in eks.get_paginator("list_clusters").paginate(include=["all"]) for name in page["clusters"]
    )


def describe_cluster(eks: Any, name: str) -> Mapping[str, Any]:
    cluster: Mapping[str, Any] = eks.describe_cluster(name=name)["cluster"]
    return cluster


def read_mode(cluster: Mapping[str, Any]) -> AuthenticationMode | None:
    """The authentication mode: aws-auth where EKS names none, as it did before there were others; None if unknown."""
    mode = (cluster.get("accessConfig") or {}).get("authenticationMode") or AuthenticationMode.CONFIG_MAP
    return AuthenticationMode(mode) if mode in tuple(AuthenticationMode) else None


def list_entries(eks: Any, cluster: str) -> tuple[str, ...]:
    """The ARNs of the principals that have an access entry."""
    pages = eks.get_paginator("list_access_entries").paginate(clusterName=cluster)
    return tuple(principal for page in pages for principal in page["accessEntries"])


def describe_entry(eks: Any, cluster: str, principal: str) -> EntryReading:
    """An access entry, without its access policies."""
    entry = eks.describe_access_entry(clusterName=cluster, principalArn=principal)["accessEntry"]
    tags = entry.get("tags") or {}
    created = entry.get("createdAt")
    return EntryReading(
        entry.get("principalArn") or principal,
        entry.get("type") or "STANDARD",
        entry.get("username") or "",
        tuple(entry.get("kubernetesGroups") or ()),
        created_at=created if isinstance(created, datetime) else None,
        role_id=tags.get(ROLE_ID_TAG, ""),
        stack=tags.get(STACK, ""),
        tags=tags,
    )


def list_policies(eks: Any, cluster: str, principal: str) -> tuple[PolicyReading, ...]:
    """The access policies of an entry."""
    pages = eks.get_paginator("list_associated_access_policies").paginate(clusterName=cluster, principalArn=principal)
    return tuple(_parse_policy(each) for page in pages for each in page["associatedAccessPolicies"])


def _parse_policy(association: Mapping[str, Any]) -> PolicyReading:
    scope = association.get("accessScope") or {}
    is_namespaced = scope.get("type") == "namespace"
    return PolicyReading(association["policyArn"], tuple(scope.get("namespaces") or ()) if is_namespaced else None)


def list_identity_providers(eks: Any, cluster: str) -> tuple[Mapping[str, Any], ...]:
    """The OpenID Connect providers whose users may sign in besides IAM principals."""
    return tuple(_describe_providers(eks, cluster))


def _describe_providers(eks: Any, cluster: str) -> Iterator[Mapping[str, Any]]:
    for page in eks.get_paginator("list_identity_provider_configs").paginate(clusterName=cluster):
        for config in page["identityProviderConfigs"]:
            described = eks.describe_identity_provider_config(clusterName=cluster, identityProviderConfig=config)
            yield described["identityProviderConfig"]["oidc"]
