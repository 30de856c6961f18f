import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from eks_access.endpoint import LoopbackError
from eks_access.kubernetes.client import KubernetesApi, Response
from eks_access_probe.identity.aws_clients import Keys
from eks_access_probe.leftovers.cluster_state import ClusterState, Registration
from eks_access_probe.leftovers.inspector import METADATA_ONLY, ClusterInspector
from tests.support.fixtures import certificate_authority

__all__ = ["certificate_authority"]

ACCOUNT = "111122223333"
ROLE, GONE, NODE = (f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ("path/there", "gone", "node"))
FOREIGN = "arn:aws:iam::999900001111:role/foreign"
AWS_AUTH = {"data": {"mapRoles": f"- rolearn: {GONE}\n  username: x\n- rolearn: {FOREIGN}\n  username: y\n"}}


def error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "Operation")


class Eks:
    """As boto3's client. Whatever is not here is not asked."""

    def __init__(self, certificate_authority: str, mode: str, endpoint: str) -> None:
        self._cluster = {
            "endpoint": endpoint,
            "certificateAuthority": {"data": certificate_authority},
            "accessConfig": {"authenticationMode": mode},
        }
        self.policies_asked: list[str] = []

    def describe_cluster(self, name: str) -> Any:
        return {"cluster": self._cluster}

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_access_entries"
        return self

    def paginate(self, clusterName: str) -> Iterator[Any]:
        yield {"accessEntries": [ROLE]}
        yield {"accessEntries": [NODE, FOREIGN]}

    def describe_access_entry(self, clusterName: str, principalArn: str) -> Any:
        return {"accessEntry": {"type": "EC2_LINUX" if principalArn == NODE else "STANDARD", "tags": {"a": "b"}}}

    def list_associated_access_policies(self, clusterName: str, principalArn: str) -> Any:
        self.policies_asked.append(principalArn)
        return {"associatedAccessPolicies": [{}]}


class Iam:
    def __init__(self, refuses: bool = False) -> None:
        self._refuses = refuses
        self.asked: list[str] = []

    def get_role(self, RoleName: str) -> Any:
        self.asked.append(RoleName)
        if self._refuses:
            raise error("AccessDenied")
        if RoleName == "gone":
            raise error("NoSuchEntity")
        return {"Role": {"RoleId": f"AROA-{RoleName}"}}


class World:
    """The clients, and the cluster's API; `asked` are the requests to it."""

    def __init__(self, certificate_authority: str, mode: str, endpoint: str, iam: Iam) -> None:
        self.eks, self.iam = Eks(certificate_authority, mode, endpoint), iam
        self.asked: list[tuple[str, str, Mapping[str, str], str]] = []

    def client(self, service: str, region: str, credentials: Keys | None) -> Any:
        return {"eks": self.eks, "iam": self.iam}[service]

    def request(self, api: Any, method: str, path: str, **options: Any) -> Response:
        query = options.get("query") or {}
        self.asked.append((method, path, query, options.get("accept", "application/json")))
        body: Any = {"items": None, "metadata": {}}
        if path.endswith("/aws-auth"):
            body = AWS_AUTH
        elif path.endswith("/clusterroles"):
            name = "second" if "continue" in query else "first"
            more = {} if "continue" in query else {"continue": "next"}
            body = {"items": [{"metadata": {"name": name}}], "metadata": more}
        elif path.endswith("/rolebindings") and "labelSelector" not in query:
            subjects = [{"kind": "User", "name": "jane"}, {"kind": "Group", "name": "all"}]
            body = {"items": [{"metadata": {"name": "b", "namespace": "web"}, "subjects": subjects}], "metadata": {}}
        return Response(200, {}, json.dumps(body).encode())


@pytest.fixture
def world(certificate_authority: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    def make(
        mode: str = "API_AND_CONFIG_MAP", endpoint: str = "https://127.0.0.1:1", *, refuses: bool = False
    ) -> World:
        made = World(certificate_authority, mode, endpoint, Iam(refuses))
        monkeypatch.setattr(KubernetesApi, "request", lambda self, *args, **more: made.request(self, *args, **more))
        return made

    return make


def inspect(world: World) -> ClusterState:
    return ClusterInspector(world, Keys("AKIA", "secret", None), only_loopback=True).inspect(
        "prod", "us-east-1", ACCOUNT
    )


def test_every_page_of_entries_is_read_and_nodes_have_no_policies_to_list(world: Any) -> None:
    here = world()
    assert [entry.principal_arn for entry in inspect(here).entries] == [ROLE, NODE, FOREIGN]
    assert here.eks.policies_asked == [ROLE, FOREIGN], "EKS refuses the question for the entries of nodes"


def test_only_principals_of_the_own_account_are_looked_up_and_once_each(world: Any) -> None:
    here = world()
    assert inspect(here).principals == {ROLE: "AROA-there", NODE: "AROA-node", GONE: None}
    assert here.iam.asked == ["there", "node", "gone"]


def test_requests_only_read_and_only_metadata_of_objects(world: Any) -> None:
    here = world()
    inspect(here)
    assert {method for method, *_ in here.asked} == {"GET"}
    with_values = {path.rpartition("/")[2] for _, path, _, accept in here.asked if accept != METADATA_ONLY}
    assert with_values == {"aws-auth", "clusterrolebindings", "rolebindings"}


def test_every_page_of_objects_is_read_and_bindings_have_their_users_only(world: Any) -> None:
    seen = inspect(world())
    assert [found.name for found in seen.objects if found.kind == "ClusterRole"] == ["first", "second"]
    assert [binding.users for binding in seen.bindings] == [("jane",)]


@pytest.mark.parametrize(("mode", "entries", "mappings"), [("CONFIG_MAP", 0, 2), ("API", 3, 0)])
def test_the_authentication_mode_decides_what_is_read(world: Any, mode: str, entries: int, mappings: int) -> None:
    seen = inspect(world(mode))
    assert (len(seen.entries), len(seen.mappings)) == (entries, mappings)


def test_a_remote_cluster_is_not_requested_from_a_loopback_environment(world: Any) -> None:
    here = world(endpoint="https://ABC.eks.amazonaws.com")
    with pytest.raises(LoopbackError, match="not a loopback address"):
        inspect(here)
    assert here.asked == [], "no token was sent there"


def test_a_denied_request_is_an_error_and_not_a_finding(world: Any) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        inspect(world(refuses=True))


class Region:
    """The EKS of a region with a cluster of its own and a connected one."""

    def client(self, service: str, region: str, credentials: Keys | None) -> Any:
        return self

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_clusters"
        return self

    def paginate(self, include: list[str]) -> Iterator[Any]:
        assert include == ["all"], "EKS leaves connected clusters out otherwise"
        yield {"clusters": ["own"]}
        yield {"clusters": ["onprem"]}

    def describe_cluster(self, name: str) -> Any:
        connected = {"connectorConfig": {"provider": "OTHER"}, "tags": {"a": "b"}}
        return {"cluster": {"name": name, **(connected if name == "onprem" else {})}}


def test_the_connected_clusters_of_a_region_are_registrations() -> None:
    inspector = ClusterInspector(Region(), Keys("AKIA", "secret", None), only_loopback=True)
    assert inspector.list_registrations("eu-west-1") == (Registration("onprem", "eu-west-1", {"a": "b"}),)
