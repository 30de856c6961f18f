"""Which changes by others the official Kubernetes plugin sees and repairs, and which it does not.

It compares a live object only where the program has something: what is changed or removed is seen, what is added is not
(https://github.com/pulumi/pulumi-kubernetes/issues/2404). docs/exact-objects.md says what follows from that.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from sandbox import Sandbox
from tests.e2e.plugin_stack import Stack

pytestmark = pytest.mark.e2e

PATHS = {
    "deployment": "/apis/apps/v1/namespaces/{}/deployments/deployment",
    "statefulset": "/apis/apps/v1/namespaces/{}/statefulsets/statefulset",
    "cronjob": "/apis/batch/v1/namespaces/{}/cronjobs/cronjob",
    "configmap": "/api/v1/namespaces/{}/configmaps/configmap",
}
POD = ("spec", "template", "spec")
PODS: dict[str, tuple[str, ...]] = {
    "deployment": POD,
    "statefulset": POD,
    "cronjob": ("spec", "jobTemplate", *POD),
}
Change = Callable[[dict[str, Any]], object]


@dataclass(frozen=True)
class Case:
    """A change by others of one object, and whether a refresh sees it."""

    resource: str
    change: str
    apply: Change
    is_seen: bool


def in_pod(resource: str, change: Change) -> Change:
    """The change, of the pod's specification in an object."""

    def apply(live: dict[str, Any]) -> None:
        at = live
        for key in PODS[resource]:
            at = at[key]
        change(at)

    return apply


SEEN: dict[str, Change] = {
    "image": lambda pod: pod["containers"][0].update(image="example/other:1"),
    "service-account": lambda pod: pod.update(serviceAccountName="other"),
    "arguments": lambda pod: pod["containers"][0].update(args=["exfiltrate"]),
}
UNSEEN: dict[str, Change] = {
    "added-container": lambda pod: pod["containers"].append({"name": "other", "image": "example/other:1"}),
    "added-variable": lambda pod: pod["containers"][0].update(env=[{"name": "A", "value": "b"}]),
    "host-network": lambda pod: pod.update(hostNetwork=True),
}
CASES = [
    *(Case(each, name, in_pod(each, change), True) for each in PODS for name, change in SEEN.items()),
    *(Case(each, name, in_pod(each, change), False) for each in PODS for name, change in UNSEEN.items()),
    Case("configmap", "value", lambda live: live["data"].update(settings="other"), True),
    Case("configmap", "removed-key", lambda live: live.pop("data"), True),
    Case("configmap", "added-key", lambda live: live["data"].update(more="b"), False),
]


@pytest.fixture(scope="module")
def stack(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    kubeconfig = sandbox.clusters["dev-both"].kubeconfig.read_text()
    # A name of its own: a short folder becomes the namespace's name.
    created = Stack(sandbox, tmp_path_factory.mktemp("workloads"), "workloads", kubeconfig=kubeconfig)
    created.up()
    yield created
    created.destroy()


@pytest.mark.parametrize("case", CASES, ids=[f"{case.resource}-{case.change}" for case in CASES])
def test_what_the_official_plugin_sees_and_repairs(sandbox: Sandbox, stack: Stack, case: Case) -> None:
    api, path = sandbox.clusters["dev-both"].admin, PATHS[case.resource].format(stack.name)
    before = api.json("GET", path)
    changed = {**before, "metadata": {**before["metadata"], "resourceVersion": ""}}
    case.apply(changed)
    api.json("PUT", path, body=changed)
    part = "data" if case.resource == "configmap" else "spec"
    sabotaged = api.json("GET", path).get(part)

    found = stack.steps("--refresh")
    assert (case.resource in found) is case.is_seen
    stack.up("--refresh")
    after = api.json("GET", path).get(part)
    if case.is_seen:
        assert after != sabotaged
        assert case.resource not in stack.steps("--refresh")
    else:
        assert after == sabotaged, "what is not seen is not repaired"
