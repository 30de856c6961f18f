"""A fake AWS account: clusters with entries, aws-auth and RBAC behind fake clients of AWS and one real HTTP server."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from botocore.exceptions import ClientError

from eks_access.integrations import vendors
from eks_access_inventory.evaluate.build import Options, build_inventory
from eks_access_inventory.inventory import AccessInventory, Principal, Way
from eks_access_inventory.reading.account import Scope, read_account
from eks_access_policies.evaluate.configuration import Configuration
from eks_access_probe.identity.aws_clients import Keys
from tests.support.fixtures import create_certificate_authority

ACCOUNT = "111122223333"
REGION = "eu-west-1"
KEYS = Keys("AKIAREADERREADERREAD", "a-secret-key-of-the-reader", "a-session-token-of-the-reader")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
VENDORS = {key: vendor.marks for key, vendor in vendors().items() if vendor.marks is not None}
RECENTLY = datetime.now(UTC) - timedelta(days=2)
RBAC_KINDS = {
    "clusterroles": "ClusterRole",
    "roles": "Role",
    "clusterrolebindings": "ClusterRoleBinding",
    "rolebindings": "RoleBinding",
}
PAGE = 50
"""Items on a page of the fake services."""


def role_arn(name: str, account: str = ACCOUNT, path: str = "/") -> str:
    return f"arn:aws:iam::{account}:role{path}{name}"


def trust_of(principal: Mapping[str, Any], **condition: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": dict(principal), "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement | ({"Condition": condition} if condition else {})]}


OWN_TRUST = trust_of({"AWS": f"arn:aws:iam::{ACCOUNT}:role/ci"})


@dataclass
class FakeCluster:
    """A cluster, and how its API server behaves."""

    name: str
    mode: str = "API_AND_CONFIG_MAP"
    region: str = REGION
    tags: dict[str, str] = field(default_factory=dict)
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    policies: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    aws_auth: dict[str, str] | None = None
    objects: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {kind: [] for kind in RBAC_KINDS})
    identity_providers: list[dict[str, Any]] = field(default_factory=list)
    created: datetime = LONG_AGO
    delay: float = 0.0
    """Seconds before each answer of its API server."""
    throttled: int = 0
    """How many requests to its API server are answered with 429 first."""
    refused: set[str] = field(default_factory=set)
    """Resources that may not be listed."""
    endpoint: str | None = None
    """Another endpoint than that of the fake server; empty for none."""
    connector: bool = False

    def let_in(
        self,
        arn: str,
        *groups: str,
        username: str = "",
        type: str = "STANDARD",
        at: datetime = LONG_AGO,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Make an access entry."""
        self.entries[arn] = {
            "principalArn": arn,
            "kubernetesGroups": list(groups),
            "username": username or arn,
            "type": type,
            "createdAt": at,
            "tags": {"note": "CANARY-TAG", **(tags or {})},
        }

    def associate(self, arn: str, policy: str, *namespaces: str) -> None:
        scope = {"type": "namespace", "namespaces": list(namespaces)} if namespaces else {"type": "cluster"}
        found = {"policyArn": f"arn:aws:eks::aws:cluster-access-policy/{policy}", "accessScope": scope}
        self.policies.setdefault(arn, []).append(found)

    def map_role(self, arn: str, username: str, *groups: str, section: str = "mapRoles") -> None:
        """Add a line to aws-auth."""
        self.aws_auth = self.aws_auth or {}
        key = "rolearn" if section == "mapRoles" else "userarn"
        line = f"- {json.dumps({key: arn, 'username': username, 'groups': list(groups)})}\n"
        self.aws_auth[section] = self.aws_auth.get(section, "") + line

    def bind(self, group: str, role: str, *rules: Mapping[str, Any], namespace: str = "", kind: str = "Group") -> None:
        """Bind a ClusterRole with these rules to a group or user, in the cluster or in a namespace."""
        metadata = {"name": role, "annotations": {"note": "CANARY-ANNOTATION", "pulumi.com/patchForce": "true"}}
        if rules:
            self.objects["clusterroles"].append({"metadata": metadata, "rules": [dict(rule) for rule in rules]})
        binding: dict[str, Any] = {
            "metadata": {"name": f"{role}-of-{group}", "annotations": metadata["annotations"]},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": group}],
        }
        if namespace:
            binding["metadata"]["namespace"] = namespace
        self.objects["rolebindings" if namespace else "clusterrolebindings"].append(binding)


