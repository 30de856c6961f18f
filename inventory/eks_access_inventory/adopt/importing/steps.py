"""The steps of a preview, as the engine prints them in JSON, and the resources of one integration among them. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What the engine prints in place of a text that is not known before the deployment.
https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/plugin/rpc.go"""
PROVIDER_PREFIX = "pulumi:providers:"
STACK_TYPE = "pulumi:pulumi:Stack"
CLUSTER_COMPONENTS = ("eks-access:index:ClusterAccess", "eks-access:index:ConnectedCluster")
"""Components whose name ends in the cluster's key."""
REPLACING = ("replace", "create-replacement", "delete-replaced")


@dataclass(frozen=True)
class Step:
    """What the engine does with one resource.

    Attributes:
        old, new: the resource's state before and after, as far as there is one.
        differing: the properties that the provider reports as different, at their top.
    """

    op: str
    urn: str
    old: Mapping[str, Any]
    new: Mapping[str, Any]
    differing: tuple[str, ...] = ()

    @property
    def state(self) -> Mapping[str, Any]:
        return self.new or self.old

    @property
    def type(self) -> str:
        return str(self.state.get("type") or parse_urn(self.urn)[0].rpartition("$")[2])

    @property
    def name(self) -> str:
        return parse_urn(self.urn)[1]

    @property
    def parent(self) -> str:
        return str(self.state.get("parent") or "")

    @property
    def is_component(self) -> bool:
        return not self.state.get("custom", False)

    @property
    def is_provider(self) -> bool:
        return self.type.startswith(PROVIDER_PREFIX)

    @property
    def inputs(self) -> Mapping[str, Any]:
        """The inputs, without those that are not known before the deployment."""
        found = self.state.get("inputs") or {}
        return {name: value for name, value in found.items() if not (isinstance(value, str) and UNKNOWN in value)}


@dataclass(frozen=True)
class Planned:
    """A resource of the integration that the program has.

    Attributes:
        cluster: the key of the cluster that it is in; empty for what is not in a cluster.
    """

    step: Step
    cluster: str = ""


def parse_urn(urn: str) -> tuple[str, str]:
    """The types from the outermost parent's on, joined by `$`, and the name, of a resource's URN."""
    parts = urn.split("::", 3)
    return (parts[2], parts[3]) if len(parts) == 4 else ("", urn)


def parse_steps(preview: Mapping[str, Any]) -> tuple[Step, ...]:
    """The steps of what `pulumi preview --json` prints."""
    return tuple(_parse_step(each) for each in preview.get("steps") or () if isinstance(each, Mapping))


def find_component(steps: Iterable[Step], integration: str) -> Step | None:
    """The integration's own component."""
    for step in steps:
        is_ours = step.type.startswith("eks-access:") and step.is_component and step.type not in CLUSTER_COMPONENTS
        if is_ours and step.name == integration and step.op != "delete":
            return step
    return None


def select_below(steps: Sequence[Step], integration: str) -> tuple[Planned, ...]:
    """The integration's component, which is the first, and everything below it, in the order of the steps."""
    component = find_component(steps, integration)
    if component is None:
        return ()
    by_urn = {step.urn: step for step in steps}
    found = []
    for step in steps:
        line = list(_list_ancestors(step, by_urn))
        if component in line and step is not component:
            keys = [each.name.removeprefix(f"{integration}-") for each in line if each.type in CLUSTER_COMPONENTS]
            found.append(Planned(step, keys[0] if keys else ""))
    return Planned(component), *found


def _list_ancestors(step: Step, by_urn: Mapping[str, Step]) -> Iterator[Step]:
    """The step itself, and those of its parents from the innermost on: a deletion comes before that of its parent."""
    current: Step | None = step
    while current is not None:
        yield current
        current = by_urn.get(current.parent)


def _parse_step(step: Mapping[str, Any]) -> Step:
    detailed = step.get("detailedDiff") or {}
    heads = [_find_head(path) for path in detailed]
    differing = dict.fromkeys([*(step.get("diffReasons") or ()), *heads])
    return Step(
        str(step.get("op") or ""),
        str(step.get("urn") or ""),
        step.get("oldState") or {},
        step.get("newState") or {},
        tuple(str(each) for each in differing),
    )


def _find_head(path: str) -> str:
    """The first property of a path such as `tags["a"]` or `rules[0].verbs`."""
    ends = [path.index(each) for each in ".[" if each in path[1:]]
    return path[: min(ends)] if ends else path
