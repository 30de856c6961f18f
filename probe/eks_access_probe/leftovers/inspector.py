"""Reads the state of a cluster as the deployer: access entries, aws-auth and objects.

Only the metadata of objects is requested, so that the values of Secrets and ConfigMaps are never received. The
exceptions are aws-auth and the subjects of bindings.
"""

import base64
from collections.abc import Iterator
from typing import Any, Protocol

from botocore.exceptions import ClientError

from eks_access.aws_auth.reader import ROLES, USERS, read_section
from eks_access.endpoint import LoopbackError, is_loopback
from eks_access.kubernetes.client import ApiError, KubernetesApi
from eks_access.kubernetes.token import presigned_token
from eks_access.model.arn import Arn, parse
from eks_access.model.identity import AuthenticationMode, supports_access_entries, supports_aws_auth
from eks_access.model.rbac import MANAGED_BY

from ..identity.aws_clients import Keys
from .cluster_state import Binding, ClusterState, Entry, KubernetesObject, MappedArn, Registration

AWS_AUTH = "/api/v1/namespaces/kube-system/configmaps/aws-auth"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
KINDS = {
    "Namespace": "/api/v1/namespaces",
    "ServiceAccount": "/api/v1/serviceaccounts",
    "Secret": "/api/v1/secrets",
    "ConfigMap": "/api/v1/configmaps",
    "Service": "/api/v1/services",
    "Deployment": "/apis/apps/v1/deployments",
    "StatefulSet": "/apis/apps/v1/statefulsets",
    "DaemonSet": "/apis/apps/v1/daemonsets",
    "NetworkPolicy": "/apis/networking.k8s.io/v1/networkpolicies",
    "ClusterRole": f"{RBAC}/clusterroles",
    "ClusterRoleBinding": f"{RBAC}/clusterrolebindings",
    "Role": f"{RBAC}/roles",
    "RoleBinding": f"{RBAC}/rolebindings",
}
"""The kinds that this package creates, and the paths to list them."""
METADATA_ONLY = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
"""https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches"""
PAGE = "500"


class Clients(Protocol):
    """The part of `Aws` that is used here."""

    def client(self, service: str, region: str, credentials: Keys | None) -> Any: ...


class ClusterInspector:
    """Reads clusters with the deployer's credentials; if `only_loopback`, only those on this machine."""

    def __init__(self, clients: Clients, keys: Keys, *, only_loopback: bool) -> None:
        self._clients = clients
        self._keys = keys
        self._only_loopback = only_loopback
        self._principals: dict[str, str | None] = {}

    def inspect(self, name: str, region: str, account: str) -> ClusterState:
        """The state of the cluster of this name.

        Raises:
            ClientError, BotoCoreError, ApiError, UnreachableError, LoopbackError: a request failed, or is not allowed.
        """
        eks = self._clients.client("eks", region, self._keys)
        cluster = eks.describe_cluster(name=name)["cluster"]
        mode = AuthenticationMode(cluster["accessConfig"]["authenticationMode"])
        api = self._connect(name, region, cluster)
        entries = tuple(_list_entries(eks, name)) if supports_access_entries(mode) else ()
        mappings = tuple(_list_mappings(api)) if supports_aws_auth(mode) else ()
        arns = dict.fromkeys([*(entry.principal_arn for entry in entries), *(mapping.arn for mapping in mappings)])
        principals = {}
        for arn in arns:
            parsed = parse(arn)
            if parsed is not None and _can_be_looked_up(parsed, account):
                principals[arn] = self._find_unique_id(parsed, region)
        return ClusterState(entries, mappings, tuple(_list_objects(api)), tuple(_list_bindings(api)), principals)

    def inspect_connected(self, api: KubernetesApi) -> ClusterState:
        """The objects in a cluster outside of EKS, which has neither access entries nor aws-auth.

        Raises:
            ApiError, UnreachableError, LoopbackError: a request failed, or is not allowed.
        """
        if self._only_loopback and not is_loopback(api.server):
            raise LoopbackError("a kubeconfig", f"leads to {api.server!r}, not a loopback address")
        return ClusterState(objects=tuple(_list_objects(api)), bindings=tuple(_list_bindings(api)))

    def connect(self, name: str, region: str) -> KubernetesApi:
        """The API server of a cluster.

        Raises:
            ClientError, BotoCoreError, LoopbackError: EKS did not describe it, or it is not allowed.
        """
        eks = self._clients.client("eks", region, self._keys)
        return self._connect(name, region, eks.describe_cluster(name=name)["cluster"])

    def list_registrations(self, region: str) -> tuple[Registration, ...]:
        """The clusters of the region that EKS Connector connects.

        Raises:
            ClientError, BotoCoreError: a request failed.
        """
        eks = self._clients.client("eks", region, self._keys)
        found = []
        for page in eks.get_paginator("list_clusters").paginate(include=["all"]):
            for name in page["clusters"]:
                cluster = eks.describe_cluster(name=name)["cluster"]
                if cluster.get("connectorConfig"):
                    found.append(Registration(name, region, cluster.get("tags") or {}))
        return tuple(found)

    def _connect(self, name: str, region: str, cluster: dict[str, Any]) -> KubernetesApi:
        endpoint = cluster["endpoint"]
        if self._only_loopback and not is_loopback(endpoint):
            raise LoopbackError(f"the endpoint of cluster {name!r}", f"is {endpoint!r}, not a loopback address")
        return KubernetesApi(
            endpoint,
            ca_data=base64.b64decode(cluster["certificateAuthority"]["data"]),
            bearer=lambda: presigned_token(self._keys, cluster_name=name, region=region).value,
        )

    def _find_unique_id(self, arn: Arn, region: str) -> str | None:
        """The id of the role or user of this name; None if it does not exist. Names are unique, whatever the path."""
        if str(arn) not in self._principals:
            iam = self._clients.client("iam", region, self._keys)
            try:
                if arn.kind == "role":
                    found = iam.get_role(RoleName=arn.name)["Role"]["RoleId"]
                else:
                    found = iam.get_user(UserName=arn.name)["User"]["UserId"]
            except ClientError as error:
                if error.response["Error"]["Code"] != "NoSuchEntity":
                    raise
                found = None
            self._principals[str(arn)] = found
        return self._principals[str(arn)]


