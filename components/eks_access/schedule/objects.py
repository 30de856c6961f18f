"""The scheduled probe in its cluster: a CronJob whose Job is indexed, one pod a shard, and what its pods use.

A pod's exit code is the probe's (1: a mismatch, 3: something could not be asked), so nothing is tried again, and a
shard that finds a mismatch ends no other (`backoffLimitPerIndex`).
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
"""Jobs of each outcome that are kept, with their pods and so the reports in their logs."""


@dataclass(frozen=True)
class Installation:
    """Where and how it runs. `role_arn` is None where EKS Pod Identity gives the role."""

    name: str
    cluster: str
    namespace: str
    makes_namespace: bool
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


def objects(to: Installation, manifest: str) -> tuple[KubernetesObject, ...]:
    return tuple(_objects(to, manifest))


def _objects(to: Installation, manifest: str) -> Iterator[KubernetesObject]:
    def made(version: str, kind: str, body: Mapping[str, Any], annotations: Mapping[str, str]) -> KubernetesObject:
        return KubernetesObject(version, kind, to.name, to.namespace, body, to.labels, annotations, to.cluster)

    if to.makes_namespace:
        yield KubernetesObject("v1", "Namespace", to.namespace, labels=RESTRICTED, cluster=to.cluster)
    yield KubernetesObject(
        "v1",
        "ServiceAccount",
        to.service_account,
        to.namespace,
        # The probe speaks to API servers as its role, never as its service account.
        {"automountServiceAccountToken": False},
        to.labels,
        {"eks.amazonaws.com/role-arn": to.role_arn} if to.role_arn else {},
        to.cluster,
    )
    yield made("v1", "ConfigMap", {"data": {MANIFEST: manifest}}, {})
    network = network_policy(to.labels, pod_identity=to.role_arn is None)
    yield made("networking.k8s.io/v1", "NetworkPolicy", network, {})
    yield made("batch/v1", "CronJob", {"spec": _cron_job(to)}, {})


def _cron_job(to: Installation) -> dict[str, Any]:
    job = {
        "completionMode": "Indexed",
        "completions": to.shards,
        "parallelism": to.shards,
        "backoffLimitPerIndex": 0,
        "activeDeadlineSeconds": to.deadline_seconds,
        "template": {"metadata": {"labels": to.labels}, "spec": _pod(to)},
    }
    return {
        "schedule": to.schedule,
        "timeZone": to.time_zone,
        "suspend": to.suspended,
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": 600,
        "successfulJobsHistoryLimit": KEPT,
        "failedJobsHistoryLimit": KEPT,
        "jobTemplate": {"metadata": {"labels": to.labels}, "spec": job},
    }


def _pod(to: Installation) -> dict[str, Any]:
    container = {
        "name": "probe",
        "image": to.image,
        "command": ["eks-access"],
        # Kubernetes gives each pod of an indexed Job its number in JOB_COMPLETION_INDEX.
        "args": [
            "probe", "--as-operator", "--without-trust", "--manifest", f"{FOLDER}/{MANIFEST}", "--quiet", "--json", "-",
            "--shard", f"$(JOB_COMPLETION_INDEX)/{to.shards}",
        ],
        "env": [
            {"name": "AWS_REGION", "value": to.region},
            {"name": "PYTHONDONTWRITEBYTECODE", "value": "1"},
        ],
        "resources": {"requests": {"cpu": "250m", "memory": "192Mi"}, "limits": {"memory": "512Mi"}},
        "securityContext": dict(CONTAINER_SECURITY),
        "volumeMounts": [{"name": "manifest", "mountPath": FOLDER, "readOnly": True}],
    }  # fmt: skip
    return {
        "serviceAccountName": to.service_account,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "restartPolicy": "Never",
        "securityContext": dict(POD_SECURITY),
        "containers": [container],
        "volumes": [{"name": "manifest", "configMap": {"name": to.name}}],
    }
