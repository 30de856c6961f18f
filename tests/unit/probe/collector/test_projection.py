"""Projections: which fields of an object are kept."""

import json
from io import BytesIO
from typing import Any

import pytest

from eks_access_probe.collector import kinds
from eks_access_probe.collector.inventory import Container, Relation
from eks_access_probe.collector.kinds import TOPOLOGY
from eks_access_probe.collector.objects import CollectedObject, Interner, Owner, Reference
from tests.support.protobuf_answers import encoded

KINDS = {kind.name: kind for kind in TOPOLOGY}
META = {"name": "web", "namespace": "shop", "uid": "1"}


def project(kind: str, item: dict[str, Any]) -> CollectedObject:
    page = {"kind": f"{kind}List", "metadata": {"resourceVersion": "1"}, "items": [{"metadata": META, **item}]}
    (seen,) = kept(kind, page, Interner())
    return seen


def kept(kind: str, page: dict[str, Any], interner: Interner) -> list[CollectedObject]:
    """The objects of a page, which are the same in both encodings."""
    in_json = KINDS[kind].decode_page(BytesIO(json.dumps(page).encode()).read)
    in_protobuf = KINDS[kind].decode_page(BytesIO(encoded(page)).read)
    seen = KINDS[kind].project(in_json.items, interner)
    assert KINDS[kind].project(in_protobuf.items, interner) == seen
    return seen


def pod(*, spec: dict[str, Any] | None = None, **status: Any) -> CollectedObject:
    return project(
        "Pod", {"spec": {"containers": [{"name": "main", "image": "web:1"}], **(spec or {})}, "status": status}
    )


def container(**state: Any) -> list[dict[str, Any]]:
    return [{"name": "main", "ready": False, "restartCount": 4, "state": state}]


