"""An integration's own objects in one cluster: namespaces first, what runs pods last."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_kubernetes.apps import v1 as apps
from pulumi_kubernetes.batch import v1 as batch
from pulumi_kubernetes.core import v1 as core
from pulumi_kubernetes.networking import v1 as networking

from ..model.objects import KubernetesObject
from ..model.rbac import ANNOTATIONS, STACK
from .connection import Connection
from .output_bindings import Binding
from .rbac import stack

SECRETS_DIGEST = "eks-access/secrets-digest"
"""Pods read a Secret when they start: a changed digest in their template starts them again."""

_KINDS: Mapping[tuple[str, str], Any] = {
    ("v1", "ConfigMap"): core.ConfigMap,
    ("v1", "Namespace"): core.Namespace,
    ("v1", "Secret"): core.Secret,
    ("v1", "Service"): core.Service,
    ("v1", "ServiceAccount"): core.ServiceAccount,
    ("apps/v1", "Deployment"): apps.Deployment,
    ("apps/v1", "StatefulSet"): apps.StatefulSet,
    ("batch/v1", "CronJob"): batch.CronJob,
    ("networking.k8s.io/v1", "NetworkPolicy"): networking.NetworkPolicy,
}


class Objects:
    """Makes objects in one cluster, as children of `parent`; their namespaces at once, the rest on `create`."""

    def __init__(
        self,
        name: str,
        connection: Connection,
        binding: Binding,
        labels: Mapping[str, str],
        parent: pulumi.Resource,
        objects: Sequence[KubernetesObject],
    ) -> None:
        self._name = name
        self._connection = connection
        self._binding = binding
        self._labels = labels
        self._parent = parent
        self._objects = [each for each in objects if each.kind != "Namespace"]
        self.namespaces = [self._create(each, []) for each in objects if each.kind == "Namespace"]

    def create(self, after: Sequence[pulumi.Resource]) -> None:
        """Make them; what runs pods last, and after everything in `after`."""
        parts = [self._create(each, self.namespaces) for each in self._objects if not each.runs_pods]
        digest = self._digest([each for each in self._objects if each.kind == "Secret"])
        for each in self._objects:
            if each.runs_pods:
                self._create(each, [*parts, *after], digest)

    def _create(
        self, each: KubernetesObject, after: Sequence[pulumi.Resource], digest: pulumi.Input[str] | None = None
    ) -> pulumi.Resource:
        body = self._binding.tree(each.body)
        if digest is not None:
            template = body["spec"]["template"]["metadata"]
            template["annotations"] = {**template.get("annotations", {}), SECRETS_DIGEST: digest}
        metadata = {
            "name": each.name,
            "labels": {**self._labels, **each.labels},
            "annotations": {**ANNOTATIONS, STACK: stack(), **self._binding.tree(each.annotations)},
        }
        if each.namespace is not None:
            metadata["namespace"] = each.namespace
        kind = _KINDS[each.api_version, each.kind]
        resource: pulumi.Resource = kind(
            f"{self._name}-{each.key}",
            metadata=metadata,
            **{_snake(key): value for key, value in body.items()},
            opts=pulumi.ResourceOptions(
                parent=self._parent,
                provider=self._connection.provider,
                depends_on=list(after),
                additional_secret_outputs=["data", "stringData"] if each.kind == "Secret" else None,
            ),
        )
        return resource

    def _digest(self, secrets: Sequence[KubernetesObject]) -> pulumi.Input[str] | None:
        if not secrets:
            return None
        held = self._binding.json({each.name: each.body for each in secrets})
        return pulumi.Output.from_input(held).apply(lambda text: hashlib.sha256(text.encode()).hexdigest()[:32])


def _snake(key: str) -> str:
    """A top-level key as the Python SDK's argument is named; what is inside keeps Kubernetes' names."""
    return re.sub(r"(?<=[a-z])([A-Z])", lambda match: f"_{match[1].lower()}", key)
