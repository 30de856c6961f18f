"""The RBAC objects of an API server in memory, with uids, resource versions, preconditions and dry runs."""

import copy
import itertools
import threading
from collections.abc import Callable, Mapping
from typing import Any

from eks_access.kubernetes.client import ApiError

PREFIX = "/apis/rbac.authorization.k8s.io/v1/"


class Store:
    """`before` is called with each request's method and path before it is served: a test can be the other writer."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.requests: list[tuple[str, str]] = []
        self.before: Callable[[str, str], None] = lambda method, path: None
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def put(self, path: str, content: Mapping[str, Any], **metadata: Any) -> dict[str, Any]:
        """Write as another client: a new object, or a new version of the one that is there."""
        before = self.objects.get(path, {"metadata": {"uid": f"uid-{next(self._numbers)}"}})
        name = path.rpartition("/")[2]
        place = {"namespace": path.split("/")[1]} if path.startswith("namespaces/") else {}
        fields = {**before["metadata"], "name": name, **place, "resourceVersion": str(next(self._numbers)), **metadata}
        self.objects[path] = {**copy.deepcopy(dict(content)), "metadata": fields}
        return self.objects[path]

    def change(self, path: str, change: Callable[[dict[str, Any]], object]) -> None:
        """Change an object as another client."""
        changed = copy.deepcopy(self.objects[path])
        change(changed)
        self.put(
            path, changed, **{key: value for key, value in changed["metadata"].items() if key != "resourceVersion"}
        )

    def json(
        self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: object | None = None
    ) -> Any:
        assert path.startswith(PREFIX)
        self.before(method, path)
        with self._lock:
            self.requests.append((method, path))
            if method in ("POST", "PUT"):
                assert (query or {}).get("fieldManager") == "eks-access", "every write names its field manager"
            is_dry = (query or {}).get("dryRun") == "All"
            before = copy.deepcopy(self.objects)
            answer = copy.deepcopy(self._serve(method, path.removeprefix(PREFIX), copy.deepcopy(body)))
            if is_dry:
                self.objects = before
            return answer

    def _serve(self, method: str, path: str, body: Any) -> Any:
        if method == "POST":
            path = f"{path}/{body['metadata']['name']}"
            if path in self.objects:
                raise ApiError(409, "AlreadyExists", f"{path} already exists")
            return self.put(path, body, **body["metadata"])
        if method == "GET" and path.rpartition("/")[2] in ("clusterroles", "roles"):
            return {"items": [each for name, each in self.objects.items() if name.startswith(path)]}
        if path not in self.objects:
            raise ApiError(404, "NotFound", f"{path} not found")
        live = self.objects[path]
        if method == "PUT":
            if body["metadata"]["resourceVersion"] != live["metadata"]["resourceVersion"]:
                raise ApiError(409, "Conflict", "the object has been modified")
            if live.get("roleRef") != body.get("roleRef"):
                raise ApiError(422, "Invalid", "roleRef: Invalid value: cannot change roleRef")
            assert body["metadata"]["uid"] == live["metadata"]["uid"]
            fields = {name: value for name, value in body["metadata"].items() if name != "resourceVersion"}
            return self.put(path, {name: value for name, value in body.items() if value is not None}, **fields)
        if method == "DELETE":
            for name, value in (body or {}).get("preconditions", {}).items():
                if live["metadata"][name] != value:
                    raise ApiError(409, "Conflict", f"the {name} in the precondition does not match")
            return self.objects.pop(path)
        return live
