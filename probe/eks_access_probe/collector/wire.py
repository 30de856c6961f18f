"""The fields of an API server's answer that are decoded; everything else is passed over as it is parsed.

What has no field here never becomes a Python object: environment values, arguments, annotations (with their
`last-applied-configuration`), managed fields, volumes.
https://kubernetes.io/docs/reference/kubernetes-api/
"""

from typing import Generic, TypeVar

from msgspec import Struct, field

Item = TypeVar("Item")
Labels = dict[str, str]


class Owner(Struct, frozen=True, gc=False):
    kind: str
    name: str
    uid: str = ""
    controller: bool = False


class Meta(Struct, frozen=True, gc=False):
    name: str
    namespace: str = ""
    uid: str = ""
    deletionTimestamp: str | None = None
    ownerReferences: tuple[Owner, ...] = ()


class LabelledMeta(Meta, frozen=True, gc=False):
    labels: Labels = {}


class ListMeta(Struct, frozen=True, gc=False):
    resourceVersion: str = ""
    next: str | None = field(name="continue", default=None)
    remainingItemCount: int | None = None


class Page(Struct, Generic[Item]):
    """One page of a list. All three are required: a body without them is no list, whatever its status says.

    The items of an empty list of metadata are null.
    """

    kind: str
    metadata: ListMeta
    items: list[Item] | None


class Object(Struct, frozen=True, gc=False):
    """Of an object whose metadata is all that is kept."""

    metadata: Meta


# Workloads


class Replicas(Struct, frozen=True, gc=False):
    replicas: int = 1


class ReadyReplicas(Struct, frozen=True, gc=False):
    readyReplicas: int = 0


class Replicated(Struct, frozen=True, gc=False):
    """A deployment or a stateful set."""

    metadata: Meta
    spec: Replicas
    status: ReadyReplicas = ReadyReplicas()


class Scheduled(Struct, frozen=True, gc=False):
    desiredNumberScheduled: int = 0
    numberReady: int = 0


class DaemonSet(Struct, frozen=True, gc=False):
    metadata: Meta
    status: Scheduled = Scheduled()


class Condition(Struct, frozen=True, gc=False):
    type: str
    status: str


class Conditions(Struct, frozen=True, gc=False):
    conditions: tuple[Condition, ...] | None = None


class Job(Struct, frozen=True, gc=False):
    metadata: Meta
    status: Conditions = Conditions()


class Schedulable(Struct, frozen=True, gc=False):
    unschedulable: bool = False


class Node(Struct, frozen=True, gc=False):
    metadata: Meta
    spec: Schedulable = Schedulable()
    status: Conditions = Conditions()


# Pods


class Container(Struct, frozen=True, gc=False):
    name: str
    image: str = ""


class PodSpec(Struct, frozen=True, gc=False):
    containers: tuple[Container, ...]
    initContainers: tuple[Container, ...] = ()
    ephemeralContainers: tuple[Container, ...] = ()
    nodeName: str = ""


class Reason(Struct, frozen=True, gc=False):
    reason: str = ""


class ContainerState(Struct, frozen=True, gc=False):
    running: Reason | None = None
    waiting: Reason | None = None
    terminated: Reason | None = None


class ContainerStatus(Struct, frozen=True, gc=False):
    name: str
    ready: bool = False
    restartCount: int = 0
    state: ContainerState = ContainerState()


class PodStatus(Struct, frozen=True, gc=False):
    phase: str = ""
    reason: str = ""
    containerStatuses: tuple[ContainerStatus, ...] = ()
    initContainerStatuses: tuple[ContainerStatus, ...] = ()
    ephemeralContainerStatuses: tuple[ContainerStatus, ...] = ()


class Pod(Struct, frozen=True, gc=False):
    metadata: LabelledMeta
    spec: PodSpec
    status: PodStatus = PodStatus()


# The network


class ServicePort(Struct, frozen=True, gc=False):
    port: int
    protocol: str = "TCP"


class ServiceSpec(Struct, frozen=True, gc=False):
    type: str = "ClusterIP"
    selector: Labels | None = None
    ports: tuple[ServicePort, ...] = ()


class Service(Struct, frozen=True, gc=False):
    metadata: Meta
    spec: ServiceSpec


class SliceLabels(Struct, frozen=True, gc=False):
    service: str = field(name="kubernetes.io/service-name", default="")


class SliceMeta(Meta, frozen=True, gc=False):
    labels: SliceLabels = SliceLabels()


class Target(Struct, frozen=True, gc=False):
    kind: str = ""
    name: str = ""


class Endpoint(Struct, frozen=True, gc=False):
    targetRef: Target | None = None


class EndpointSlice(Struct, frozen=True, gc=False):
    metadata: SliceMeta
    endpoints: tuple[Endpoint, ...] | None = None


class ServiceName(Struct, frozen=True, gc=False):
    name: str


class Backend(Struct, frozen=True, gc=False):
    service: ServiceName | None = None


class Path(Struct, frozen=True, gc=False):
    backend: Backend = Backend()


class Paths(Struct, frozen=True, gc=False):
    paths: tuple[Path, ...] = ()


class IngressRule(Struct, frozen=True, gc=False):
    host: str = ""
    http: Paths | None = None


class IngressSpec(Struct, frozen=True, gc=False):
    defaultBackend: Backend | None = None
    rules: tuple[IngressRule, ...] | None = None


class Ingress(Struct, frozen=True, gc=False):
    metadata: Meta
    spec: IngressSpec = IngressSpec()
