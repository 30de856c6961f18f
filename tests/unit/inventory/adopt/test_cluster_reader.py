"""Objects of a cluster by name: metadata alone of Secrets, and what could not be read is no absence."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from eks_access.model.found import FoundObject, Maker
from eks_access_inventory.adopt.cluster_reader import connect, read_connector_objects, read_objects
from eks_access_inventory.adopt.importing.existing import ClusterKey
from eks_access_inventory.adopt.importing.lookups import ObjectKey
from eks_access_inventory.adopt.origins import Origins

CLUSTER = ClusterKey("onprem", "lab", "eu-west-1")
BASE = "/api/v1/namespaces/ns"


class Server:
    """An API server with a few answers, and what it was asked for."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, Any]] = {}
        self.accepts: dict[str, str] = {}
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                server.accepts[path] = self.headers["Accept"]
                status, body = server.answers.get(path, (404, {}))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body.encode() if isinstance(body, str) else json.dumps(body).encode())

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.http.serve_forever, daemon=True).start()

    @property
    def kubeconfig(self) -> str:
        cluster = {"name": "c", "cluster": {"server": f"http://127.0.0.1:{self.http.server_port}"}}
        users = [{"name": "u", "user": {"token": "t"}}]
        context = {"name": "x", "context": {"cluster": "c", "user": "u"}}
        head = {"apiVersion": "v1", "kind": "Config", "current-context": "x"}
        return json.dumps({**head, "clusters": [cluster], "users": users, "contexts": [context]})


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.http.shutdown()
    made.http.server_close()


def key(kind: str, name: str) -> ObjectKey:
    return ObjectKey("onprem", "v1", kind, "ns", name)


def read(server: Server, *keys: ObjectKey, kubeconfig: str | None = None) -> dict[ObjectKey, FoundObject | str | None]:
    return read_objects({"onprem": kubeconfig or server.kubeconfig}, {"onprem": CLUSTER}, keys, Origins())


def test_of_a_secret_only_the_metadata_is_requested(server: Server) -> None:
    server.answers[f"{BASE}/secrets/code"] = 200, {"kind": "PartialObjectMetadata", "metadata": {"name": "code"}}
    server.answers[f"{BASE}/configmaps/settings"] = 200, {"metadata": {"name": "settings"}, "data": {"a": "b"}}
    found = read(server, key("Secret", "code"), key("ConfigMap", "settings"))
    assert "as=PartialObjectMetadata" in server.accepts[f"{BASE}/secrets/code"]
    assert server.accepts[f"{BASE}/configmaps/settings"] == "application/json"
    settings = found[key("ConfigMap", "settings")]
    assert isinstance(settings, FoundObject)
    assert (settings.cluster, settings.namespace, settings.body["data"]) == ("lab", "ns", {"a": "b"})


def test_what_is_not_there_is_absent_and_what_cannot_be_read_is_not(server: Server) -> None:
    server.answers[f"{BASE}/configmaps/forbidden"] = 403, {"kind": "Status"}
    server.answers[f"{BASE}/configmaps/page"] = 200, "<html>a proxy's page</html>"
    found = read(server, *(key("ConfigMap", name) for name in ("absent", "forbidden", "page")))
    assert found[key("ConfigMap", "absent")] is None
    assert found[key("ConfigMap", "forbidden")] == "the API server responded with 403"
    assert found[key("ConfigMap", "page")] == "the API server responded with 200"


def test_a_cluster_that_does_not_respond_is_not_read(server: Server) -> None:
    gone = server.kubeconfig.replace(str(server.http.server_port), "9")
    (found,) = read(server, key("ConfigMap", "a"), kubeconfig=gone).values()
    assert isinstance(found, str)
    objects, unread = read_connector_objects(CLUSTER, gone, Origins(), deadline=10)
    assert objects == ()
    assert unread[0].startswith("lab (eu-west-1): ")
    assert isinstance(connect("no kubeconfig"), str)


def test_the_labels_show_who_manages_an_object(server: Server) -> None:
    labels = {"app.kubernetes.io/managed-by": "Helm"}
    server.answers[f"{BASE}/configmaps/settings"] = 200, {"metadata": {"name": "settings", "labels": labels}}
    (found,) = read(server, key("ConfigMap", "settings")).values()
    assert isinstance(found, FoundObject)
    assert found.origin.maker is Maker.HELM


def test_the_connectors_objects_are_not_taken_for_complete_where_one_list_failed(server: Server) -> None:
    for plural in ("clusterroles", "clusterrolebindings", "roles", "rolebindings"):
        server.answers[f"/apis/rbac.authorization.k8s.io/v1/{plural}"] = 200, {"items": []}
    assert read_connector_objects(CLUSTER, server.kubeconfig, Origins(), deadline=10) == ((), ())
    server.answers["/apis/rbac.authorization.k8s.io/v1/roles"] = 403, {"kind": "Status", "reason": "Forbidden"}
    _, unread = read_connector_objects(CLUSTER, server.kubeconfig, Origins(), deadline=10)
    assert len(unread) == 1
    assert "Roles" in unread[0]