def rule(verbs: str, resources: str, groups: str = "") -> dict[str, Any]:
    """A rule, of lists that are separated by commas."""
    return {"apiGroups": groups.split(","), "resources": resources.split(","), "verbs": verbs.split(",")}


class FakeAccount:
    """The clusters and principals of an account, and what its services answer."""

    def __init__(self) -> None:
        self.clusters: list[FakeCluster] = []
        self.roles: dict[str, dict[str, Any]] = {}
        self.users: dict[str, dict[str, Any]] = {}
        self.role_policies: dict[str, dict[str, tuple[Any, str, int]]] = {}
        """By role and name: a policy's document, its ARN if it is attached, and its attachments."""
        self.failures: dict[str, list[ClientError]] = {}
        """By the operation's name: errors that its next calls raise."""
        self.always: set[str] = set()
        """The operations whose error stays."""
        self.regions = [REGION]
        self.calls: list[str] = []
        self.audit: list[list[dict[str, str]]] = []
        self.latency = 0.0
        self.url = ""
        self.tokens: set[str] = set()
        self.lock = threading.Lock()

    def add_cluster(self, name: str, mode: str = "API_AND_CONFIG_MAP", **more: Any) -> FakeCluster:
        self.clusters.append(FakeCluster(name, mode, **more))
        return self.clusters[-1]

    def add_role(
        self,
        name: str,
        trust: Any = OWN_TRUST,
        *,
        path: str = "/",
        created: datetime = LONG_AGO,
        used: datetime | None = RECENTLY,
        unique_id: str = "",
    ) -> str:
        arn = role_arn(name, path=path)
        self.roles[name] = {
            "Arn": arn,
            "RoleId": unique_id or f"AROA{name.upper()[:16]}",
            "CreateDate": created - timedelta(days=1) if created == LONG_AGO else created,
            "AssumeRolePolicyDocument": trust,
            "RoleLastUsed": {"LastUsedDate": used, "Region": REGION} if used else {},
            "Tags": [{"Key": "note", "Value": "CANARY-TAG"}],
        }
        return arn

    def add_policy(self, role: str, name: str, document: Any, *, arn: str = "", attachments: int = 1) -> None:
        """Give a role an inline policy, or attach one with this ARN to it."""
        self.role_policies.setdefault(role, {})[name] = (document, arn, attachments)

    def add_user(self, name: str, **parts: Any) -> str:
        arn = f"arn:aws:iam::{ACCOUNT}:user/{name}"
        self.users[name] = {"Arn": arn, "UserId": f"AIDA{name.upper()}", "CreateDate": LONG_AGO, **parts}
        return arn

    def fail(self, operation: str, code: str, times: int = 1, status: int = 400) -> None:
        """Let the next calls of an operation fail; -1 for all of them."""
        error = client_error(operation, code, status)
        self.failures[operation] = [error] * times if times > 0 else [error]
        if times < 0:
            self.always.add(operation)

    def client(self, service: str, region: str, credentials: Keys | None) -> Any:
        return {"eks": FakeEks, "iam": FakeIam, "sts": FakeSts, "ec2": FakeEc2, "logs": FakeLogs}[service](self, region)

    def begin(self, operation: str) -> None:
        time.sleep(self.latency)
        with self.lock:
            self.calls.append(operation)
            failures = self.failures.get(operation)
            if failures:
                raise failures[0] if operation in self.always else failures.pop()


def client_error(operation: str, code: str, status: int = 400) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": f"{code} of {operation}"}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        operation,
    )


@dataclass
class _Paginator:
    client: Any
    operation: str

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        key, items = getattr(self.client, f"_{self.operation}")(**request)
        for start in range(0, max(len(items), 1), PAGE):
            self.client.account.begin(self.operation)
            yield {key: items[start : start + PAGE]}


class _Client:
    def __init__(self, account: FakeAccount, region: str) -> None:
        self.account = account
        self.region = region

    def get_paginator(self, operation: str) -> _Paginator:
        return _Paginator(self, operation)


