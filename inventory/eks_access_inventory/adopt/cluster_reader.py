"""Reads clusters by kubeconfigs: the connector's roles and bindings, and objects by name. Changes nothing."""

import asyncio
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from eks_access.errors import EksAccessError
from eks_access.kubernetes.client import KubernetesApi
from eks_access.model.found import FoundObject
from eks_access_probe.collector.threads import Threads

from ..reading.calls import Caller
from ..reading.kubernetes import read_rbac
from ..reading.model import RbacReading
from .connected import find_connector_objects
from .importing.differences import PARTIAL
from .importing.existing import ClusterKey
from .importing.lookups import ObjectKey, Unreadable, find_origin
from .origins import Origins

_METADATA_ONLY = f"application/json;as={PARTIAL};g=meta.k8s.io;v=v1"
_SECONDS = 10.0
_THREADS = 8
_MISSING = 404


def connect(kubeconfig: str) -> KubernetesApi | Unreadable:
    """A client of the current context's cluster, or why there is none."""
    try:
        return KubernetesApi.from_kubeconfig(kubeconfig, timeout=_SECONDS)
    except (EksAccessError, OSError) as error:
        return str(error)


def read_connector_objects(
    cluster: ClusterKey, kubeconfig: str, origins: Origins, *, deadline: float
) -> tuple[tuple[FoundObject, ...], tuple[str, ...]]:
    """What gives the connector and its viewers rights in a connected cluster, and what could not be read."""
    api = connect(kubeconfig)
    if isinstance(api, Unreadable):
        return (), (f"{cluster.name} ({cluster.region}): roles and bindings: {api}",)
    try:
        rbac, unread = asyncio.run(_read_rbac(api, time.monotonic() + deadline))
    except EksAccessError as error:
        return (), (f"{cluster.name} ({cluster.region}): roles and bindings: {error}",)
    found = () if unread else tuple(find_connector_objects(cluster.name, cluster.region, rbac, origins))
    return found, tuple(f"{cluster.name} ({cluster.region}): {each}" for each in unread)


async def _read_rbac(api: KubernetesApi, deadline: float) -> tuple[Sequence[RbacReading], tuple[str, ...]]:
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="connected") as pool:
        found, unread = await read_rbac(Caller(Threads(pool, pool), deadline), api)
    return found, tuple(f"{each.what}: {each.why}" for each in unread)


def read_objects(
    kubeconfigs: Mapping[str, str], clusters: Mapping[str, ClusterKey], keys: Iterable[ObjectKey], origins: Origins
) -> dict[ObjectKey, FoundObject | Unreadable | None]:
    """Each object, None where there is none, or why it could not be read. Of a Secret only the metadata is requested.

    `kubeconfigs` and `clusters` are by the clusters' keys.
    """
    apis: dict[str, KubernetesApi | Unreadable] = {}
    found: dict[ObjectKey, FoundObject | Unreadable | None] = {}
    for key in keys:
        if key.cluster not in apis:
            text = kubeconfigs.get(key.cluster)
            apis[key.cluster] = connect(text) if text is not None else "there is no kubeconfig of the cluster"
        api = apis[key.cluster]
        found[key] = api if isinstance(api, Unreadable) else _read_object(api, clusters[key.cluster], key, origins)
    return found


def _read_object(
    api: KubernetesApi, cluster: ClusterKey, key: ObjectKey, origins: Origins
) -> FoundObject | Unreadable | None:
    accept = _METADATA_ONLY if key.kind == "Secret" else "application/json"
    try:
        response = api.request("GET", key.path, accept=accept)
    except (EksAccessError, OSError) as error:
        return str(error)
    if response.status == _MISSING:
        return None
    try:
        body = json.loads(response.body) if response.status < 400 else None
    except ValueError:
        body = None
    if not isinstance(body, dict) or not isinstance(body.get("metadata"), dict):
        return f"the API server responded with {response.status}"
    namespace = key.namespace or None
    labels = body["metadata"].get("labels") or {}
    origin = find_origin(body, origins.of_object(key.kind, namespace, key.name, labels))
    return FoundObject(cluster.name, cluster.region, key.kind, key.name, namespace, body, origin=origin)
