"""The aws-auth ConfigMap of an API server in memory, with resource versions, conflicts and errors as in Kubernetes."""

import copy
import threading
from collections.abc import Callable, Mapping
from typing import Any

from eks_access.kubernetes.client import ApiError

COLLECTION = "/api/v1/namespaces/kube-system/configmaps"
ITEM = f"{COLLECTION}/aws-auth"


class Store:
    """`before` is called with each request's method before it is served, so that a test can be the other writer."""

    def __init__(self, data: dict[str, str] | None = None, **fields: Any) -> None:
        self.object: dict[str, Any] | None = None
        self.requests: list[str] = []
        self.before: Callable[[str], None] = lambda _: None
        self._version = 0
        self._lock = threading.Lock()
        if data is not None:
            self.put(data, **fields)

    @property
    def data(self) -> dict[str, str]:
        assert self.object is not None
        data: dict[str, str] = self.object["data"]
        return data

    def put(self, data: dict[str, str], **fields: Any) -> None:
        """Write as another client, without a resource version."""
        self._version += 1
        metadata = {"name": "aws-auth", "resourceVersion": str(self._version), **fields.pop("metadata", {})}
        self.object = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data, **fields}

    def json(
        self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: object | None = None
    ) -> Any:
        self.before(method)
        with self._lock:
            self.requests.append(method)
            if method != "GET":
                assert query == {"fieldManager": "eks-access"}, "every write names its field manager"
            return copy.deepcopy(self._serve(method, path, copy.deepcopy(body)))

    def _serve(self, method: str, path: str, body: Any) -> Any:
        missing = ApiError(404, "NotFound", 'configmaps "aws-auth" not found')
        if method == "POST" and path == COLLECTION:
            if self.object is not None:
                raise ApiError(409, "AlreadyExists", 'configmaps "aws-auth" already exists')
            self.put(body["data"])
            return self.object
        assert path == ITEM
        if self.object is None:
            raise missing
        if method == "PUT":
            if body["metadata"]["resourceVersion"] != self.object["metadata"]["resourceVersion"]:
                raise ApiError(409, "Conflict", "the object has been modified; please apply your changes")
            if self.object.get("immutable"):
                raise ApiError(422, "Invalid", "data: Forbidden: field is immutable when `immutable` is set")
            self._version += 1
            body["metadata"]["resourceVersion"] = str(self._version)
            self.object = body
        return self.object
