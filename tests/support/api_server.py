"""A fake API server that lists its objects like a real one: in pages, each list at one resource version."""

import base64
import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support import protobuf_answers

Object = dict[str, Any]
COMPRESSED = 500
"""The size from which responses are compressed; a real API server begins at 128 kB."""
PROTOBUF = "application/vnd.kubernetes.protobuf"
KINDS = {
    "namespaces": "Namespace",
    "nodes": "Node",
    "pods": "Pod",
    "replicasets": "ReplicaSet",
    "deployments": "Deployment",
    "statefulsets": "StatefulSet",
    "daemonsets": "DaemonSet",
    "jobs": "Job",
    "cronjobs": "CronJob",
    "services": "Service",
    "endpointslices": "EndpointSlice",
    "ingresses": "Ingress",
    "configmaps": "ConfigMap",
}


class ApiServer:
    """The objects of a cluster, and which of them may be listed."""

    def __init__(self) -> None:
        self.objects: dict[str, list[Object]] = {resource: [] for resource in KINDS}
        self.refused: set[str] = set()
        self.allowed_in: dict[str, set[str]] = {}
        """Namespaces in which a refused resource may be listed nevertheless."""
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.tokens: set[str] = set()
        self.refused_to: dict[str, set[str]] = {}
        """Resources that are refused to an impersonated user."""
        self.delay = 0.0
        self.has_protobuf = True
        self.version = 1000
        self.url = ""
        self._snapshots: dict[int, dict[str, list[Object]]] = {}
        self._lock = threading.Lock()

    def add(self, resource: str, name: str, namespace: str = "", **parts: Any) -> Object:
        """Add an object, with a uid that is derived from its name."""
        meta = {"name": name, "uid": f"uid-{resource}-{namespace}-{name}", **parts.pop("metadata", {})}
        created = {"metadata": meta | ({"namespace": namespace} if namespace else {}), **parts}
        self.objects[resource].append(created)
        return created

    def answer(self, path: str, query: dict[str, str], accept: str) -> tuple[int, Object]:
        if path == "/version":
            return 200, {"gitVersion": "v1.35.4"}
        resource, namespace = _place(path)
        if resource not in self.objects:
            return 404, _status(404, "NotFound", "the server could not find the requested resource")
        if resource in self.refused and namespace not in self.allowed_in.get(resource, ()):
            return 403, _status(403, "Forbidden", f"{resource} is forbidden: User cannot list it")
        with self._lock:
            return 200, self._page(resource, namespace, query, metadata_only="PartialObjectMetadataList" in accept)

    def _page(self, resource: str, namespace: str | None, query: dict[str, str], *, metadata_only: bool) -> Object:
        version, start = self.version, 0
        if "continue" in query:
            version, start = json.loads(base64.b64decode(query["continue"]))
        else:
            self._snapshots[version] = {key: list(objects) for key, objects in self.objects.items()}
        every = [
            each
            for each in self._snapshots[version][resource]
            if namespace is None or each["metadata"].get("namespace") == namespace
        ]
        end = start + int(query["limit"])
        meta: Object = {"resourceVersion": str(version)}
        if end < len(every):
            token = base64.b64encode(json.dumps([version, end]).encode()).decode()
            meta |= {"continue": token, "remainingItemCount": len(every) - end}
        if metadata_only:
            items = [{"kind": "PartialObjectMetadata", "metadata": each["metadata"]} for each in every[start:end]]
            # Like a real server: the items of an empty metadata-only list are null.
            return {"kind": "PartialObjectMetadataList", "metadata": meta, "items": items or None}
        return {"kind": f"{KINDS[resource]}List", "metadata": meta, "items": every[start:end]}


def pod(server: ApiServer, name: str, namespace: str = "web", **more: Any) -> Object:
    """Add a running pod with values that must not be kept."""
    container = {"name": "main", "image": "web:1", "env": [{"name": "TOKEN", "value": "CANARY"}], "args": ["CANARY"]}
    status = {"name": "main", "ready": True, "restartCount": 2, "state": {"running": {"startedAt": "now"}}}
    metadata = {"annotations": {"last-applied": "CANARY"}, "labels": {"app": "web"}, **more.pop("metadata", {})}
    spec = {"containers": [container], "nodeName": "node-1", **more.pop("spec", {})}
    state = {"phase": "Running", "containerStatuses": [status], **more.pop("status", {})}
    return server.add("pods", name, namespace, metadata=metadata, spec=spec, status=state)


def _place(path: str) -> tuple[str, str | None]:
    parts = path.split("/")
    rest = parts[3:] if parts[1] == "api" else parts[4:]
    return (rest[2], rest[1]) if len(rest) == 3 else ("/".join(rest), None)


def _status(code: int, reason: str, message: str) -> Object:
    return {"kind": "Status", "apiVersion": "v1", "reason": reason, "message": message, "code": code}


def _encoded(body: Object, accept: str) -> tuple[str, bytes]:
    """The body in the first encoding that is accepted. Like a real server, it sends errors and versions in JSON if only
    metadata is requested."""
    wanted = accept.split(",")[0]
    is_list = body.get("kind", "").endswith("List")
    if wanted.startswith(PROTOBUF) and (is_list or (body.get("kind") == "Status" and wanted == PROTOBUF)):
        return PROTOBUF, protobuf_answers.encoded(body)
    return "application/json", json.dumps(body).encode()


@contextmanager
def serving(server: ApiServer) -> Iterator[ApiServer]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            server.requests.append((parts.path, query))
            server.tokens.add(self.headers.get("Authorization", ""))
            threading.Event().wait(server.delay)
            user = self.headers.get("Impersonate-User", "")
            if _place(parts.path)[0] in server.refused_to.get(user, ()):
                code, body = 403, _status(403, "Forbidden", f"User {user} cannot list it")
            else:
                code, body = server.answer(parts.path, query, self.headers.get("Accept", ""))
            content_type, encoded = _encoded(body, self.headers.get("Accept", "") if server.has_protobuf else "")
            self.send_response(code)
            self.send_header("Content-Type", content_type)
            if len(encoded) > COMPRESSED and "gzip" in self.headers.get("Accept-Encoding", ""):
                self.send_header("Content-Encoding", "gzip")
                encoded = gzip.compress(encoded, 1)
            self.send_header("Content-Length", str(len(encoded)))
            self.end_headers()
            self.wfile.write(encoded)

        def log_message(self, format: str, *args: Any) -> None:
            """Log nothing."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.daemon_threads = True
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{listening.server_address[1]}"
    try:
        yield server
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join(10)
