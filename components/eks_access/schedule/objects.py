"""The objects of the scheduled probe: a CronJob with an indexed Job, one pod per shard, and what its pods use.

A pod's exit code is that of the probe (1: a mismatch, 3: inconclusive), so a failed pod is not retried, and a shard
with a mismatch does not end the others (`backoffLimitPerIndex`).
https://kubernetes.io/docs/concepts/workloads/controllers/job/#backoff-limit-per-index
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..model.objects import KubernetesObject
from ..model.pods import CONTAINER_SECURITY, POD_SECURITY, RESTRICTED, network_policy

FOLDER = "/etc/eks-access"
MANIFEST = "manifest.json"
KEPT = 3
"""The number of Jobs of each outcome that are kept, with their pods, whose logs are the reports."""


@dataclass(frozen=True)
class Installation:
    """Where and how the probe runs. `role_arn` is None if its pods get the role by EKS Pod Identity."""

    name: str
    cluster: str
    namespace: str
    creates_namespace: bool
    service_account: str
    role_arn: str | None
    region: str
    image: str
    schedule: str
    time_zone: str
    shards: int
    deadline_seconds: int
    suspended: bool

    @property
    def labels(self) -> dict[str, str]:
        return {"app.kubernetes.io/name": "eks-access-probe", "app.kubernetes.io/instance": self.name}


def probe_objects(installation: Installation, manifest: str) -> tuple[KubernetesObject, ...]:
    """All objects of the scheduled probe; `manifest` is the text of the manifest that it runs with."""
    return tuple(_probe_objects(installation, manifest))


def _probe_objects(installation: Installation, manifest: str) -> Iterator[KubernetesObject]:
    def create(version: str, kind: str, body: Mapping[str, Any]) -> KubernetesObject:
        name, namespace = installation.name, installation.namespace
        return KubernetesObject(version, kind, name, namespace, body, installation.labels, cluster=installation.cluster)

    if installation.creates_namespace:
        yield KubernetesObject(
            "v1", "Namespace", installation.namespace, labels=RESTRICTED, cluster=installation.cluster
        )
    yield KubernetesObject(
        "v1",
        "ServiceAccount",
        installation.service_account,
        installation.namespace,
        # The probe authenticates to API servers as its role, never as its service account.
        {"automountServiceAccountToken": False},
        installation.labels,
        {"eks.amazonaws.com/role-arn": installation.role_arn} if installation.role_arn else {},
        installation.cluster,
    )
    yield create("v1", "ConfigMap", {"data": {MANIFEST: manifest}})
    network = network_policy(installation.labels, pod_identity=installation.role_arn is None)
    yield create("networking.k8s.io/v1", "NetworkPolicy", network)
    yield create("batch/v1", "CronJob", {"spec": _cron_job(installation)})


def _cron_job(installation: Installation) -> dict[str, Any]:
    job = {
        "completionMode": "Indexed",
        "completions": installation.shards,
        "parallelism": installation.shards,
        "backoffLimitPerIndex": 0,
        "activeDeadlineSeconds": installation.deadline_seconds,
        "template": {"metadata": {"labels": installation.labels}, "spec": _pod(installation)},
    }
    return {
        "schedule": installation.schedule,
        "timeZone": installation.time_zone,
        "suspend": installation.suspended,
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": 600,
        "successfulJobsHistoryLimit": KEPT,
        "failedJobsHistoryLimit": KEPT,
        "jobTemplate": {"metadata": {"labels": installation.labels}, "spec": job},
    }


def _pod(installation: Installation) -> dict[str, Any]:
    container = {
        "name": "probe",
        "image": installation.image,
        "command": ["eks-access"],
        # Kubernetes sets JOB_COMPLETION_INDEX in each pod of an indexed Job.
        "args": [
            "probe", "--as-operator", "--without-trust", "--manifest", f"{FOLDER}/{MANIFEST}", "--quiet", "--json", "-",
            "--shard", f"$(JOB_COMPLETION_INDEX)/{installation.shards}",
        ],
        "env": [
            {"name": "AWS_REGION", "value": installation.region},
            {"name": "PYTHONDONTWRITEBYTECODE", "value": "1"},
        ],
        "resources": {"requests": {"cpu": "250m", "memory": "192Mi"}, "limits": {"memory": "512Mi"}},
        "securityContext": dict(CONTAINER_SECURITY),
        "volumeMounts": [{"name": "manifest", "mountPath": FOLDER, "readOnly": True}],
    }  # fmt: skip
    return {
        "serviceAccountName": installation.service_account,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "restartPolicy": "Never",
        "securityContext": dict(POD_SECURITY),
        "containers": [container],
        "volumes": [{"name": "manifest", "configMap": {"name": installation.name}}],
    }