def _can_be_looked_up(arn: Arn, account: str) -> bool:
    """Whether the ARN is a role or user in the deployer's own account, which IAM finds by its name."""
    return arn.service == "iam" and arn.account == account and arn.kind in ("role", "user") and "*" not in arn.name


def _list_entries(eks: Any, cluster: str) -> Iterator[Entry]:
    for page in eks.get_paginator("list_access_entries").paginate(clusterName=cluster):
        for principal in page["accessEntries"]:
            entry_key = {"clusterName": cluster, "principalArn": principal}
            try:
                entry = eks.describe_access_entry(**entry_key)["accessEntry"]
                # EKS refuses this call for the entries of nodes.
                policies = (
                    len(eks.list_associated_access_policies(**entry_key)["associatedAccessPolicies"])
                    if entry["type"] == "STANDARD"
                    else 0
                )
            except ClientError as error:
                if error.response["Error"]["Code"] == "ResourceNotFoundException":
                    continue  # deleted in the meantime
                raise
            groups = tuple(entry.get("kubernetesGroups", ()))
            yield Entry(principal, entry["type"], groups, policies, entry.get("tags", {}))


def _list_mappings(api: KubernetesApi) -> Iterator[MappedArn]:
    try:
        data = api.json("GET", AWS_AUTH).get("data") or {}
    except ApiError as error:
        if error.status == 404:
            return
        raise
    for name in (ROLES, USERS):
        for item in read_section(data, name).items:
            if item.arn:
                yield MappedArn(name, item.arn, item.identity.username)


def _list_objects(api: KubernetesApi) -> Iterator[KubernetesObject]:
    query = {"labelSelector": f"app.kubernetes.io/managed-by={MANAGED_BY}"}
    for kind, path in KINDS.items():
        for item in _list_pages(api, path, query, METADATA_ONLY):
            metadata = item["metadata"]
            yield KubernetesObject(
                kind,
                metadata["name"],
                metadata.get("namespace"),
                metadata.get("labels", {}),
                metadata.get("annotations", {}),
            )


def _list_bindings(api: KubernetesApi) -> Iterator[Binding]:
    for kind in ("ClusterRoleBinding", "RoleBinding"):
        for item in _list_pages(api, KINDS[kind], {}, "application/json"):
            metadata, subjects = item["metadata"], item.get("subjects") or ()
            users, groups = (
                tuple(each["name"] for each in subjects if each["kind"] == wanted) for wanted in ("User", "Group")
            )
            accounts = (each for each in subjects if each["kind"] == "ServiceAccount")
            names = tuple(f"{each.get('namespace', metadata.get('namespace'))}/{each['name']}" for each in accounts)
            yield Binding(
                kind, metadata["name"], metadata.get("namespace"), users, groups, names, metadata.get("uid", "")
            )


def _list_pages(api: KubernetesApi, path: str, query: dict[str, str], accept: str) -> Iterator[Any]:
    paging = {"limit": PAGE}
    while True:
        page = api.json("GET", path, query=query | paging, accept=accept)
        yield from page["items"] or ()  # null in an empty list of metadata
        token = page["metadata"].get("continue")
        if not token:
            return
        paging = {"limit": PAGE, "continue": token}