@pytest.mark.parametrize(
    ("seen", "status"),
    [
        (pod(phase="Running", containerStatuses=container(running={})), "Running"),
        (pod(phase="Pending"), "Pending"),
        (pod(phase="Succeeded", containerStatuses=container(terminated={"reason": "Completed"})), "Completed"),
        (pod(phase="Failed", reason="Evicted"), "Evicted"),
        (pod(phase="Running", containerStatuses=container(waiting={"reason": "CrashLoopBackOff"})), "CrashLoopBackOff"),
        (pod(phase="Pending", containerStatuses=container(waiting={"reason": "ContainerCreating"})), "Pending"),
        (
            pod(
                spec={"initContainers": [{"name": "init", "image": "i"}]},
                phase="Pending",
                initContainerStatuses=[{"name": "init", "state": {"waiting": {"reason": "ImagePullBackOff"}}}],
            ),
            "Init:ImagePullBackOff",
        ),
        (project("Deployment", {"spec": {"replicas": 3}, "status": {"readyReplicas": 2}}), "2/3"),
        (project("Deployment", {"spec": {}, "status": {}}), "0/1"),
        (project("DaemonSet", {"status": {"desiredNumberScheduled": 5, "numberReady": 4}}), "4/5"),
        (project("Job", {"status": {}}), "Running"),
        (project("Job", {"status": {"conditions": [{"type": "Complete", "status": "True"}]}}), "Complete"),
        (project("Job", {"status": {"conditions": [{"type": "Failed", "status": "True"}]}}), "Failed"),
        (project("Node", {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}), "Ready"),
        (project("Node", {"status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}}), "NotReady"),
        (
            project(
                "Node",
                {"spec": {"unschedulable": True}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}},
            ),
            "Ready,SchedulingDisabled",
        ),
        (project("Namespace", {"metadata": {**META, "deletionTimestamp": "2026-01-01T00:00:00Z"}}), "Terminating"),
    ],
)
def test_the_status_is_that_of_kubectl(seen: CollectedObject, status: str) -> None:
    assert seen.node.status == status


def test_each_container_has_its_image_state_and_restarts() -> None:
    seen = pod(phase="Running", containerStatuses=container(waiting={"reason": "CrashLoopBackOff"}))
    (kept,) = seen.node.containers
    assert kept == Container(name="main", image="web:1", state="waiting", reason="CrashLoopBackOff", restarts=4)


def test_init_and_ephemeral_containers_have_a_role() -> None:
    seen = pod(
        spec={
            "initContainers": [{"name": "init", "image": "i"}],
            "ephemeralContainers": [{"name": "debug", "image": "d"}],
        }
    )
    assert [(each.name, each.role) for each in seen.node.containers] == [
        ("init", "init"),
        ("main", ""),
        ("debug", "ephemeral"),
    ]


def test_a_pod_references_its_node_and_its_controller() -> None:
    owners = [
        {"kind": "Backup", "name": "b", "uid": "9"},
        {"kind": "ReplicaSet", "name": "web-abc", "uid": "7", "controller": True},
    ]
    meta = {**META, "ownerReferences": owners}
    seen = project("Pod", {"metadata": meta, "spec": {"containers": [], "nodeName": "node-1"}})
    assert seen.owner == Owner("ReplicaSet", "web-abc", "7")
    assert seen.references == (Reference(Relation.RUNS_ON, "Node", "node-1"),)


def test_an_ingress_references_each_service_once_including_the_default() -> None:
    def backend(name: str) -> dict[str, Any]:
        return {"service": {"name": name, "port": {"number": 80}}}

    rules = [
        {"host": "shop.example.com", "http": {"paths": [{"backend": backend("web")}, {"backend": backend("web")}]}},
        {"http": {"paths": [{"backend": {"resource": {"kind": "StorageBucket", "name": "static"}}}]}},
    ]
    seen = project("Ingress", {"spec": {"defaultBackend": backend("errors"), "rules": rules}})
    assert [pointer.name for pointer in seen.references] == ["web", "errors"]
    assert seen.node.detail == "shop.example.com *"


def test_an_endpoint_slice_names_its_service_and_the_pods_behind_it() -> None:
    endpoints = [
        {"addresses": ["10.0.0.1"], "targetRef": {"kind": "Pod", "name": "web-1"}},
        {"addresses": ["10.0.0.2"], "targetRef": {"kind": "Node", "name": "n"}},
        {"addresses": ["10.0.0.3"]},
    ]
    meta = {**META, "labels": {"kubernetes.io/service-name": "web", "other": "label"}}
    assert project("EndpointSlice", {"metadata": meta, "endpoints": endpoints}).serves == ("web", ("web-1",))
    assert project("EndpointSlice", {"metadata": meta, "endpoints": None}).serves == ("web", ())


def test_the_detail_of_a_service_is_its_type_and_ports() -> None:
    ports = [{"port": 80}, {"port": 53, "protocol": "UDP"}]
    seen = project("Service", {"spec": {"type": "LoadBalancer", "ports": ports, "selector": {"b": "2", "a": "1"}}})
    assert seen.node.detail == "LoadBalancer 80/TCP 53/UDP"
    assert seen.selector == (("a", "1"), ("b", "2"))


def test_secret_values_are_not_kept() -> None:
    values = [f"canary-{number}-{'x' * 20}" for number in range(5)]
    seen = project(
        "Pod",
        {
            "metadata": {**META, "annotations": {"kubectl.kubernetes.io/last-applied-configuration": values[0]}},
            "spec": {
                "containers": [
                    {"name": "main", "image": "web:1", "env": [{"name": "A", "value": values[1]}], "args": [values[2]]}
                ],
                "initContainers": [{"name": "init", "env": [{"name": "A", "value": values[3]}]}],
                "volumes": [{"name": values[4]}],
            },
        },
    )
    kept = repr(seen)
    assert "web:1" in kept, "the object itself is kept"
    assert not [value for value in values if value in kept]


def test_null_is_the_same_as_a_missing_field() -> None:
    labels = {"kubernetes.io/service-name": "web"}
    nulls = {"waiting": None, "running": None, "terminated": None}
    assert pod(containerStatuses=container(**nulls)) == pod(containerStatuses=container())
    slices = [
        project("EndpointSlice", {"metadata": {**META, "labels": labels}, "endpoints": [endpoint]})
        for endpoint in ({"targetRef": None}, {})
    ]
    assert slices[0] == slices[1]
    assert slices[0].serves == ("web", ())
    assert project("Ingress", {"spec": {"defaultBackend": None}}) == project("Ingress", {"spec": {}})


def test_equal_values_of_many_pods_are_kept_once() -> None:
    interner = Interner()
    item = {
        "metadata": {**META, "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "main", "image": "web:1"}]},
    }
    page = {"kind": "PodList", "metadata": {"resourceVersion": "1"}, "items": [item, item]}
    first, second = kept("Pod", page, interner)
    assert first.node.containers is second.node.containers
    assert first.labels is second.labels
    assert first.node.namespace is second.node.namespace


def test_only_metadata_is_requested_if_only_metadata_is_kept() -> None:
    asked = {kind.name: "PartialObjectMetadataList" in kind.accept for kind in TOPOLOGY}
    assert [name for name, is_metadata in asked.items() if is_metadata] == ["Namespace", "ReplicaSet", "CronJob"]


@pytest.mark.parametrize("secret", kinds.NEVER_LISTED)
def test_kinds_that_are_never_listed_are_not_in_the_topology(secret: tuple[str, str]) -> None:
    assert secret not in [(kind.group, kind.resource) for kind in TOPOLOGY]
