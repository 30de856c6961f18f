"""Looking into a cluster as the deployer: its entries, its aws-auth and its objects. It only reads.

Of objects only the metadata is asked for, so that no Secret's or ConfigMap's values are ever received. The one
exception is aws-auth, and of bindings the names of their subjects.
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
from .seen import Binding, Entry, KubernetesObject, MappedArn, Registration, Seen

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
"""The kinds that this package makes, and where they are listed."""
METADATA_ONLY = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
"""https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches"""
PAGE = "500"


class Clients(Protocol):
    """What is needed of `Aws`."""

    def client(self, service: str, region: str, credentials: Keys | None) -> Any: ...


class Deployer:
    """Looks with the deployer's credentials. `stays_here` is for an environment that lives on this machine."""

    def __init__(self, clients: Clients, keys: Keys, *, stays_here: bool) -> None:
        self._clients = clients
        self._keys = keys
        self._stays_here = stays_here
        self._principals: dict[str, str | None] = {}

    def look(self, name: str, region: str, account: str) -> Seen:
        """What is in the cluster of this name.

        Raises:
            ClientError, BotoCoreError, ApiError, UnreachableError, LoopbackError: it could not be seen.
        """
        eks = self._clients.client("eks", region, self._keys)
        cluster = eks.describe_cluster(name=name)["cluster"]
        mode = AuthenticationMode(cluster["accessConfig"]["authenticationMode"])
        api = self._api(name, region, cluster)
        entries = tuple(_entries(eks, name)) if supports_access_entries(mode) else ()
        mappings = tuple(_mappings(api)) if supports_aws_auth(mode) else ()
        arns = dict.fromkeys([*(entry.principal_arn for entry in entries), *(mapping.arn for mapping in mappings)])
        principals = {}
        for arn in arns:
            parsed = parse(arn)
            if parsed is not None and _can_be_judged(parsed, account):
                principals[arn] = self._unique_id(parsed, region)
        return Seen(entries, mappings, tuple(_objects(api)), tuple(_bindings(api)), principals)

    def registrations(self, region: str) -> tuple[Registration, ...]:
        """The region's clusters that EKS Connector connects.

        Raises:
            ClientError, BotoCoreError: they could not be seen.
        """
        eks = self._clients.client("eks", region, self._keys)
        found = []
        for page in eks.get_paginator("list_clusters").paginate(include=["all"]):
            for name in page["clusters"]:
                cluster = eks.describe_cluster(name=name)["cluster"]
                if cluster.get("connectorConfig"):
                    found.append(Registration(name, region, cluster.get("tags") or {}))
        return tuple(found)

    def _api(self, name: str, region: str, cluster: dict[str, Any]) -> KubernetesApi:
        endpoint = cluster["endpoint"]
        if self._stays_here and not is_loopback(endpoint):
            raise LoopbackError(f"the endpoint of cluster {name!r}", f"is {endpoint!r}, not a loopback address")
        return KubernetesApi(
            endpoint,
            ca_data=base64.b64decode(cluster["certificateAuthority"]["data"]),
            bearer=lambda: presigned_token(self._keys, cluster_name=name, region=region).value,
        )

    def _unique_id(self, arn: Arn, region: str) -> str | None:
        """The id of the role or user of this name, None where there is none: names are unique, whatever the path."""
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


def _can_be_judged(arn: Arn, account: str) -> bool:
    """Only the deployer's own account can be asked, and only for what IAM knows by name."""
    return arn.service == "iam" and arn.account == account and arn.kind in ("role", "user") and "*" not in arn.name


def _entries(eks: Any, cluster: str) -> Iterator[Entry]:
    for page in eks.get_paginator("list_access_entries").paginate(clusterName=cluster):
        for principal in page["accessEntries"]:
            named = {"clusterName": cluster, "principalArn": principal}
            try:
                entry = eks.describe_access_entry(**named)["accessEntry"]
                # EKS refuses this question for the entries of nodes.
                policies = (
                    len(eks.list_associated_access_policies(**named)["associatedAccessPolicies"])
                    if entry["type"] == "STANDARD"
                    else 0
                )
            except ClientError as error:
                if error.response["Error"]["Code"] == "ResourceNotFoundException":
                    continue  # gone in the meantime
                raise
            groups = tuple(entry.get("kubernetesGroups", ()))
            yield Entry(principal, entry["type"], groups, policies, entry.get("tags", {}))


def _mappings(api: KubernetesApi) -> Iterator[MappedArn]:
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


def _objects(api: KubernetesApi) -> Iterator[KubernetesObject]:
    query = {"labelSelector": f"app.kubernetes.io/managed-by={MANAGED_BY}"}
    for kind, path in KINDS.items():
        for item in _paged(api, path, query, METADATA_ONLY):
            metadata = item["metadata"]
            yield KubernetesObject(
                kind,
                metadata["name"],
                metadata.get("namespace"),
                metadata.get("labels", {}),
                metadata.get("annotations", {}),
            )


def _bindings(api: KubernetesApi) -> Iterator[Binding]:
    for kind in ("ClusterRoleBinding", "RoleBinding"):
        for item in _paged(api, KINDS[kind], {}, "application/json"):
            users = (subject["name"] for subject in item.get("subjects") or () if subject["kind"] == "User")
            yield Binding(kind, item["metadata"]["name"], item["metadata"].get("namespace"), tuple(users))


def _paged(api: KubernetesApi, path: str, query: dict[str, str], accept: str) -> Iterator[Any]:
    more = {"limit": PAGE}
    while True:
        page = api.json("GET", path, query=query | more, accept=accept)
        yield from page["items"] or ()  # null in an empty list of metadata
        token = page["metadata"].get("continue")
        if not token:
            return
        more = {"limit": PAGE, "continue": token}
