"""What all objects in a cluster have in common: labels, the stack's name, and the SDK's argument names."""

import re
from collections.abc import Mapping
from typing import Any

import pulumi

from ..model.integration import ClusterPlace, Integration
from ..model.rbac import MANAGED_BY


def object_labels(name: str, integration: Integration, cluster: ClusterPlace) -> dict[str, str]:
    """The labels of every object in a cluster. `name` is that of the integration in the cluster."""
    return {
        "app.kubernetes.io/managed-by": MANAGED_BY,
        "app.kubernetes.io/part-of": integration.vendor,
        "app.kubernetes.io/instance": name.removesuffix(f"-{cluster.key}"),
    }


def stack_name() -> str:
    """`<project>/<stack>`, as in the annotation and tag that show which stack owns something."""
    return f"{pulumi.get_project()}/{pulumi.get_stack()}"


def to_sdk_arguments(body: Mapping[str, Any]) -> dict[str, Any]:
    """An object's body with its top-level keys in snake_case, as the SDK names its arguments; nested keys stay."""
    return {re.sub(r"(?<=[a-z])([A-Z])", lambda match: f"_{match[1].lower()}", key): body[key] for key in body}
