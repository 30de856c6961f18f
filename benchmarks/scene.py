"""Fills a cluster of the sandbox with a large workload.

Deployments with a new and an old replica set each, running pods on nodes, services with endpoint slices, and some
ingresses. Pods have a realistic size: two containers with environment values, probes and mounts, a status, and the
managed fields that the server adds.

One application is written through the API server, which admits and completes it as any other. Its stored form is then
copied into etcd many times, under other names of the same length, which keeps it valid: through the server, 46,000
writes would take longer than all measurements. The cluster has no controllers, so nothing changes while it is measured.
"""

import base64
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import urllib3

from eks_access.kubernetes.client import KubernetesApi

NAMESPACES, NODES = 40, 100
PUTS = 60
"""Per transaction: etcd accepts 128 operations, and 1.5 MB."""
KEYS = {
    "deployments": "deployments",
    "endpointslices": "endpointslices",
    "ingresses": "ingress",
    "pods": "pods",
    "replicasets": "replicasets",
    "services": "services/specs",
}
"""The etcd prefixes of the API server's objects (k8s.io/kubernetes/pkg/registry)."""
SECRET = "benchmark-secret-value"
"""In environment values and annotations. Must not be in an inventory."""
APP, NAMESPACE, NODE = "app-xxxxx", "team-xx", "ip-10-0-xxx-xxx.ec2.internal"
REPLICA_SET, POD = f"{APP}-set-xx", f"{APP}-pod-xx"
"""The names of the template's objects, as long as those of the copies."""
Object = dict[str, Any]


