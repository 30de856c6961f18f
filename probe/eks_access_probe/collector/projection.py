"""Projects decoded API objects onto the fields that are kept.

Each access to a field of a protobuf message creates a Python object, so a field that is used twice is read once.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .inventory import Container, Node, Relation
from .objects import CollectedObject, Interner, Labels, Owner, Reference
from .wire import messages

Projection = Callable[[str, Any, Interner], CollectedObject]
"""Takes the kind, an object with the fields of its struct in `messages`, and the interner of the cluster."""
SERVICE_NAME = "kubernetes.io/service-name"
"""https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetesioservice-name"""


def project_metadata(kind: str, item: messages.Object, interner: Interner) -> CollectedObject:
    return _object(kind, item.metadata, interner)


def project_replicated(
    kind: str, item: messages.Deployment | messages.StatefulSet, interner: Interner
) -> CollectedObject:
    return _object(kind, item.metadata, interner, f"{item.status.readyReplicas}/{item.spec.replicas}")


def project_daemon_set(kind: str, item: messages.DaemonSet, interner: Interner) -> CollectedObject:
    return _object(kind, item.metadata, interner, f"{item.status.numberReady}/{item.status.desiredNumberScheduled}")


def project_job(kind: str, item: messages.Job, interner: Interner) -> CollectedObject:
    true = {condition.type for condition in item.status.conditions or () if condition.status == "True"}
    status = next((end for end in ("Complete", "Failed", "Suspended") if end in true), "Running")
    return _object(kind, item.metadata, interner, status)


def project_node(kind: str, item: messages.Node, interner: Interner) -> CollectedObject:
    ready = any(c.type == "Ready" and c.status == "True" for c in item.status.conditions or ())
    status = "Ready" if ready else "NotReady"
    return _object(kind, item.metadata, interner, f"{status},SchedulingDisabled" if item.spec.unschedulable else status)


def project_pod(kind: str, item: messages.Pod, interner: Interner) -> CollectedObject:
    meta, spec, status = item.metadata, item.spec, item.status
    containers = interner.create(_containers, *_all_container_values(spec, status))
    node = spec.nodeName
    collected = _object(kind, meta, interner, _pod_status(status, containers), containers=containers)
    collected.references = interner.create(_runs_on, node) if node else ()
    collected.labels = interner.intern(_labels(meta.labels))
    return collected


def project_service(kind: str, item: messages.Service, interner: Interner) -> CollectedObject:
    spec = item.spec
    ports = " ".join(f"{port.port}/{port.protocol}" for port in spec.ports)
    collected = _object(kind, item.metadata, interner, detail=f"{spec.type} {ports}".strip())
    collected.selector = _labels(spec.selector or {})
    return collected


def project_endpoint_slice(kind: str, item: messages.EndpointSlice, interner: Interner) -> CollectedObject:
    meta = item.metadata
    collected = _object(kind, meta, interner)
    service = meta.labels.get(SERVICE_NAME)
    if service:
        targets = [messages.optional(endpoint, "targetRef") for endpoint in item.endpoints or ()]
        collected.serves = (service, tuple(each.name for each in targets if each is not None and each.kind == "Pod"))
    return collected


def project_ingress(kind: str, item: messages.Ingress, interner: Interner) -> CollectedObject:
    spec = item.spec
    rules = spec.rules or ()
    backends = [path.backend for rule in rules for path in messages.embedded(rule).http.paths]
    default = messages.optional(spec, "defaultBackend")
    if default is not None:
        backends.append(default)
    references = [messages.optional(backend, "service") for backend in backends]
    services = dict.fromkeys(service.name for service in references if service is not None)
    collected = _object(
        kind, item.metadata, interner, detail=" ".join(dict.fromkeys(rule.host or "*" for rule in rules))
    )
    collected.references = tuple(Reference(Relation.ROUTES_TO, "Service", name) for name in services)
    return collected


def _object(
    kind: str,
    meta: messages.Meta,
    interner: Interner,
    status: str = "",
    *,
    detail: str = "",
    containers: tuple[Container, ...] = (),
) -> CollectedObject:
    name, namespace = meta.name, meta.namespace
    if meta.deletionTimestamp:
        status = "Terminating"
    node = Node(
        kind=kind,
        name=name,
        namespace=interner.intern(namespace),
        status=interner.intern(status),
        detail=interner.intern(detail),
        containers=containers,
    )
    return CollectedObject(node, meta.uid or f"{kind} {namespace}/{name}", _owner(meta, interner))


def _owner(meta: messages.Meta, interner: Interner) -> Owner | None:
    """The owner that is its controller; the first owner if none is."""
    owners = meta.ownerReferences
    if not owners:
        return None
    owner = owners[0]
    if len(owners) > 1:
        owner = next((each for each in owners if each.controller), owner)
    return interner.create(Owner, owner.kind, owner.name, owner.uid)


def _labels(labels: messages.Labels) -> Labels:
    return tuple(sorted(labels.items()))


def _runs_on(node: str) -> tuple[Reference]:
    return (Reference(Relation.RUNS_ON, "Node", node),)


_CONTAINER_FIELDS = ("name", "image", "role", "state", "reason", "ready", "restarts")
"""The fields of a container in the order of `_container_values`."""


def _containers(*values: tuple[Any, ...]) -> tuple[Container, ...]:
    return tuple(Container(**dict(zip(_CONTAINER_FIELDS, each, strict=False))) for each in values)


def _all_container_values(spec: messages.PodSpec, status: messages.PodStatus) -> list[tuple[Any, ...]]:
    values: list[tuple[Any, ...]] = []
    if init := spec.initContainers:
        values += _container_values("init", init, status.initContainerStatuses)
    values += _container_values("", spec.containers, status.containerStatuses)
    if ephemeral := spec.ephemeralContainers:
        values += _container_values("ephemeral", map(messages.embedded, ephemeral), status.ephemeralContainerStatuses)
    return values


def _container_values(
    role: str, containers: Iterable[messages.Container], statuses: Iterable[messages.ContainerStatus]
) -> Iterator[tuple[Any, ...]]:
    """The values of each container's fields; without those of its status if it has none yet."""
    by_name = {status.name: status for status in statuses}
    for container in containers:
        name = container.name
        status = by_name.get(name)
        if status is None:
            yield name, container.image, role
        else:
            yield name, container.image, role, *_state(status.state), status.ready, status.restartCount


def _state(state: messages.ContainerState) -> tuple[str, str]:
    """The state and its reason."""
    if messages.optional(state, "running") is not None:
        return "running", ""
    for name in ("terminated", "waiting"):
        details = messages.optional(state, name)
        if details is not None:
            return name, details.reason
    return "waiting", ""


def _pod_status(status: messages.PodStatus, containers: tuple[Container, ...]) -> str:
    """A short form of what `kubectl get pods` shows: the reason why the pod is not running, or its phase."""
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
