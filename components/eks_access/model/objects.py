"""Objects that an integration needs in a cluster besides its RBAC, as data: a namespace, a Secret, a Deployment, …

Values that are not known yet, or that are secret, are placeholders in a body (`placeholders`), and are filled when the
object is created. So nothing that is printed, compared or exported contains a secret.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

WORKLOADS = ("CronJob", "DaemonSet", "Deployment", "Job", "StatefulSet")
"""Kinds that run pods: created last, when everything that their pods use exists."""


@dataclass(frozen=True)
class KubernetesObject:
    """One object. `body` is everything but apiVersion, kind and metadata, under Kubernetes' own names."""

    api_version: str
    kind: str
    name: str
    namespace: str | None = None
    body: Mapping[str, Any] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    cluster: str | None = None
    """The key of the only cluster that has it; None for all clusters."""

    @property
    def key(self) -> str:
        """Stable, and unique within the integration and cluster."""
        return f"{self.kind.lower()}-{self.name}"

    @property
    def runs_pods(self) -> bool:
        return self.kind in WORKLOADS
