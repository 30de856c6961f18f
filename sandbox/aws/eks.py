"""The EKS API in front of MiniStack: refuses what EKS refuses, fills in what is really there, remembers
unique ids.

A request goes on to MiniStack exactly as it was signed. Whether the caller may make it at all is asked of
MiniStack first (`_authorize`), so that a refusal by IAM comes before one by EKS, as on AWS.
"""

import asyncio
import logging
import re
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from eks_access.model.access_policies import catalogue

from . import eks_rules as rules
from .arn import Arn
from .asgi import App, Request, Response, forward
from .connected_clusters import ConnectedClusters
from .errors import EksError, in_use, invalid_parameter, not_found
from .ministack_client import EVERYTHING, MiniStack
from .registry import Cluster, Registry, Update

log = logging.getLogger(__name__)
PARTITION = "aws"
CREDENTIAL = re.compile(r"Credential=([^/,]+)/[^/]+/[^/]+/eks/")
AUTHORIZED = ("InvalidParameterException", "InvalidRequestException", "ResourceNotFoundException")


class AccessDeniedError(Exception):
    """MiniStack refused the caller; its answer is the answer."""

    def __init__(self, response: Response) -> None:
        self.response = response
        super().__init__(response.status)


class EksFront:
    def __init__(
        self,
        app: App,
        inner: MiniStack,
        registry: Registry,
        *,
        endpoints: Mapping[tuple[str, str], tuple[str, str]],
        on_change: Callable[[Cluster], None],
        update_seconds: float,
    ) -> None:
        self._app = app
        self._inner = inner
        self._registry = registry
        self._endpoints = endpoints
        self._on_change = on_change
        self._update_seconds = update_seconds
        self.connected = ConnectedClusters(inner)
        self._tasks: set[asyncio.Task[None]] = set()

    @staticmethod
    def serves(request_authorization: str) -> bool:
        return CREDENTIAL.search(request_authorization) is not None

    async def handle(self, request: Request) -> Response:
        try:
            return await self._route(request)
        except EksError as refusal:
            return refusal.response()
        except AccessDeniedError as denied:
            return denied.response

    async def _route(self, request: Request) -> Response:
        connected = await self.connected.handle(request, self._authorize)
        if connected is not None:
            return connected
        match (request.method, *request.segments):
            case ("GET", "access-policies"):
                return await self._list_access_policies(request)
            case ("POST", "clusters"):
                return await self._create_cluster(request)
            case (_, "clusters", name, *rest):
                cluster = await self._cluster(request, name)
                if cluster is not None:
                    return await self._of_cluster(request, cluster, rest)
                if rest and rest[0] in ("update-config", "updates"):
                    await self._authorize(request)
                    raise not_found(f"No cluster found for name: {name}.")
        return await self._forward(request)

    async def _of_cluster(self, request: Request, cluster: Cluster, rest: list[str]) -> Response:
        match (request.method, *rest):
            case ("GET",):
                return self._described(await self._forward(request), cluster)
            case ("DELETE",):
                response = self._described(await self._forward(request), cluster)
                if response.status == 200:
                    self._registry.remove(cluster.account, cluster.name)
                return response
            case ("POST", "update-config"):
                return await self._update_config(request, cluster)
            case ("GET", "updates"):
                await self._authorize(request)
                return Response.of_json(200, {"updateIds": list(cluster.updates)})
            case ("GET", "updates", update_id):
                await self._authorize(request)
                if update_id not in cluster.updates:
                    raise not_found(f"No update found for ID: {update_id}")
                return Response.of_json(200, {"update": cluster.updates[update_id].described()})
            case (_, "access-entries", *_):
                await self._authorize(request)
                rules.check_serves_entries(cluster.mode)
                return await self._of_entries(request, cluster, rest[1:])
        return await self._forward(request)

    async def _of_entries(self, request: Request, cluster: Cluster, rest: list[str]) -> Response:
        match (request.method, *rest):
            case ("POST",):
                return await self._create_entry(request, cluster)
            case ("POST", principal):
                entry = await self._entry(cluster, principal)
                rules.check_update(request.json, entry["type"])
            case ("POST", principal, "access-policies"):
                entry = await self._entry(cluster, principal)
                rules.check_standard(entry["type"])
                rules.check_policy(request.json.get("policyArn", ""), catalogue().keys(), PARTITION)
                rules.check_scope(request.json.get("accessScope") or {})
            case ("GET", principal, "access-policies"):
                entry = await self._entry(cluster, principal)
                rules.check_standard(entry["type"])
            case ("GET",):
                return await self._list_entries(request, cluster)
            case ("GET", _):
                return await self._with_tags(self._with_username(await self._forward(request)), cluster)
            case ("DELETE", principal):
                response = await self._forward(request)
                if response.status == 200:
                    cluster.principals.pop(principal, None)
                return self._changed(response, cluster)
        response = self._with_username(await self._forward(request))
        return response if request.method == "GET" else self._changed(response, cluster)

    async def _create_entry(self, request: Request, cluster: Cluster) -> Response:
        wanted = request.json
        rules.check_new_entry(wanted, cluster.account)
        principal = wanted["principalArn"]
        unique_id = await asyncio.to_thread(self._inner.unique_id, principal)
        if unique_id is None:
            # Also what a path left out of the ARN gives: there is no such role (terraform-aws-eks#2969).
            raise invalid_parameter(rules.INVALID_PRINCIPAL)
        response = await self._forward(request)
        if response.status == 409:
            raise rules.entry_exists()
        if response.status == 200:
            cluster.principals[principal] = unique_id
        return self._changed(self._with_username(response), cluster)

    async def _with_tags(self, response: Response, cluster: Cluster) -> Response:
        """With the tags as they are now: MiniStack describes an entry with those that it was created with."""
        if response.status != 200:
            return response
        entry = response.json["accessEntry"]
        eks = self._inner.client("eks", cluster.account)
        found = await asyncio.to_thread(eks.list_tags_for_resource, resourceArn=entry["accessEntryArn"])
        return response.with_json({"accessEntry": {**entry, "tags": found["tags"]}})

    async def _list_entries(self, request: Request, cluster: Cluster) -> Response:
        """In pages, which MiniStack cuts off without a token for the next."""
        wanted = {name: request.query[name] for name in ("associatedPolicyArn",) if name in request.query}
        eks = self._inner.client("eks", cluster.account)
        answer = await asyncio.to_thread(
            eks.list_access_entries, clusterName=cluster.name, maxResults=EVERYTHING, **wanted
        )
        start, size = int(request.query.get("nextToken", 0)), int(request.query.get("maxResults", 100))
        page = {"accessEntries": answer["accessEntries"][start : start + size]}
        if start + size < len(answer["accessEntries"]):
            page["nextToken"] = str(start + size)
        return Response.of_json(200, page)

    async def _create_cluster(self, request: Request) -> Response:
        await self._authorize(request)
        wanted = request.json
        rules.check_cluster_name(wanted.get("name", ""))
        rules.check_tags(wanted.get("tags") or {})
        response = await self._forward(request)
        if response.status != 200:
            return response
        account = Arn.parse(response.json["cluster"]["arn"])
        assert account is not None, "EKS answers with the cluster's ARN"
        mode = (wanted.get("accessConfig") or {}).get("authenticationMode") or "CONFIG_MAP"
        cluster = Cluster(account.account, wanted["name"], mode)
        endpoint = self._endpoints.get((cluster.account, cluster.name))
        if endpoint is not None:
            cluster.endpoint, cluster.ca_data = endpoint
        await asyncio.to_thread(self._remember_creator, cluster)
        self._registry.add(cluster)
        return self._changed(self._described(response, cluster), cluster)

    def _remember_creator(self, cluster: Cluster) -> None:
        """MiniStack makes the creator's access entry, as EKS does; it is the only one at this moment."""
        eks = self._inner.client("eks", cluster.account)
        for principal in eks.list_access_entries(clusterName=cluster.name)["accessEntries"]:
            unique_id = self._inner.unique_id(principal)
            if unique_id is not None:
                cluster.creator_arn = principal
                cluster.principals[principal] = unique_id

    async def _update_config(self, request: Request, cluster: Cluster) -> Response:
        await self._authorize(request)
        wanted = (request.json.get("accessConfig") or {}).get("authenticationMode")
        if wanted is None:
            raise invalid_parameter("The sandbox updates accessConfig.authenticationMode only.")
        if cluster.updating:
            raise in_use(f"Cluster {cluster.name} currently has an update in progress.")
        rules.check_mode_step(cluster.mode, wanted)
        update = Update(wanted)
        cluster.updates[update.id] = update
        task = asyncio.create_task(self._finish(update, cluster))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return Response.of_json(200, {"update": update.described()})

    async def _finish(self, update: Update, cluster: Cluster) -> None:
        await asyncio.sleep(self._update_seconds)
        cluster.mode = update.wanted_mode
        update.status = "Successful"
        self._on_change(cluster)

    async def _list_access_policies(self, request: Request) -> Response:
        await self._authorize(request)
        prefix = f"arn:{PARTITION}:eks::aws:cluster-access-policy/"
        policies = [{"name": name, "arn": prefix + name} for name in sorted(catalogue())]
        return Response.of_json(200, {"accessPolicies": policies})

    async def _authorize(self, request: Request) -> None:
        """Let MiniStack check signature and IAM policies without doing anything.

        It finds the IAM action by the operation's path with an optional final slash, while its handlers
        know the path without one only; and it checks the signature on the raw path. So with a slash more it
        decides and does not act.
        """
        response = await forward(self._app, request, path=request.raw_path.rstrip("/") + "/")
        error = dict(response.headers).get(b"x-amzn-errortype", b"").decode()
        if error not in AUTHORIZED:
            raise AccessDeniedError(response)

    async def _forward(self, request: Request) -> Response:
        # The encoded path: MiniStack finds the IAM action by it only while the ARN in it is one segment.
        return await forward(self._app, request, path=request.raw_path)

    async def _cluster(self, request: Request, name: str) -> Cluster | None:
        key = CREDENTIAL.search(request.header("authorization"))
        if key is None:
            return None
        return self._registry.find(await asyncio.to_thread(self._inner.account_of, key.group(1)), name)

    async def _entry(self, cluster: Cluster, principal: str) -> dict[str, Any]:
        eks = self._inner.client("eks", cluster.account)
        try:
            answer = await asyncio.to_thread(
                eks.describe_access_entry, clusterName=cluster.name, principalArn=principal
            )
        except ClientError as refused:
            if refused.response["Error"]["Code"] == "ResourceNotFoundException":
                raise rules.entry_missing() from refused
            raise
        entry: dict[str, Any] = answer["accessEntry"]
        return entry

    def _changed(self, response: Response, cluster: Cluster) -> Response:
        if response.status == 200:
            self._on_change(cluster)
        return self._with_username(response)

    @staticmethod
    def _described(response: Response, cluster: Cluster) -> Response:
        if response.status != 200:
            return response
        return response.with_json({"cluster": cluster.described(response.json["cluster"])})

    @staticmethod
    def _with_username(response: Response) -> Response:
        """Fill in the username EKS gives when none was set, and use EKS's message for an entry that is not
        there.
        """
        if response.status == 404 and str(response.json.get("message", "")).startswith("No access entry"):
            raise rules.entry_missing()
        if response.status != 200 or "accessEntry" not in response.json:
            return response
        entry = response.json["accessEntry"]
        entry["username"] = entry["username"] or rules.default_username(entry["principalArn"], entry["type"])
        return response.with_json({"accessEntry": entry})
