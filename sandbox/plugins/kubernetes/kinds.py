"""What is known of a Kubernetes kind without asking a server: its token, its SDK class, what replaces it."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ..declared import Property, input_properties
from ..errors import NotSupportedError
from ..values import Path, parse_path

_OTHER_THINGS: Final = ("helm.sh", "yaml", "kustomize", "index")


@dataclass(frozen=True)
class Kind:
    group: str
    """Empty for the core group."""
    version: str
    name: str

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def root(self) -> str:
        return f"/apis/{self.api_version}" if self.group else f"/api/{self.version}"

    def __str__(self) -> str:
        return f"{self.api_version}/{self.name}"


@functools.cache
def kind_of(token: str) -> Kind:
    """The kind that a type token such as `kubernetes:apps/v1:Deployment` names.

    Raises:
        NotSupportedError: it is no kind of the API, or a list or a patch of one.
    """
    _, module, name = token.split(":")
    group, _, version = module.partition("/")
    if group in _OTHER_THINGS or not version:
        raise NotSupportedError(f"the resource type {token}")
    if name.endswith(("List", "Patch")):
        raise NotSupportedError(f"the resource type {token} (a whole list or a patch of another's object)")
    return Kind("" if group == "core" else group, version, name)


@functools.cache
def declared(kind: Kind) -> Mapping[str, Property] | None:
    """The SDK's properties for a kind; None for kinds of custom resource definitions, of which the SDK knows none."""
    folder = (kind.group or "core").split(".")[0]
    module = f"pulumi_kubernetes.{folder}.{kind.version}.{kind.name}"
    return input_properties(module, f"{kind.name}InitArgs") or input_properties(module, f"{kind.name}Args")


_SELECTOR: Final = ("spec.selector",)
_IMMUTABLE: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("apps", "DaemonSet"): _SELECTOR,
    ("apps", "Deployment"): _SELECTOR,
    ("apps", "StatefulSet"): (
        *_SELECTOR,
        "spec.podManagementPolicy",
        "spec.revisionHistoryLimit",
        "spec.serviceName",
        "spec.volumeClaimTemplates",
    ),
    ("batch", "Job"): ("spec.completions", "spec.parallelism", "spec.selector", "spec.template"),
    ("", "ConfigMap"): ("binaryData", "data"),
    ("", "PersistentVolumeClaim"): ("spec",),
    ("", "Pod"): ("spec",),
    ("", "ResourceQuota"): ("spec.scopes",),
    ("", "Secret"): ("data", "stringData", "type"),
    ("", "Service"): ("spec.clusterIP",),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): ("roleRef",),
    ("rbac.authorization.k8s.io", "RoleBinding"): ("roleRef",),
    ("storage.k8s.io", "StorageClass"): ("parameters", "provisioner"),
}
"""The fields that the official plug-in replaces an object for: the API server refuses a change of most, and a changed
ConfigMap or Secret would not reach the pods that read it."""


def replacing_fields(kind: Kind, *, mutable: frozenset[str] = frozenset()) -> tuple[Path, ...]:
    """The fields whose change needs a new object, unless the kind's name is among the `mutable` ones."""
    own = () if kind.name in mutable else _IMMUTABLE.get((kind.group, kind.name), ())
    return tuple(parse_path(path) for path in ("apiVersion", "kind", "metadata.name", "metadata.namespace", *own))
