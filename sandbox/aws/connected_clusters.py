"""Amazon EKS Connector in front of MiniStack, which lacks it: clusters elsewhere that are registered with EKS.

The API's shapes, limits and errors are those of botocore's model of EKS. What is not known of the service is its
words, and that a registration whose activation has run out shows as FAILED is from a sample in the user guide only.
What is left out: the caller's `iam:PassRole` and `ssm:CreateActivation` are not asked for.
"""

import asyncio
import re
import secrets
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import eks_rules as rules
from .asgi import Request, Response
from .errors import EksError, in_use, invalid_parameter, not_found
from .ministack_client import EVERYTHING, MiniStack

CONTROL_PATH = "/_sandbox/eks-connector"
"""Not of AWS: how a test makes time pass, and how the agent in a cluster is played."""
PROVIDERS = ("EKS_ANYWHERE", "ANTHOS", "GKE", "AKS", "OPENSHIFT", "TANZU", "RANCHER", "EC2", "OTHER")
LIMIT = 10
"""Registered clusters in a region: the default of the quota, https://docs.aws.amazon.com/eks/latest/userguide/service-quotas.html"""
ACTIVATION_SECONDS = 3 * 24 * 3600.0
SERVICE = "eks-connector.amazonaws.com"
SCOPE = re.compile(r"Credential=([^/,]+)/[^/]+/([^/]+)/eks/")
Authorize = Callable[[Request], Awaitable[None]]


@dataclass
class Registration:
    account: str
    region: str
    name: str
    role_arn: str
    provider: str
    tags: dict[str, str]
    ends_at: float
    created_at: float = field(default_factory=time.time)
    activation_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    code: str = field(default_factory=lambda: secrets.token_urlsafe(15)[:20])
    active: bool = False

    @property
    def arn(self) -> str:
        return f"arn:aws:eks:{self.region}:{self.account}:cluster/{self.name}"

    @property
    def status(self) -> str:
        if self.active:
            return "ACTIVE"
        return "PENDING" if time.time() < self.ends_at else "FAILED"

    def described(self) -> dict[str, Any]:
        """As DescribeCluster has it: the activation code is not in it."""
        return {
            "name": self.name,
            "arn": self.arn,
            "createdAt": self.created_at,
            "status": self.status,
            "tags": self.tags,
            "connectorConfig": {
                "activationId": self.activation_id,
                "activationExpiry": self.ends_at,
                "provider": self.provider,
                "roleArn": self.role_arn,
            },
        }

    def registered(self) -> dict[str, Any]:
        """As RegisterCluster answers, and never again."""
        described = self.described()
        described["connectorConfig"]["activationCode"] = self.code
        return described | {"status": "CREATING"}


