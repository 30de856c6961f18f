"""When a workload counts as up."""

from typing import Any

import pytest

from sandbox.plugins.kubernetes.waiting import daemon_set, deployment, job, stateful_set


def live(spec: dict[str, Any] | None = None, generation: int = 2, **status: Any) -> dict[str, Any]:
    return {"metadata": {"name": "x", "generation": generation}, "spec": spec or {}, "status": status}


AVAILABLE = {"type": "Available", "status": "True"}
ROLLED_OUT = {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}
UP: dict[str, Any] = {
    "observedGeneration": 2,
    "updatedReplicas": 3,
    "readyReplicas": 3,
    "conditions": [AVAILABLE, ROLLED_OUT],
}


def test_a_deployment_is_up_when_its_new_pods_are_ready() -> None:
    assert deployment(live({"replicas": 3}, **UP)).done


@pytest.mark.parametrize(
    "lacking",
    [
        pytest.param({"observedGeneration": 1}, id="the controller has not seen the change"),
        pytest.param({"updatedReplicas": 2}, id="an old pod is counted"),
        pytest.param({"readyReplicas": 2}, id="a pod is not ready"),
        pytest.param({"conditions": [ROLLED_OUT]}, id="it is not available"),
        pytest.param({"conditions": [AVAILABLE, {**ROLLED_OUT, "reason": "ReplicaSetUpdated"}]}, id="it rolls out"),
    ],
)
def test_a_deployment_is_not_up_before(lacking: dict[str, Any]) -> None:
    assert not deployment(live({"replicas": 3}, **{**UP, **lacking})).done


def test_a_stuck_rollout_says_why() -> None:
    stuck = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "too slow"}
    progress = deployment(live({"replicas": 1}, **{**UP, "conditions": [AVAILABLE, stuck]}))
    assert not progress.done
    assert progress.problems == ("[ProgressDeadlineExceeded] too slow",)


def test_a_stateful_set_is_up_when_all_pods_are_ready_in_one_revision() -> None:
    status: dict[str, Any] = {"observedGeneration": 2, "readyReplicas": 1, "currentRevision": "a"}
    assert stateful_set(live(**status, updateRevision="a")).done
    assert not stateful_set(live(**status, updateRevision="b")).done


def test_a_daemon_set_is_up_when_every_node_has_its_pod() -> None:
    status: dict[str, Any] = {"observedGeneration": 2, "desiredNumberScheduled": 2, "updatedNumberScheduled": 2}
    assert daemon_set(live(**status, numberReady=2)).done
    assert not daemon_set(live(**status, numberReady=1)).done


def test_a_failed_job_is_not_waited_for_any_longer() -> None:
    failed = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "no luck"}
    progress = job(live(conditions=[failed]))
    assert progress.hopeless
    assert progress.problems == ("[BackoffLimitExceeded] no luck",)
    assert job(live(conditions=[{"type": "Complete", "status": "True"}])).done
    assert not job(live()).hopeless, "a running one is"
