"""From what is read of an object to what is kept of it.

A part of a message becomes a Python object each time that it is looked at, so what is read of one is read together.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .inventory import Container, Node, Relation
from .seen import Labels, Owner, Pointer, Seen, Shared
from .wire import messages

Projection = Callable[[str, Any, Shared], Seen]
"""From the kind, an object of its type in `wire`, and what is shared among all."""
SERVICE_NAME = "kubernetes.io/service-name"
"""https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetesioservice-name"""


def metadata(kind: str, item: messages.Object, shared: Shared) -> Seen:
    return _seen(kind, item.metadata, shared)


def replicated(kind: str, item: messages.Deployment | messages.StatefulSet, shared: Shared) -> Seen:
    return _seen(kind, item.metadata, shared, f"{item.status.readyReplicas}/{item.spec.replicas}")


def daemon_set(kind: str, item: messages.DaemonSet, shared: Shared) -> Seen:
    return _seen(kind, item.metadata, shared, f"{item.status.numberReady}/{item.status.desiredNumberScheduled}")


def job(kind: str, item: messages.Job, shared: Shared) -> Seen:
    true = {condition.type for condition in item.status.conditions or () if condition.status == "True"}
    status = next((end for end in ("Complete", "Failed", "Suspended") if end in true), "Running")
    return _seen(kind, item.metadata, shared, status)


def node(kind: str, item: messages.Node, shared: Shared) -> Seen:
    ready = any(c.type == "Ready" and c.status == "True" for c in item.status.conditions or ())
    status = "Ready" if ready else "NotReady"
    return _seen(kind, item.metadata, shared, f"{status},SchedulingDisabled" if item.spec.unschedulable else status)


def pod(kind: str, item: messages.Pod, shared: Shared) -> Seen:
    meta, spec, status = item.metadata, item.spec, item.status
    containers = shared.made(_containers, *_declared(spec, status))
    on = spec.nodeName
    seen = _seen(kind, meta, shared, _pod_status(status, containers), containers=containers)
    seen.points_to = shared.made(_runs_on, on) if on else ()
    seen.labels = shared(_labels(meta.labels))
    return seen


def service(kind: str, item: messages.Service, shared: Shared) -> Seen:
    spec = item.spec
    ports = " ".join(f"{port.port}/{port.protocol}" for port in spec.ports)
    seen = _seen(kind, item.metadata, shared, detail=f"{spec.type} {ports}".strip())
    seen.selector = _labels(spec.selector or {})
    return seen


def endpoint_slice(kind: str, item: messages.EndpointSlice, shared: Shared) -> Seen:
    meta = item.metadata
    seen = _seen(kind, meta, shared)
    service = meta.labels.get(SERVICE_NAME)
    if service:
        targets = [messages.part(endpoint, "targetRef") for endpoint in item.endpoints or ()]
        seen.serves = (service, tuple(each.name for each in targets if each is not None and each.kind == "Pod"))
    return seen


def ingress(kind: str, item: messages.Ingress, shared: Shared) -> Seen:
    spec = item.spec
    rules = spec.rules or ()
    backends = [path.backend for rule in rules for path in messages.embedded(rule).http.paths]
    default = messages.part(spec, "defaultBackend")
    if default is not None:
        backends.append(default)
    named = [messages.part(backend, "service") for backend in backends]
    services = dict.fromkeys(service.name for service in named if service is not None)
    seen = _seen(kind, item.metadata, shared, detail=" ".join(dict.fromkeys(rule.host or "*" for rule in rules)))
    seen.points_to = tuple(Pointer(Relation.ROUTES_TO, "Service", name) for name in services)
    return seen


def _seen(
    kind: str,
    meta: messages.Meta,
    shared: Shared,
    status: str = "",
    *,
    detail: str = "",
    containers: tuple[Container, ...] = (),
) -> Seen:
    name, namespace = meta.name, meta.namespace
    if meta.deletionTimestamp:
        status = "Terminating"
    made = Node(
        kind=kind,
        name=name,
        namespace=shared(namespace),
        status=shared(status),
        detail=shared(detail),
        containers=containers,
    )
    return Seen(made, meta.uid or f"{kind} {namespace}/{name}", _owner(meta, shared))


def _owner(meta: messages.Meta, shared: Shared) -> Owner | None:
    """The owner that manages it; where none does, the first."""
    owners = meta.ownerReferences
    if not owners:
        return None
    chosen = owners[0]
    if len(owners) > 1:
        chosen = next((owner for owner in owners if owner.controller), chosen)
    return shared.made(Owner, chosen.kind, chosen.name, chosen.uid)


def _labels(labels: messages.Labels) -> Labels:
    return tuple(sorted(labels.items()))


def _runs_on(node: str) -> tuple[Pointer]:
    return (Pointer(Relation.RUNS_ON, "Node", node),)


_CONTAINER = ("name", "image", "role", "state", "reason", "ready", "restarts")
"""The fields of a container in the order in which `_described` gives them."""


def _containers(*declared: tuple[Any, ...]) -> tuple[Container, ...]:
    """The containers that these are the fields of."""
    return tuple(Container(**dict(zip(_CONTAINER, each, strict=False))) for each in declared)


def _declared(spec: messages.PodSpec, status: messages.PodStatus) -> list[tuple[Any, ...]]:
    every: list[tuple[Any, ...]] = []
    if init := spec.initContainers:
        every += _described("init", init, status.initContainerStatuses)
    every += _described("", spec.containers, status.containerStatuses)
    if ephemeral := spec.ephemeralContainers:
        every += _described("ephemeral", map(messages.embedded, ephemeral), status.ephemeralContainerStatuses)
    return every


def _described(
    role: str, declared: Iterable[messages.Container], statuses: Iterable[messages.ContainerStatus]
) -> Iterator[tuple[Any, ...]]:
    """The fields of each container; without the last of them, where its state is not told."""
    states = {each.name: each for each in statuses}
    for container in declared:
        name = container.name
        at = states.get(name)
        if at is None:
            yield name, container.image, role
        else:
            yield name, container.image, role, *_state(at.state), at.ready, at.restartCount


def _state(state: messages.ContainerState) -> tuple[str, str]:
    if messages.part(state, "running") is not None:
        return "running", ""
    for name in ("terminated", "waiting"):
        found = messages.part(state, name)
        if found is not None:
            return name, found.reason
    return "waiting", ""


def _pod_status(status: messages.PodStatus, containers: tuple[Container, ...]) -> str:
    """In short what `kubectl get pods` shows: the reason of what keeps it from running, or its phase."""
    if reason := status.reason:
        return reason
    phase = status.phase
    if phase == "Succeeded":
        return "Completed"
    for container in containers:
        if container.role == "init" and container.state == "terminated" and container.reason == "Completed":
            continue
        if container.reason and container.reason != "ContainerCreating":
            return f"Init:{container.reason}" if container.role == "init" else container.reason
    return phase
