"""From what was decoded of an object to what is kept of it."""

from collections.abc import Callable, Iterator
from typing import Any

from . import wire
from .inventory import Container, Node, Relation
from .seen import Labels, Owner, Pointer, Seen, Shared

Projection = Callable[[str, Any, Shared], Seen]
"""From the kind, an object of its type in `wire`, and what is shared among all."""
SERVICE_NAME = "kubernetes.io/service-name"
"""https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetesioservice-name"""


def metadata(kind: str, item: wire.Object, shared: Shared) -> Seen:
    return _seen(kind, item.metadata, shared)


def replicated(kind: str, item: wire.Deployment | wire.StatefulSet, shared: Shared) -> Seen:
    return _seen(kind, item.metadata, shared, f"{item.status.readyReplicas}/{item.spec.replicas}")


def daemon_set(kind: str, item: wire.DaemonSet, shared: Shared) -> Seen:
    return _seen(kind, item.metadata, shared, f"{item.status.numberReady}/{item.status.desiredNumberScheduled}")


def job(kind: str, item: wire.Job, shared: Shared) -> Seen:
    true = {condition.type for condition in item.status.conditions or () if condition.status == "True"}
    status = next((end for end in ("Complete", "Failed", "Suspended") if end in true), "Running")
    return _seen(kind, item.metadata, shared, status)


def node(kind: str, item: wire.Node, shared: Shared) -> Seen:
    ready = any(c.type == "Ready" and c.status == "True" for c in item.status.conditions or ())
    status = "Ready" if ready else "NotReady"
    return _seen(kind, item.metadata, shared, f"{status},SchedulingDisabled" if item.spec.unschedulable else status)


def pod(kind: str, item: wire.Pod, shared: Shared) -> Seen:
    containers = shared(tuple(_containers(item, shared)))
    on = item.spec.nodeName
    seen = _seen(kind, item.metadata, shared, _pod_status(item, containers), containers=containers)
    seen.points_to = shared((Pointer(Relation.RUNS_ON, "Node", on),)) if on else ()
    seen.labels = shared(_labels(item.metadata.labels))
    return seen


def service(kind: str, item: wire.Service, shared: Shared) -> Seen:
    ports = " ".join(f"{port.port}/{port.protocol}" for port in item.spec.ports)
    seen = _seen(kind, item.metadata, shared, detail=f"{item.spec.type} {ports}".strip())
    seen.selector = _labels(item.spec.selector or {})
    return seen


def endpoint_slice(kind: str, item: wire.EndpointSlice, shared: Shared) -> Seen:
    targets = [endpoint.targetRef for endpoint in item.endpoints or () if endpoint.targetRef is not None]
    seen = _seen(kind, item.metadata, shared)
    service = item.metadata.labels.get(SERVICE_NAME)
    if service:
        seen.serves = (service, tuple(t.name for t in targets if t.kind == "Pod"))
    return seen


def ingress(kind: str, item: wire.Ingress, shared: Shared) -> Seen:
    rules = item.spec.rules or ()
    backends = [path.backend for rule in rules for path in rule.http.paths]
    if item.spec.defaultBackend:
        backends.append(item.spec.defaultBackend)
    services = dict.fromkeys(backend.service.name for backend in backends if backend.service)
    seen = _seen(kind, item.metadata, shared, detail=" ".join(dict.fromkeys(rule.host or "*" for rule in rules)))
    seen.points_to = tuple(Pointer(Relation.ROUTES_TO, "Service", name) for name in services)
    return seen


def _seen(
    kind: str,
    meta: wire.Meta,
    shared: Shared,
    status: str = "",
    *,
    detail: str = "",
    containers: tuple[Container, ...] = (),
) -> Seen:
    if meta.deletionTimestamp is not None:
        status = "Terminating"
    made = Node(
        kind=kind,
        name=meta.name,
        namespace=shared(meta.namespace),
        status=shared(status),
        detail=shared(detail),
        containers=containers,
    )
    return Seen(made, meta.uid or f"{kind} {meta.namespace}/{meta.name}", _owner(meta, shared))


def _owner(meta: wire.Meta, shared: Shared) -> Owner | None:
    """The owner that manages it; where none does, the first."""
    owners = meta.ownerReferences
    if not owners:
        return None
    chosen = next((owner for owner in owners if owner.controller), owners[0])
    return shared(Owner(chosen.kind, chosen.name, chosen.uid))


def _labels(labels: wire.Labels) -> Labels:
    return tuple(sorted(labels.items()))


def _containers(item: wire.Pod, shared: Shared) -> Iterator[Container]:
    spec, status = item.spec, item.status
    for role, declared, statuses in (
        ("init", spec.initContainers, status.initContainerStatuses),
        ("", spec.containers, status.containerStatuses),
        ("ephemeral", spec.ephemeralContainers, status.ephemeralContainerStatuses),
    ):
        if declared:
            by_name = {each.name: each for each in statuses}
            for container in declared:
                yield shared(_container(container, by_name.get(container.name), role))


def _container(
    declared: wire.Container | wire.EphemeralContainer, status: wire.ContainerStatus | None, role: str
) -> Container:
    if status is None:
        return Container(name=declared.name, image=declared.image, role=role)
    state, reason = _state(status.state)
    return Container(
        name=declared.name,
        image=declared.image,
        role=role,
        state=state,
        reason=reason,
        ready=status.ready,
        restarts=status.restartCount,
    )


def _state(state: wire.ContainerState) -> tuple[str, str]:
    if state.running is not None:
        return "running", ""
    if state.terminated is not None:
        return "terminated", state.terminated.reason
    return "waiting", state.waiting.reason if state.waiting is not None else ""


def _pod_status(item: wire.Pod, containers: tuple[Container, ...]) -> str:
    """In short what `kubectl get pods` shows: the reason of what keeps it from running, or its phase."""
    if item.status.reason:
        return item.status.reason
    phase = item.status.phase
    if phase == "Succeeded":
        return "Completed"
    for container in containers:
        if container.role == "init" and container.state == "terminated" and container.reason == "Completed":
            continue
        if container.reason and container.reason != "ContainerCreating":
            return f"Init:{container.reason}" if container.role == "init" else container.reason
    return phase
