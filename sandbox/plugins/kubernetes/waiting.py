"""Waiting until what was written has come true: workloads until their pods are ready, deletions until all is gone.

The conditions and the words follow the official plug-in's (`provider/pkg/await` of pulumi/pulumi-kubernetes).
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..errors import OperationCancelledError, PluginError
from ..plugin import Operation, Values
from .cluster import Cluster
from .kinds import Kind
from .objects import annotations

SKIP_AWAIT: Final = "pulumi.com/skipAwait"
TIMEOUT_SECONDS: Final = "pulumi.com/timeoutSeconds"
DEFAULT_TIMEOUT: Final = 600.0
_PAUSE: Final = 0.5
_POD: Final = Kind("", "v1", "Pod")


class NotReadyError(PluginError):
    """The object exists, but did not become what it should; the reasons are the cluster's own."""

    def __init__(self, summary: str, reasons: list[str]) -> None:
        self.reasons = [summary, *reasons]
        super().__init__("; ".join(self.reasons))


@dataclass(frozen=True)
class Progress:
    done: bool
    text: str
    problems: tuple[str, ...] = ()
    hopeless: bool = False
    """Whether waiting longer cannot help."""


def deployment(live: Mapping[str, Any]) -> Progress:
    status, wanted = _status(live), int(live["spec"].get("replicas", 1))
    conditions = _conditions(live)
    problems = tuple(
        f"[{c.get('reason')}] {c.get('message')}"
        for name in ("Progressing", "Available")
        if (c := conditions.get(name, {})).get("status") == "False"
    )
    ready = min(int(status.get("updatedReplicas", 0)), int(status.get("readyReplicas", 0)))
    done = (
        _observed(live)
        and ready >= wanted
        and conditions.get("Available", {}).get("status") == "True"
        and conditions.get("Progressing", {}).get("reason") in (None, "NewReplicaSetAvailable")
    )
    return Progress(done, f"Waiting for app ReplicaSet to be available ({ready}/{wanted} Pods available)", problems)


def stateful_set(live: Mapping[str, Any]) -> Progress:
    status, wanted = _status(live), int(live["spec"].get("replicas", 1))
    ready = int(status.get("readyReplicas", 0))
    updated = status.get("updateRevision") in (None, status.get("currentRevision"))
    done = _observed(live) and ready >= wanted and updated
    return Progress(done, f"Waiting for StatefulSet Pods to become ready ({ready}/{wanted} Pods ready)")


def daemon_set(live: Mapping[str, Any]) -> Progress:
    status = _status(live)
    wanted, ready = int(status.get("desiredNumberScheduled", 0)), int(status.get("numberReady", 0))
    done = _observed(live) and int(status.get("updatedNumberScheduled", 0)) >= wanted and ready >= wanted
    return Progress(done, f"Waiting for DaemonSet Pods to become ready ({ready}/{wanted} Pods ready)")


def job(live: Mapping[str, Any]) -> Progress:
    conditions = _conditions(live)
    failed = conditions.get("Failed", {})
    problems = (f"[{failed.get('reason')}] {failed.get('message')}",) if failed.get("status") == "True" else ()
    done = conditions.get("Complete", {}).get("status") == "True"
    return Progress(done, "Waiting for Job to complete", problems, hopeless=bool(problems))


AWAITED: Final[Mapping[tuple[str, str], Callable[[Mapping[str, Any]], Progress]]] = {
    ("apps", "Deployment"): deployment,
    ("apps", "StatefulSet"): stateful_set,
    ("apps", "DaemonSet"): daemon_set,
    ("batch", "Job"): job,
}


