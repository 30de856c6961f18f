"""The access manifest that the stack will export, before it is deployed: so that the probe can run before as after."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from eks_access.manifest.build import build_integration_access
from eks_access.manifest.models import SCHEMA_VERSION
from eks_access.model.placeholders import is_known
from eks_access.stack.configuration import Endpoint, Environment
from eks_access.stack.description import Described
from eks_access_inventory.adopt.importing.existing import ClusterKey

DescribeCluster = Callable[[ClusterKey], Mapping[str, Any]]


def build_manifest(
    environment: Environment, described: Described, project: str, stack: str, describe: DescribeCluster
) -> str:
    """The manifest with this integration alone, as JSON; empty where a secret of the stack is missing in it.

    There is none for clusters outside of EKS, whose activation is known only to the engine.
    """
    place, name = described.place, described.declared.name
    if any(cluster.connected for cluster in place.clusters):
        return ""
    connections = {}
    for cluster in place.clusters:
        found = describe(ClusterKey(cluster.key, cluster.name, cluster.region))
        connections[cluster.key] = (found["endpoint"], found["certificateAuthority"]["data"])
    manifest = {
        "schemaVersion": SCHEMA_VERSION,
        "project": project,
        "environment": stack,
        "partition": place.partition,
        "account": place.account,
        "endpoint": environment.aws.get("endpoint", Endpoint.AWS).value,
        "clusters": {each.key: {"name": each.name, "region": each.region} for each in place.clusters},
        "integrations": {name: build_integration_access(described.integration, place, connections)},
    }
    return json.dumps(manifest, indent=2) + "\n" if _is_complete(manifest) else ""


def _is_complete(manifest: Mapping[str, Any]) -> bool:
    return is_known(json.dumps(manifest, ensure_ascii=False))
