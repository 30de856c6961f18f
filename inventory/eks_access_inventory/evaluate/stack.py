"""A cluster as it was read, as the stack of resources that would make it: what the policy pack evaluates. Pure.

So there is one place for what an entry, a binding or a rule amounts to, whether it is planned or found.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from eks_access_policies.stack import Resource, Stack

from ..inventory import Method
from ..reading.model import ClusterReading
from .ways import WayIn

_CLUSTER = "aws:eks/cluster:Cluster"
_ENTRY = "aws:eks/accessEntry:AccessEntry"
_ASSOCIATION = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
_MAPPING = "eks-access:index:AwsAuthMapping"
_PROVIDER = "aws:eks/identityProviderConfig:IdentityProviderConfig"


def build_stack(reading: ClusterReading, ways: Iterable[WayIn]) -> Stack:
    """The stack of a cluster with these ways in."""
    resources = [_build_cluster(reading), *_build_providers(reading), *_build_rbac(reading)]
    for way in ways:
        resources += _build_entry(reading, way) if way.method is Method.ENTRY else [_build_mapping(reading, way)]
    return Stack(tuple(resources), f"{reading.region}/{reading.name}")


def urn_of(way: WayIn) -> str:
    """The URN of a way's resource."""
    return _name(_ENTRY if way.method is Method.ENTRY else _MAPPING, way.id)


def _name(type: str, name: str) -> str:
    return f"urn:pulumi:live::inventory::{type}::{name}"


def _create(type: str, name: str, properties: Mapping[str, Any]) -> Resource:
    return Resource(_name(type, name), type, name, properties)


def _build_cluster(reading: ClusterReading) -> Resource:
    return _create(_CLUSTER, reading.name, {"name": reading.name, "arn": reading.arn})


def _build_entry(reading: ClusterReading, way: WayIn) -> Iterator[Resource]:
    # EKS itself gives the entries of nodes their groups and username.
    own = {"userName": way.username, "kubernetesGroups": list(way.groups)} if way.type == "STANDARD" else {}
    common = {"clusterName": reading.name, "principalArn": way.arn}
    yield _create(_ENTRY, way.id, {**common, **own, "type": way.type})
    for index, policy in enumerate(way.policies):
        is_everywhere = policy.namespaces is None
        scope = {"type": "cluster" if is_everywhere else "namespace", "namespaces": list(policy.namespaces or ())}
        yield _create(
            _ASSOCIATION, f"{way.id} policy {index}", {**common, "policyArn": policy.arn, "accessScope": scope}
        )


def _build_mapping(reading: ClusterReading, way: WayIn) -> Resource:
    mapping = {
        "clusterName": reading.name,
        "roleArn": way.arn,
        "username": way.username,
        "groups": list(way.groups),
    }
    return _create(_MAPPING, way.id, mapping)


def _build_providers(reading: ClusterReading) -> Iterator[Resource]:
    for index, provider in enumerate(reading.identity_providers):
        name = provider.get("identityProviderConfigName") or f"provider {index}"
        yield _create(_PROVIDER, str(name), {"clusterName": reading.name, "oidc": dict(provider)})


def _build_rbac(reading: ClusterReading) -> Iterator[Resource]:
    for each in reading.rbac:
        metadata = each.body["metadata"]
        name = f"{metadata.get('namespace', '')}/{metadata['name']}"
        yield _create(f"kubernetes:rbac.authorization.k8s.io/v1:{each.kind}", name, each.body)
