"""Collects from servers on the loopback interface, as the integration acme."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eks_access.manifest import models
from eks_access_cli.progress import SilentListener
from eks_access_probe.collector.collector import collect
from eks_access_probe.collector.inventory import ClusterInventory, Inventory, Listing
from eks_access_probe.identity import identities
from eks_access_probe.identity.aws_clients import Aws
from eks_access_probe.run.plan import select_integrations
from tests.support.world import access

ENDPOINT = "http://127.0.0.1:9"


def manifest_of(
    endpoints: Mapping[str, str],
    certificate_authority: str,
    *,
    mode: str = "API",
    method: str = "access-entry",
    **changes: Any,
) -> dict[str, Any]:
    integration = access(certificate_authority, tuple(endpoints), **changes)
    for key, endpoint in endpoints.items():
        integration["clusters"][key] |= {"endpoint": endpoint, "authenticationMode": mode, "method": method}
    place = {"environment": "dev", "partition": "aws", "account": "111122223333", "endpoint": "loopback"}
    return {"schemaVersion": 1, **place, "integrations": {"acme": integration}}


def gather(
    endpoints: Mapping[str, str],
    certificate_authority: str,
    *,
    page_size: int = 10,
    concurrency: int = 8,
    deadline: float = 30.0,
    **changes: Any,
) -> Inventory:
    read = models.read(manifest_of(endpoints, certificate_authority, **changes))
    known = identities.load_identities(Path(os.environ[identities.IDENTITIES_VARIABLE]))
    return collect(
        read,
        select_integrations(read, (), ()),
        known,
        Aws(ENDPOINT),
        listener=SilentListener(),
        concurrency=concurrency,
        deadline=deadline,
        page_size=page_size,
    )


def cluster(found: Inventory, key: str = "api") -> ClusterInventory:
    return found.integrations["acme"].clusters[key]


def listing(found: ClusterInventory, kind: str, namespace: str | None = None) -> Listing:
    return next(each for each in found.listings if (each.kind, each.namespace) == (kind, namespace))


def names(found: ClusterInventory, kind: str) -> list[str]:
    return [node.name for node in found.nodes if node.kind == kind and node.listed]
