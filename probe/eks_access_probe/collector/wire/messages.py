"""The fields of API objects that are decoded; all others are skipped by the parser.

A field that is not declared here is never made into a Python object: environment values, arguments, annotations (with
`last-applied-configuration`), managed fields, volumes.
https://kubernetes.io/docs/reference/kubernetes-api/

Each field is declared once for both encodings of the API: by its name in JSON, which is decoded into these structs, and
by its number in protobuf, which is decoded into messages with the same attributes. The numbers are in `generated.proto`
beside the Go types. They are part of the API like the names, and never change.
https://github.com/kubernetes/api/blob/master/core/v1/generated.proto
https://github.com/kubernetes/apimachinery/blob/master/pkg/apis/meta/v1/generated.proto
"""

from typing import Annotated, Any, Generic, TypeVar

from google.protobuf.message import Message
from msgspec import Meta as Annotation
from msgspec import Struct, field

from .protobuf import EMBEDDED

Item = TypeVar("Item")
Labels = dict[str, str]


def at(*numbers: int) -> Annotation:
    """The number of a field in protobuf; two numbers for a field of a message that is inlined in JSON."""
    return Annotation(extra={"numbers": numbers})


def optional(value: Any, name: str) -> Any:
    """An optional field, None if it is not set. A protobuf message's attribute would be an empty message then."""
    return None if isinstance(value, Message) and not value.HasField(name) else getattr(value, name)


def embedded(value: Any) -> Any:
    """The object that has the fields of a message which is inlined in JSON."""
    return getattr(value, EMBEDDED) if isinstance(value, Message) else value


class Owner(Struct, frozen=True, gc=False):
    kind: Annotated[str, at(1)]
    name: Annotated[str, at(3)]
    uid: Annotated[str, at(4)] = ""
    controller: Annotated[bool, at(6)] = False


class Meta(Struct, frozen=True, gc=False):
    name: Annotated[str, at(1)]
    namespace: Annotated[str, at(3)] = ""
    uid: Annotated[str, at(5)] = ""
    deletionTimestamp: Annotated[Any, at(9)] = None
    """A string in JSON, the bytes of a message in protobuf. Only whether it is set matters."""
    ownerReferences: Annotated[tuple[Owner, ...], at(13)] = ()


class LabelledMeta(Meta, frozen=True, gc=False):
    labels: Annotated[Labels, at(11)] = {}


class ListMeta(Struct, frozen=True, gc=False):
    resourceVersion: Annotated[str, at(2)] = ""
    continue_token: Annotated[str, at(3)] = field(name="continue", default="")


class Page(Struct, Generic[Item]):
    """One page of a list. All three fields are required: a body without them is not a list, even with status 200.

    The items of an empty metadata-only list are null.
    """

    kind: str
    metadata: ListMeta
    items: tuple[Item, ...] | None


class TypeMeta(Struct, frozen=True, gc=False):
    kind: Annotated[str, at(2)]


class Status(Struct, frozen=True, gc=False):
    """The description of an error."""

    message: Annotated[str, at(3)] = ""
    reason: Annotated[str, at(4)] = ""


class Object(Struct, frozen=True, gc=False):
    """An object of which only metadata is kept."""

    metadata: Annotated[Meta, at(1)]


# Workloads


class Replicas(Struct, frozen=True, gc=False):
    replicas: Annotated[int, at(1)] = 1


class DeploymentStatus(Struct, frozen=True, gc=False):
    readyReplicas: Annotated[int, at(7)] = 0


class Deployment(Struct, frozen=True, gc=False):
    metadata: Annotated[Meta, at(1)]
    spec: Annotated[Replicas, at(2)]
    status: Annotated[DeploymentStatus, at(3)] = DeploymentStatus()


class StatefulSetStatus(Struct, frozen=True, gc=False):
    readyReplicas: Annotated[int, at(3)] = 0


class StatefulSet(Struct, frozen=True, gc=False):
    metadata: Annotated[Meta, at(1)]
    spec: Annotated[Replicas, at(2)]
    status: Annotated[StatefulSetStatus, at(3)] = StatefulSetStatus()


class Scheduled(Struct, frozen=True, gc=False):
    desiredNumberScheduled: Annotated[int, at(3)] = 0
    numberReady: Annotated[int, at(4)] = 0


class DaemonSet(Struct, frozen=True, gc=False):
    metadata: Annotated[Meta, at(1)]
    status: Annotated[Scheduled, at(3)] = Scheduled()


class Condition(Struct, frozen=True, gc=False):
    type: Annotated[str, at(1)]
    status: Annotated[str, at(2)]


class JobStatus(Struct, frozen=True, gc=False):
    conditions: Annotated[tuple[Condition, ...] | None, at(1)] = None