def until_ready(cluster: Cluster, op: Operation, kind: Kind, written: Values) -> None:
    """Wait until a workload has come up, if it is one and the program does not want otherwise.

    Raises:
        NotReadyError: it did not within the time-out, or cannot any more, or the user interrupted.
    """
    judge = AWAITED.get((kind.group, kind.name))
    if judge is None or str(annotations(written).get(SKIP_AWAIT, "")).lower() == "true":
        return
    meta = written["metadata"]
    label = f"{meta.get('namespace', '')}/{meta['name']}"
    deadline = time.monotonic() + _timeout(op, written)
    shown = ""
    while True:
        live = cluster.get(kind, meta.get("namespace"), meta["name"])
        if live is None:
            raise NotReadyError(f"{kind.name} {label} was deleted while it was waited for", [])
        progress = judge(live)
        if progress.done:
            op.log("info", f"{kind.name} initialization complete")
            return
        text = "; ".join((progress.text, *progress.problems))
        if text != shown:
            op.log("info", text)
            shown = text
        if progress.hopeless or time.monotonic() > deadline:
            how = "failed" if progress.hopeless else "timed out waiting to be Ready"
            raise NotReadyError(f"'{label}' {how}", _reasons(cluster, live, progress))
        try:
            op.wait(_PAUSE)
        except OperationCancelledError as error:
            raise NotReadyError(str(error), _reasons(cluster, live, progress)) from error


def until_gone(cluster: Cluster, op: Operation, kind: Kind, namespace: str | None, name: str, uid: str) -> None:
    """Wait until an object is gone, finalizers and all.

    Raises:
        PluginError: it is still there when the time is up, with what holds it.
    """
    deadline, told = time.monotonic() + (op.timeout or DEFAULT_TIMEOUT), False
    while (live := cluster.get(kind, namespace, name)) is not None and live["metadata"]["uid"] == uid:
        if time.monotonic() > deadline:
            held = ", ".join(live["metadata"].get("finalizers") or []) or "nothing that it names"
            raise PluginError(f"{kind.name} {name!r} is still there after its deletion; held by: {held}")
        if not told:
            op.log("info", f"Waiting for {kind.name} {name!r} to be deleted")
            told = True
        op.wait(_PAUSE / 2)


def _reasons(cluster: Cluster, live: Mapping[str, Any], progress: Progress) -> list[str]:
    return [progress.text, *progress.problems, *_pod_problems(cluster, live)]


def _pod_problems(cluster: Cluster, live: Mapping[str, Any]) -> list[str]:
    """Why the pods of a workload are not ready, in the words of the cluster."""
    labels = (live["spec"].get("selector") or {}).get("matchLabels") or {}
    if not labels:
        return []
    selector = ",".join(f"{key}={value}" for key, value in labels.items())
    pods = cluster.list(_POD, live["metadata"].get("namespace"), selector)
    return sorted({problem for pod in pods for problem in _problems(pod)})[:10]


def _problems(pod: Mapping[str, Any]) -> Iterator[str]:
    name = f"[Pod {pod['metadata'].get('namespace')}/{pod['metadata']['name']}]"
    status = _status(pod)
    for condition in status.get("conditions") or []:
        if condition.get("status") == "False" and condition.get("message"):
            yield f"{name}: {condition['message']}"
    for container in status.get("containerStatuses") or []:
        state = container.get("state") or {}
        cause = state.get("waiting") or state.get("terminated") or {}
        if cause.get("reason") and not container.get("ready"):
            yield f"{name}: container {container['name']!r}: [{cause['reason']}] {cause.get('message', '')}".rstrip()


def _timeout(op: Operation, written: Mapping[str, Any]) -> float:
    return op.timeout or float(annotations(written).get(TIMEOUT_SECONDS, DEFAULT_TIMEOUT))


def _status(live: Mapping[str, Any]) -> Mapping[str, Any]:
    return live.get("status") or {}


def _conditions(live: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    return {c["type"]: c for c in _status(live).get("conditions") or []}


def _observed(live: Mapping[str, Any]) -> bool:
    """Whether the controller has seen what was last written."""
    return bool(_status(live).get("observedGeneration") == live["metadata"].get("generation"))