@dataclass(frozen=True)
class Size:
    """The number of objects. There are as many deployments as services, and each has the same number of pods."""

    pods: int = 20_000
    services: int = 2_000
    replica_sets: int = 4_000

    @property
    def counts(self) -> dict[str, int]:
        deployments = self.services
        return {
            "pods": self.pods,
            "services": self.services,
            "replicasets": self.replica_sets,
            "deployments": deployments,
            "endpointslices": self.services,
            "ingresses": -(-self.services // 10),
            "nodes": NODES,
        }


class Scene:
    """`api` has the administrator's rights; `store` is the address of its etcd."""

    def __init__(self, api: KubernetesApi, store: str, size: Size) -> None:
        self._api = api
        self._store = Store(store)
        self._size = size

    def write(self) -> None:
        """Write namespaces and nodes, one application as the template, and copies of it."""
        for name in (NAMESPACE, *map(namespace, range(NAMESPACES))):
            self._post("/api/v1/namespaces", {"metadata": {"name": name}})
        for name in map(node, range(NODES)):
            self._post("/api/v1/nodes", {"metadata": {"name": name}})
        patterns = self._pattern()
        self._store.put(entry for number in range(self._size.services) for entry in self._application(number, patterns))
        for pattern in patterns.values():
            self._api.json("DELETE", pattern.path, body={"gracePeriodSeconds": 0})

    def _pattern(self) -> dict[str, "Pattern"]:
        """The stored form of the application, by resource."""
        core, apps = f"/api/v1/namespaces/{NAMESPACE}", f"/apis/apps/v1/namespaces/{NAMESPACE}"
        # No pod is admitted without it; a controller would create it.
        self._post(f"{core}/serviceaccounts", {"metadata": {"name": "default"}})
        deployment = self._post(f"{apps}/deployments", _deployment(APP))
        replica_set = self._post(f"{apps}/replicasets", _replica_set(APP, deployment))
        pod = self._post(f"{core}/pods", _pod(APP, replica_set))
        status = json.dumps({"status": _status(_template(APP))}).encode()
        content_type = "application/strategic-merge-patch+json"
        self._api.json("PATCH", f"{core}/pods/{POD}/status", body=status, content_type=content_type)
        service = self._post(f"{core}/services", _service(APP))
        slices = f"/apis/discovery.k8s.io/v1/namespaces/{NAMESPACE}/endpointslices"
        behind = [f"{APP}-pod-{each:02}" for each in range(self._size.pods // self._size.services)]
        endpoint_slice = self._post(slices, _endpoint_slice(APP, behind, service))
        ingresses = f"/apis/networking.k8s.io/v1/namespaces/{NAMESPACE}/ingresses"
        ingress = self._post(ingresses, _ingress(APP))
        return {
            "deployments": self._stored("deployments", f"{apps}/deployments", deployment),
            "replicasets": self._stored("replicasets", f"{apps}/replicasets", replica_set),
            "pods": self._stored("pods", f"{core}/pods", pod),
            "services": self._stored("services", f"{core}/services", service),
            "endpointslices": self._stored("endpointslices", slices, endpoint_slice),
            "ingresses": self._stored("ingresses", ingresses, ingress),
        }

    def _stored(self, resource: str, path: str, made: Object) -> "Pattern":
        name, uid = made["metadata"]["name"], made["metadata"]["uid"]
        return Pattern(f"{path}/{name}", uid, self._store.get(key(resource, NAMESPACE, name)))

    def _application(self, number: int, patterns: Mapping[str, "Pattern"]) -> Iterator[tuple[str, bytes]]:
        """Keys and values of one application, with a new uid for each object."""
        name, where = f"app-{number:05}", namespace(number)
        uids: dict[str, str] = {}

        def like(resource: str, called: str = name, more: Mapping[str, str] | None = None) -> tuple[str, bytes]:
            pattern = patterns[resource]
            uids[pattern.uid] = str(uuid.uuid4())
            # Longer names first: the application's name is a part of them.
            values = {**(more or {}), APP: name, NAMESPACE: where, **uids}
            return key(resource, where, called), pattern.fill(values)

        yield like("deployments")
        latest = ""
        for each in range(self._size.replica_sets // self._size.services):
            latest = f"{name}-set-{each:02}"
            yield like("replicasets", latest, {REPLICA_SET: latest})
        for each in range(self._size.pods // self._size.services):
            called = f"{name}-pod-{each:02}"
            on = node((number + each) % NODES)
            yield like("pods", called, {POD: called, REPLICA_SET: latest, NODE: on})
        yield like("services")
        yield like("endpointslices")
        if number % 10 == 0:
            yield like("ingresses")

    def _post(self, path: str, body: Object) -> Object:
        created: Object = self._api.json("POST", path, body=body)
        return created


@dataclass(frozen=True)
class Pattern:
    """One template object: its API path and its stored form."""

    path: str
    uid: str
    value: bytes

    def fill(self, values: Mapping[str, str]) -> bytes:
        value = self.value
        for name, other in values.items():
            # In the stored form, each string is preceded by its length.
            assert len(name) == len(other), f"{other!r} is not as long as {name!r}"
            value = value.replace(name.encode(), other.encode())
        return value


class Store:
    """Reads and writes etcd through its JSON gateway. https://etcd.io/docs/v3.5/dev-guide/api_grpc_gateway/"""

    def __init__(self, address: str) -> None:
        self._address = address
        self._http = urllib3.PoolManager()

    def get(self, key: str) -> bytes:
        (found,) = self._call("range", {"key": _base64(key.encode())})["kvs"]
        return base64.b64decode(found["value"])

    def put(self, entries: Iterable[tuple[str, bytes]]) -> None:
        left = iter(entries)
        while some := list(islice(left, PUTS)):
            puts = [{"requestPut": {"key": _base64(key.encode()), "value": _base64(value)}} for key, value in some]
            self._call("txn", {"success": puts})

    def _call(self, call: str, body: Object) -> Any:
        answer = self._http.request("POST", f"{self._address}/v3/kv/{call}", json=body)
        if answer.status != 200:
            raise SystemExit(f"etcd refused: {answer.status} {answer.data[:500]!r}")
        return answer.json()


def key(resource: str, where: str, name: str) -> str:
    return f"/registry/{KEYS[resource]}/{where}/{name}"


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def namespace(number: int) -> str:
    return f"team-{number % NAMESPACES:02}"


def node(number: int) -> str:
    return f"ip-10-0-{number // 256:03}-{number % 256:03}.ec2.internal"


def _owner(version: str, kind: str, owner: Object) -> Object:
    meta = owner["metadata"]
    return {"apiVersion": version, "kind": kind, "name": meta["name"], "uid": meta["uid"], "controller": True}


def _selector(app: str) -> Object:
    return {"matchLabels": {"app": app}}


def _deployment(name: str) -> Object:
    return {
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"replicas": 10, "selector": _selector(name), "template": _template(name)},
    }


def _template(app: str) -> Object:
    return {
        "metadata": {
            "labels": {"app": app, "app.kubernetes.io/name": app, "app.kubernetes.io/part-of": "benchmark"},
            "annotations": {"prometheus.io/scrape": "true", "example.com/checksum": f"{SECRET}-{app}"},
        },
        "spec": {"containers": [_container(app, "server", 12), _container(app, "sidecar", 6)]},
    }


def _container(app: str, role: str, values: int) -> Object:
    probe = {"httpGet": {"path": "/healthz", "port": 8080}, "initialDelaySeconds": 5, "periodSeconds": 10}
    return {
        "name": role,
        "image": f"111122223333.dkr.ecr.us-east-1.amazonaws.com/{app}/{role}:1.4.2",
        "ports": [{"containerPort": 8080 if role == "server" else 9090}],
        "env": [{"name": f"SETTING_{each}", "value": f"{SECRET}-{app}-{each}"} for each in range(values)],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
        "livenessProbe": probe,
        "readinessProbe": probe,
    }


def _replica_set(app: str, deployment: Object) -> Object:
    meta = {"name": REPLICA_SET, "ownerReferences": [_owner("apps/v1", "Deployment", deployment)]}
    return {"metadata": meta, "spec": {"replicas": 0, "selector": _selector(app), "template": _template(app)}}


def _pod(app: str, replica_set: Object) -> Object:
    template = _template(app)
    meta = {**template["metadata"], "name": POD, "ownerReferences": [_owner("apps/v1", "ReplicaSet", replica_set)]}
    return {"metadata": meta, "spec": {**template["spec"], "nodeName": NODE}}


def _status(template: Object) -> Object:
    at, address = "2026-01-01T00:00:00Z", "10.0.0.1"
    conditions = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    return {
        "phase": "Running",
        "podIP": address,
        "podIPs": [{"ip": address}],
        "startTime": at,
        "conditions": [{"type": each, "status": "True", "lastTransitionTime": at} for each in conditions],
        "containerStatuses": [
            {
                "name": container["name"],
                "image": container["image"],
                "imageID": f"{container['image']}@sha256:{1:064x}",
                "containerID": f"containerd://{1:064x}",
                "ready": True,
                "started": True,
                "restartCount": 1,
                "state": {"running": {"startedAt": at}},
            }
            for container in template["spec"]["containers"]
        ],
    }


def _service(name: str) -> Object:
    return {
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {
            "clusterIP": "None",
            "selector": {"app": name},
            "ports": [{"name": "http", "port": 80, "targetPort": 8080}],
        },
    }


def _endpoint_slice(app: str, pods: Iterable[str], service: Object) -> Object:
    return {
        "metadata": {
            "name": app,
            "labels": {"kubernetes.io/service-name": app},
            "ownerReferences": [_owner("v1", "Service", service)],
        },
        "addressType": "IPv4",
        "ports": [{"name": "http", "port": 8080}],
        "endpoints": [_endpoint(pod, address) for address, pod in enumerate(pods, 1)],
    }


def _endpoint(pod: str, address: int) -> Object:
    target = {"kind": "Pod", "name": pod, "namespace": NAMESPACE}
    return {"addresses": [f"10.0.0.{address}"], "targetRef": target}


def _ingress(name: str) -> Object:
    backend = {"service": {"name": name, "port": {"name": "http"}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    return {"metadata": {"name": name}, "spec": {"rules": [{"host": f"{name}.example.com", "http": {"paths": [path]}}]}}