class Job(Struct, frozen=True, gc=False):
    metadata: Annotated[Meta, at(1)]
    status: Annotated[JobStatus, at(3)] = JobStatus()


class Schedulable(Struct, frozen=True, gc=False):
    unschedulable: Annotated[bool, at(4)] = False


class NodeStatus(Struct, frozen=True, gc=False):
    conditions: Annotated[tuple[Condition, ...] | None, at(4)] = None


class Node(Struct, frozen=True, gc=False):
    metadata: Annotated[Meta, at(1)]
    spec: Annotated[Schedulable, at(2)] = Schedulable()
    status: Annotated[NodeStatus, at(3)] = NodeStatus()


# Pods


class Container(Struct, frozen=True, gc=False):
    name: Annotated[str, at(1)]
    image: Annotated[str, at(2)] = ""


class EphemeralContainer(Struct, frozen=True, gc=False):
    name: Annotated[str, at(1, 1)]
    image: Annotated[str, at(1, 2)] = ""


class PodSpec(Struct, frozen=True, gc=False):
    containers: Annotated[tuple[Container, ...], at(2)] = ()
    initContainers: Annotated[tuple[Container, ...], at(20)] = ()
    ephemeralContainers: Annotated[tuple[EphemeralContainer, ...], at(34)] = ()
    nodeName: Annotated[str, at(10)] = ""


class Running(Struct, frozen=True, gc=False):
    pass


class Waiting(Struct, frozen=True, gc=False):
    reason: Annotated[str, at(1)] = ""


class Terminated(Struct, frozen=True, gc=False):
    reason: Annotated[str, at(3)] = ""


class ContainerState(Struct, frozen=True, gc=False):
    waiting: Annotated[Waiting | None, at(1)] = None
    running: Annotated[Running | None, at(2)] = None
    terminated: Annotated[Terminated | None, at(3)] = None


class ContainerStatus(Struct, frozen=True, gc=False):
    name: Annotated[str, at(1)]
    ready: Annotated[bool, at(4)] = False
    restartCount: Annotated[int, at(5)] = 0
    state: Annotated[ContainerState, at(2)] = ContainerState()


class PodStatus(Struct, frozen=True, gc=False):
    phase: Annotated[str, at(1)] = ""
    reason: Annotated[str, at(4)] = ""
    containerStatuses: Annotated[tuple[ContainerStatus, ...], at(8)] = ()
    initContainerStatuses: Annotated[tuple[ContainerStatus, ...], at(10)] = ()
    ephemeralContainerStatuses: Annotated[tuple[ContainerStatus, ...], at(13)] = ()


class Pod(Struct, frozen=True, gc=False):
    metadata: Annotated[LabelledMeta, at(1)]
    spec: Annotated[PodSpec, at(2)]
    status: Annotated[PodStatus, at(3)] = PodStatus()


# The network


class ServicePort(Struct, frozen=True, gc=False):
    port: Annotated[int, at(3)]
    protocol: Annotated[str, at(2)] = "TCP"


class ServiceSpec(Struct, frozen=True, gc=False):
    type: Annotated[str, at(4)] = "ClusterIP"
    selector: Annotated[Labels | None, at(2)] = None
    ports: Annotated[tuple[ServicePort, ...], at(1)] = ()


class Service(Struct, frozen=True, gc=False):
    metadata: Annotated[Meta, at(1)]
    spec: Annotated[ServiceSpec, at(2)]


class Target(Struct, frozen=True, gc=False):
    kind: Annotated[str, at(1)] = ""
    name: Annotated[str, at(3)] = ""


class Endpoint(Struct, frozen=True, gc=False):
    targetRef: Annotated[Target | None, at(4)] = None


class EndpointSlice(Struct, frozen=True, gc=False):
    metadata: Annotated[LabelledMeta, at(1)]
    endpoints: Annotated[tuple[Endpoint, ...] | None, at(2)] = None


class ServiceName(Struct, frozen=True, gc=False):
    name: Annotated[str, at(1)]


class Backend(Struct, frozen=True, gc=False):
    service: Annotated[ServiceName | None, at(4)] = None


class Path(Struct, frozen=True, gc=False):
    backend: Annotated[Backend, at(2)] = Backend()


class Paths(Struct, frozen=True, gc=False):
    paths: Annotated[tuple[Path, ...], at(1)] = ()


class IngressRule(Struct, frozen=True, gc=False):
    host: Annotated[str, at(1)] = ""
    http: Annotated[Paths, at(2, 1)] = Paths()


class IngressSpec(Struct, frozen=True, gc=False):
    defaultBackend: Annotated[Backend | None, at(1)] = None
    rules: Annotated[tuple[IngressRule, ...] | None, at(3)] = None


class Ingress(Struct, frozen=True, gc=False):
    metadata: Annotated[Meta, at(1)]
    spec: Annotated[IngressSpec, at(2)] = IngressSpec()
