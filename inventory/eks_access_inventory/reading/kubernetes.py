"""What an API server says of who may do what: aws-auth, roles and bindings. Nothing else is requested."""

import asyncio
from collections.abc import Mapping
from typing import Any

from eks_access.kubernetes.client import KubernetesApi
from eks_access_probe.outcome import FailedRequest

from .calls import Caller, is_missing
from .model import RbacReading, Unread

AWS_AUTH = "/api/v1/namespaces/kube-system/configmaps/aws-auth"
_RBAC = "/apis/rbac.authorization.k8s.io/v1"
LISTS = {
    "ClusterRole": f"{_RBAC}/clusterroles",
    "Role": f"{_RBAC}/roles",
    "ClusterRoleBinding": f"{_RBAC}/clusterrolebindings",
    "RoleBinding": f"{_RBAC}/rolebindings",
}
PAGE = "500"
"""Objects per page, as many as kubectl requests."""
_KEPT = ("rules", "aggregationRule", "roleRef", "subjects")
_KEPT_METADATA = ("name", "namespace", "labels")
"""Annotations are not kept: anything may be in them."""
_RESTARTS = 1
"""How often a list is begun again whose `continue` token expired (410)."""


async def read_aws_auth(caller: Caller, api: KubernetesApi) -> Mapping[str, str] | FailedRequest | None:
    """The data of aws-auth, or None if there is none. It is the first request to the API server."""
    found = await caller.ask_cluster(api, AWS_AUTH, is_first=True)
    if isinstance(found, FailedRequest):
        return None if is_missing(found) else found
    data = found.get("data") or {}
    return {str(key): str(value) for key, value in data.items()}


async def read_rbac(caller: Caller, api: KubernetesApi) -> tuple[tuple[RbacReading, ...], tuple[Unread, ...]]:
    """All roles and bindings, and what of them could not be read."""
    lists = await asyncio.gather(*(_list(caller, api, path) for path in LISTS.values()))
    found: list[RbacReading] = []
    unread: list[Unread] = []
    for kind, listed in zip(LISTS, lists, strict=True):
        if isinstance(listed, FailedRequest):
            unread.append(Unread(f"{kind}s", listed.answer.evidence))
        else:
            found += (RbacReading(kind, _project(item)) for item in listed)
    return tuple(found), tuple(unread)


async def _list(caller: Caller, api: KubernetesApi, path: str) -> list[Mapping[str, Any]] | FailedRequest:
    """All items of a list, at one resource version."""
    for attempt in range(_RESTARTS + 1):
        items: list[Mapping[str, Any]] = []
        query = {"limit": PAGE}
        while True:
            page = await caller.ask_cluster(api, path, query)
            if isinstance(page, FailedRequest):
                if page.answer.status == 410 and attempt < _RESTARTS:
                    break
                return page
            items += page.get("items") or ()
            token = (page.get("metadata") or {}).get("continue")
            if not token:
                return items
            query = {"limit": PAGE, "continue": token}
    raise AssertionError("the last attempt returns")


def _project(item: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = item.get("metadata") or {}
    return {
        "metadata": {key: metadata[key] for key in _KEPT_METADATA if metadata.get(key)},
        **{key: item[key] for key in _KEPT if item.get(key)},
    }