class FakeSts(_Client):
    def get_caller_identity(self) -> dict[str, Any]:
        self.account.begin("get_caller_identity")
        return {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/reader"}


class FakeEc2(_Client):
    def describe_regions(self) -> dict[str, Any]:
        self.account.begin("describe_regions")
        return {"Regions": [{"RegionName": region} for region in self.account.regions]}


class FakeEks(_Client):
    def _find(self, name: str) -> FakeCluster:
        found = [each for each in self.account.clusters if each.name == name and each.region == self.region]
        if not found:
            raise client_error("describe_cluster", "ResourceNotFoundException", 404)
        return found[0]

    def describe_cluster(self, name: str) -> dict[str, Any]:
        self.account.begin("describe_cluster")
        cluster = self._find(name)
        endpoint = f"{self.account.url}/{name}" if cluster.endpoint is None else cluster.endpoint
        described = {
            "name": name,
            "arn": f"arn:aws:eks:{self.region}:{ACCOUNT}:cluster/{name}",
            "status": "ACTIVE",
            "version": "1.35",
            "createdAt": cluster.created,
            "tags": cluster.tags,
            "accessConfig": {"authenticationMode": cluster.mode},
            "certificateAuthority": {"data": _find_authority()},
        }
        if cluster.connector:
            return {"cluster": {"name": name, "status": "ACTIVE", "connectorConfig": {"activationCode": "CANARY-CODE"}}}
        return {"cluster": described | ({"endpoint": endpoint} if endpoint else {})}

    def describe_access_entry(self, clusterName: str, principalArn: str) -> dict[str, Any]:
        self.account.begin("describe_access_entry")
        return {"accessEntry": self._find(clusterName).entries[principalArn]}

    def describe_identity_provider_config(self, clusterName: str, identityProviderConfig: Any) -> dict[str, Any]:
        found = [
            each
            for each in self._find(clusterName).identity_providers
            if each["identityProviderConfigName"] == identityProviderConfig["name"]
        ]
        return {"identityProviderConfig": {"oidc": found[0]}}

    def _list_clusters(self, include: list[str]) -> tuple[str, list[Any]]:
        return "clusters", [each.name for each in self.account.clusters if each.region == self.region]

    def _list_access_entries(self, clusterName: str) -> tuple[str, list[Any]]:
        return "accessEntries", list(self._find(clusterName).entries)

    def _list_associated_access_policies(self, clusterName: str, principalArn: str) -> tuple[str, list[Any]]:
        return "associatedAccessPolicies", self._find(clusterName).policies.get(principalArn, [])

    def _list_identity_provider_configs(self, clusterName: str) -> tuple[str, list[Any]]:
        found = self._find(clusterName).identity_providers
        return "identityProviderConfigs", [
            {"type": "oidc", "name": each["identityProviderConfigName"]} for each in found
        ]


class FakeIam(_Client):
    def get_role(self, RoleName: str) -> dict[str, Any]:
        self.account.begin("get_role")
        if RoleName not in self.account.roles:
            raise client_error("get_role", "NoSuchEntity", 404)
        return {"Role": self.account.roles[RoleName]}

    def _policies_of(self, role: str) -> Mapping[str, tuple[Any, str, int]]:
        return self.account.role_policies.get(role, {})

    def _list_role_policies(self, RoleName: str) -> tuple[str, list[Any]]:
        return "PolicyNames", [name for name, (_, arn, _) in self._policies_of(RoleName).items() if not arn]

    def _list_attached_role_policies(self, RoleName: str) -> tuple[str, list[Any]]:
        attached = [(name, arn) for name, (_, arn, _) in self._policies_of(RoleName).items() if arn]
        return "AttachedPolicies", [{"PolicyName": name, "PolicyArn": arn} for name, arn in attached]

    def get_role_policy(self, RoleName: str, PolicyName: str) -> dict[str, Any]:
        self.account.begin("get_role_policy")
        return {"PolicyDocument": self._policies_of(RoleName)[PolicyName][0]}

    def _find_policy(self, arn: str) -> tuple[str, Any, int]:
        for policies in self.account.role_policies.values():
            for name, (document, own_arn, attachments) in policies.items():
                if own_arn == arn:
                    return name, document, attachments
        raise client_error("get_policy", "NoSuchEntity", 404)

    def get_policy(self, PolicyArn: str) -> dict[str, Any]:
        self.account.begin("get_policy")
        name, _, attachments = self._find_policy(PolicyArn)
        return {"Policy": {"PolicyName": name, "DefaultVersionId": "v2", "AttachmentCount": attachments, "Tags": []}}

    def get_policy_version(self, PolicyArn: str, VersionId: str) -> dict[str, Any]:
        self.account.begin("get_policy_version")
        assert VersionId == "v2", "the default version, and not the first"
        return {"PolicyVersion": {"Document": self._find_policy(PolicyArn)[1]}}

    def get_user(self, UserName: str) -> dict[str, Any]:
        self.account.begin("get_user")
        if UserName not in self.account.users:
            raise client_error("get_user", "NoSuchEntity", 404)
        return {"User": self.account.users[UserName]}

    def get_access_key_last_used(self, AccessKeyId: str) -> dict[str, Any]:
        self.account.begin("get_access_key_last_used")
        return {"AccessKeyLastUsed": {"ServiceName": "sts", "LastUsedDate": LONG_AGO}}

    def _list_roles(self) -> tuple[str, list[Any]]:
        return "Roles", [{"RoleName": name} for name in self.account.roles]

    def _list_users(self) -> tuple[str, list[Any]]:
        return "Users", [{"UserName": name} for name in self.account.users]

    def _list_access_keys(self, UserName: str) -> tuple[str, list[Any]]:
        keys = self.account.users[UserName].get("Keys", [])
        return "AccessKeyMetadata", [{"AccessKeyId": key} for key in keys]


class FakeLogs(_Client):
    def start_query(self, **request: Any) -> dict[str, Any]:
        self.account.begin("start_query")
        self.account.calls.append(request["logGroupName"])
        return {"queryId": "1"}

    def get_query_results(self, queryId: str) -> dict[str, Any]:
        self.account.begin("get_query_results")
        return {"status": "Complete", "results": self.account.audit}


@cache
def _find_authority() -> str:
    """One that no server has: they speak HTTP without TLS."""
    return create_certificate_authority()


@contextmanager
def serving(account: FakeAccount) -> Iterator[FakeAccount]:
    """The account with the API servers of its clusters, at one address by their names."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            account.tokens.add(self.headers.get("Authorization", ""))
            _, name, path = urlsplit(self.path).path.split("/", 2)
            cluster = next(each for each in account.clusters if each.name == name)
            time.sleep(cluster.delay)
            with account.lock:
                is_throttled = cluster.throttled > 0
                cluster.throttled -= is_throttled
            status, body = (429, _status("TooManyRequests")) if is_throttled else _answer(cluster, path, self.path)
            encoded = json.dumps(body).encode()
            self.send_response(status)
            if is_throttled:
                self.send_header("Retry-After", "0")
            self.send_header("Content-Length", str(len(encoded)))
            self.end_headers()
            self.wfile.write(encoded)

        def log_message(self, format: str, *args: Any) -> None:
            """Log nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    account.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield account
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def _answer(cluster: FakeCluster, path: str, url: str) -> tuple[int, Any]:
    resource = path.rpartition("/")[2]
    if resource in cluster.refused:
        return 403, _status("Forbidden")
    if resource == "aws-auth":
        if cluster.aws_auth is None:
            return 404, _status("NotFound")
        return 200, {"metadata": {"annotations": {"note": "CANARY-ANNOTATION"}}, "data": cluster.aws_auth}
    query = parse_qs(urlsplit(url).query)
    start = int(query.get("continue", ["0"])[0])
    items = cluster.objects[resource]
    more = {"continue": str(start + PAGE)} if start + PAGE < len(items) else {}
    return 200, {"metadata": {"resourceVersion": "1", **more}, "items": items[start : start + PAGE]}


def _status(reason: str) -> dict[str, Any]:
    return {"kind": "Status", "reason": reason, "message": f"{reason} by the fake API server"}


class Progress:
    """What the reader reports."""

    def __init__(self) -> None:
        self.total = 0
        self.read = 0

    def found(self, count: int) -> None:
        self.total = count

    def done(self) -> None:
        self.read += 1


def take_inventory(
    account: FakeAccount,
    *,
    configuration: Configuration | None = None,
    progress: Progress | None = None,
    deadline: float = 60,
    **scope: Any,
) -> AccessInventory:
    """The inventory of the account, by its API servers where it is being served."""
    reading = read_account(
        account,
        KEYS,
        Scope(**{"home": REGION, "regions": (REGION,), **scope}),
        progress or Progress(),
        concurrency=32,
        deadline=deadline,
    )
    return build_inventory(reading, Options(configuration or Configuration(), VENDORS))


def find(inventory: AccessInventory, name: str) -> Principal:
    """The principal whose ARN ends in this name."""
    (found,) = (each for each in inventory.principals if each.arn.rpartition("/")[2] == name)
    return found


def kinds(found: Principal | Way) -> list[str]:
    """The kinds of its problems."""
    problems = found.all_problems if isinstance(found, Principal) else found.problems
    return [str(problem.kind) for problem in problems]