class ConnectedClusters:
    def __init__(self, inner: MiniStack) -> None:
        self._inner = inner
        self._all: dict[tuple[str, str, str], Registration] = {}
        self._delays = 0
        self._activation_seconds = ACTIVATION_SECONDS

    async def handle(self, request: Request, authorize: Authorize) -> Response | None:
        """The answer to a request that is about connected clusters; None for every other."""
        credential = SCOPE.search(request.header("authorization"))
        if credential is None:
            return None
        account = await asyncio.to_thread(self._inner.account_of, credential.group(1))
        here = (account, credential.group(2))
        match (request.method, *request.segments):
            case ("POST", "cluster-registrations"):
                await authorize(request)
                return await self._register(here, request.json)
            case ("DELETE", "cluster-registrations", name):
                await authorize(request)
                return self._deregister(here, name)
            case ("GET", "clusters") if "all" in request.query_values("include"):
                await authorize(request)
                return await self._list(here, request.query)
            case ("GET", "clusters", name) if (*here, name) in self._all:
                await authorize(request)
                return Response.of_json(200, {"cluster": self._all[*here, name].described()})
            case ("POST", "clusters") if (*here, request.json.get("name", "")) in self._all:
                await authorize(request)
                raise in_use(f"Cluster already exists with name: {request.json['name']}")
            case (method, "tags", arn):
                found = next((one for one in self._all.values() if one.arn == arn and one.account == account), None)
                if found is not None:
                    await authorize(request)
                    return _tags(method, request, found)
        return None

    async def _register(self, here: tuple[str, str], wanted: Mapping[str, Any]) -> Response:
        name, config = wanted.get("name", ""), wanted.get("connectorConfig") or {}
        rules.check_cluster_name(name)
        rules.check_tags(wanted.get("tags") or {})
        if config.get("provider") not in PROVIDERS:
            raise invalid_parameter(f"The provider must be one of {', '.join(PROVIDERS)}.")
        if await asyncio.to_thread(self._inner.role, config.get("roleArn", "")) is None:
            raise invalid_parameter("The specified roleArn is invalid: there is no such role.")
        if (*here, name) in self._all or name in await asyncio.to_thread(self._own_names, here[0]):
            raise in_use(f"Cluster already exists with name: {name}")
        if sum((account, region) == here for account, region, _ in self._all) >= LIMIT:
            raise EksError("ResourceLimitExceededException", f"Registered cluster limit exceeded: {LIMIT}")
        if self._delays:
            self._delays -= 1
            raise EksError(
                "ResourcePropagationDelayException",
                "Required resources (such as service linked role) are still propagating. Try again later.",
                428,
            )
        await asyncio.to_thread(self._ensure_service_linked_role, here[0])
        ends_at = time.time() + self._activation_seconds
        tags = dict(wanted.get("tags") or {})
        made = Registration(*here, name, config["roleArn"], config["provider"], tags, ends_at)
        self._all[*here, name] = made
        return Response.of_json(200, {"cluster": made.registered()})

    def _deregister(self, here: tuple[str, str], name: str) -> Response:
        gone = self._all.pop((*here, name), None)
        if gone is None:
            raise not_found(f"No cluster found for name: {name}.")
        return Response.of_json(200, {"cluster": gone.described() | {"status": "DELETING"}})

    async def _list(self, here: tuple[str, str], query: Mapping[str, str]) -> Response:
        connected = [name for account, region, name in self._all if (account, region) == here]
        names = [*await asyncio.to_thread(self._own_names, here[0]), *connected]
        start, size = int(query.get("nextToken", 0)), int(query.get("maxResults", 100))
        page: dict[str, Any] = {"clusters": names[start : start + size]}
        if start + size < len(names):
            page["nextToken"] = str(start + size)
        return Response.of_json(200, page)

    def _own_names(self, account: str) -> list[str]:
        names: list[str] = self._inner.client("eks", account).list_clusters(maxResults=EVERYTHING)["clusters"]
        return names

    def _ensure_service_linked_role(self, account: str) -> None:
        """EKS makes it when the first cluster of an account is registered."""
        iam = self._inner.client("iam", account)
        if not iam.list_roles(PathPrefix=f"/aws-service-role/{SERVICE}/")["Roles"]:
            iam.create_service_linked_role(AWSServiceName=SERVICE)

    def control(self, request: Request) -> Response:
        """Settings by tests: `propagationDelays`, `activationSeconds`, `expire` and `activate`."""
        wanted = request.json
        self._delays = wanted.get("propagationDelays", self._delays)
        self._activation_seconds = wanted.get("activationSeconds", self._activation_seconds)
        for one in self._all.values():
            if one.name == wanted.get("expire"):
                one.ends_at = time.time() - 1
        if "activate" in wanted:
            return self._activate(wanted["activate"])
        return Response.of_json(200, {"propagationDelays": self._delays})

    def _activate(self, shown: Mapping[str, str]) -> Response:
        """As the agent in a cluster does, with what it was given."""
        found = next((one for one in self._all.values() if one.activation_id == shown.get("activationId")), None)
        if found is None or found.code != shown.get("activationCode") or found.status == "FAILED":
            return Response.of_json(400, {"message": "InvalidActivation"})
        if not _trusts_agent(found):
            return Response.of_json(400, {"message": "AccessDenied"})
        found.active = True
        return Response.of_json(200, {"name": found.name, "status": found.status})


def _trusts_agent(found: Registration) -> bool:
    """Whether Systems Manager may assume the agent's role, with the source that it sends for a hybrid activation.

    https://docs.aws.amazon.com/systems-manager/latest/userguide/hybrid-multicloud-service-role.html
    """
    # Imported here: MiniStack, which it imports, is for the AWS process alone.
    from . import sessions

    role = sessions.find_role(found.role_arn)
    source = {"aws:SourceAccount": found.account, "aws:SourceArn": f"arn:aws:ssm:{found.region}:{found.account}:*"}
    return role is not None and sessions.trusted(role, "sts:AssumeRole", "ssm.amazonaws.com", source)


def registration_resource(path: str, region: str, account: str) -> str | None:
    """The ARN that IAM decides on for DeregisterCluster; None for any other path. RegisterCluster has no resource.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelastickubernetesservice.html
    """
    found = re.fullmatch(r"/cluster-registrations/([^/]+)/?", path)
    return f"arn:aws:eks:{region}:{account}:cluster/{found[1]}" if found else None


def _tags(method: str, request: Request, found: Registration) -> Response:
    match method:
        case "POST":
            tags = request.json.get("tags") or {}
            rules.check_tags(found.tags | tags)
            found.tags.update(tags)
        case "DELETE":
            for key in request.query_values("tagKeys"):
                found.tags.pop(key, None)
        case _:
            return Response.of_json(200, {"tags": found.tags})
    return Response.of_json(200, {})
