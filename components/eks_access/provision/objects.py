"""An integration's own objects in one cluster: namespaces first, workloads last."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any

import pulumi

from ..exact import resource as exact
from ..model.objects import KubernetesObject
from ..model.rbac import ANNOTATIONS, STACK
from .connection import Connection
from .metadata import stack_name, to_sdk_arguments
from .output_bindings import OutputBindings

SECRETS_DIGEST = "eks-access/secrets-digest"
"""Pods read a Secret when they start: a changed digest in their template restarts them."""


_EXACT: Mapping[str, Any] = {"NetworkPolicy": exact.NetworkPolicy, "ServiceAccount": exact.ServiceAccount}
"""Kinds that decide about access by themselves: the role of an account's pods, and who reaches pods."""


@cache
def _find_resource_class(api_version: str, kind: str) -> Any:
    """The SDK's class for a kind. Importing the SDK takes seconds, so only stacks with such objects do it."""
    group, _, version = api_version.rpartition("/")
    module = import_module(f"pulumi_kubernetes.{group.partition('.')[0] or 'core'}.{version}")
    return getattr(module, kind)


class ObjectSet:
    """Creates objects in one cluster, as children of `parent`: namespaces at once, all others by `create`."""

    def __init__(
        self,
        name: str,
        objects: Sequence[KubernetesObject],
        bindings: OutputBindings,
        connection: Connection,
        labels: Mapping[str, str],
        parent: pulumi.Resource,
    ) -> None:
        self._name = name
        self._bindings = bindings
        self._connection = connection
        self._labels = labels
        self._parent = parent
        self._objects = [each for each in objects if each.kind != "Namespace"]
        self.namespaces = [self._create(each, []) for each in objects if each.kind == "Namespace"]

    def create(self, depends_on: Sequence[pulumi.Resource]) -> None:
        """Creates the objects; workloads last, after everything in `depends_on`."""
        accounts = [self._create(each, self.namespaces) for each in self._objects if each.kind == "ServiceAccount"]
        # Kubernetes deletes a token's Secret whose ServiceAccount is not there yet.
        others = [each for each in self._objects if not each.runs_pods and each.kind != "ServiceAccount"]
        passive = [*accounts, *(self._create(each, [*self.namespaces, *accounts]) for each in others)]
        digest = self._secrets_digest()
        for each in self._objects:
            if each.runs_pods:
                self._create(each, [*passive, *depends_on], digest)

    def _create(
        self, each: KubernetesObject, depends_on: Sequence[pulumi.Resource], digest: pulumi.Input[str] | None = None
    ) -> pulumi.Resource:
        body = self._bindings.fill_tree(each.body)
        if digest is not None:
            template = body["spec"]["template"]["metadata"]
            template["annotations"] = {**template.get("annotations", {}), SECRETS_DIGEST: digest}
        metadata: dict[str, Any] = {"name": each.name, "labels": {**self._labels, **each.labels}}
        annotations = dict(self._bindings.fill_tree(each.annotations))
        if each.kind not in _EXACT:
            annotations = {**ANNOTATIONS, STACK: stack_name(), **annotations}
        if annotations:
            metadata["annotations"] = annotations
        if each.namespace is not None:
            metadata["namespace"] = each.namespace
        if each.kind == "Secret" and "data" in body:
            body["data"] = _leave_out_unknown(body["data"])
        name, arguments = f"{self._name}-{each.key}", {"metadata": metadata, **to_sdk_arguments(body)}
        opts = pulumi.ResourceOptions(parent=self._parent, depends_on=list(depends_on))
        if each.kind in _EXACT:
            own: pulumi.Resource = _EXACT[each.kind](
                name, kubeconfig=self._connection.kubeconfig, adopt=self._connection.adopt, **arguments, opts=opts
            )
            return own
        opts.provider = self._connection.provider
        opts.additional_secret_outputs = ["data", "stringData"] if each.kind == "Secret" else None
        resource: pulumi.Resource = _find_resource_class(each.api_version, each.kind)(name, **arguments, opts=opts)
        return resource

    def _secrets_digest(self) -> pulumi.Input[str] | None:
        secrets = {each.name: each.body for each in self._objects if each.kind == "Secret"}
        if not secrets:
            return None
        content = self._bindings.fill_json(secrets)
        return pulumi.Output.from_input(content).apply(lambda text: hashlib.sha256(text.encode()).hexdigest()[:32])


def _leave_out_unknown(data: Mapping[str, pulumi.Input[str]]) -> pulumi.Input[Mapping[str, str]]:
    """A Secret's data without empty values: what is not known stays as the cluster has it."""
    known: pulumi.Output[dict[str, str]] = pulumi.Output.all(**data)
    return known.apply(lambda values: {name: value for name, value in values.items() if value})
