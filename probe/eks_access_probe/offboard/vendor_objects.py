"""Removes what a vendor made itself: exactly what the plan has, and only while it still is that."""

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from botocore.exceptions import BotoCoreError, ClientError

from eks_access.endpoint import LoopbackError
from eks_access.errors import EksAccessError
from eks_access.kubernetes.client import ApiError, KubernetesApi, UnreachableError
from eks_access.manifest.models import DeclaredCluster, Manifest
from eks_access.redaction import redacted

from ..identity.aws_clients import Aws, Keys
from ..leftovers.inspector import KINDS, ClusterInspector
from ..leftovers.survey import list_eks_clusters
from .report import VendorObject

ENTRY = "access entry"
_FAILURES = (ClientError, BotoCoreError, ApiError, UnreachableError, LoopbackError)


class VendorObjectError(EksAccessError):
    """An object is not what it was when the plan was made, or belongs to no cluster that is known."""


def remove_vendor_objects(
    planned: Iterable[VendorObject],
    found: Iterable[VendorObject],
    manifest: Manifest,
    aws: Aws,
    keys: Keys,
    inspector: ClusterInspector,
) -> Iterator[str]:
    """Deletes what is in the plan and was found again just now; yields what was done or why it was not.

    What another integration may use is left alone.
    """
    still = {_key(each) for each in found if not each.may_be_of}
    clusters = list_eks_clusters(manifest)
    for each in planned:
        if _key(each) not in still:
            continue
        shown = f"{each.kind} {each.name} in {each.where}"
        cluster = clusters.get(each.where)
        try:
            if cluster is None:
                raise VendorObjectError("the environment has no such cluster")
            if each.kind == ENTRY:
                _delete_entry(aws.client("eks", cluster.region, keys), cluster, each.name)
            else:
                _delete_binding(inspector.connect(cluster.name, cluster.region), each)
        except (*_FAILURES, VendorObjectError) as error:
            yield f"{shown} was not removed: {redacted(str(error))}"
        else:
            yield f"{shown} removed"


def _key(each: VendorObject) -> tuple[str, str, str]:
    return each.where, each.kind, each.name


def _delete_entry(eks: Any, cluster: DeclaredCluster, principal: str) -> None:
    """
    Raises:
        VendorObjectError: the entry gives something again.
    """
    entry_key = {"clusterName": cluster.name, "principalArn": principal}
    entry = eks.describe_access_entry(**entry_key)["accessEntry"]
    policies = eks.list_associated_access_policies(**entry_key)["associatedAccessPolicies"]
    if entry["type"] != "STANDARD" or entry.get("kubernetesGroups") or policies:
        raise VendorObjectError("it has groups or policies again")
    eks.delete_access_entry(**entry_key)


def _delete_binding(api: KubernetesApi, each: VendorObject) -> None:
    """Deletes the binding only as it was read: one that is changed or made again in the meantime stays."""
    namespace, _, name = each.name.rpartition("/")
    collection = KINDS[each.kind]
    if namespace:
        group, _, plural = collection.rpartition("/")
        collection = f"{group}/namespaces/{quote(namespace)}/{plural}"
    path = f"{collection}/{quote(name)}"
    metadata = api.json("GET", path)["metadata"]
    preconditions = {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]}
    body = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": preconditions}
    api.json("DELETE", path, body=body)
