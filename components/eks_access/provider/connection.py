"""A deployment's way into a cluster, as a resource's `kubeconfig` gives it."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from ..kubernetes.client import KubernetesApi
from .handler import ProviderError

_SECRET_FIELDS = ("token", "password", "client-key-data")
_SECRET_WORDS = ("secret", "token", "password", "key")


def parsed(kubeconfig: str) -> Mapping[str, Any] | None:
    """The kubeconfig's content; None when the text is no kubeconfig."""
    try:
        config = yaml.safe_load(kubeconfig)
    except yaml.YAMLError:
        return None
    return config if isinstance(config, dict) and config.get("clusters") else None


def holds_secret(kubeconfig: str) -> bool:
    """Does it hold a credential, rather than only the command or the file to get one?"""
    config = parsed(kubeconfig)
    if config is None:
        # Not understood, so not to be shown.
        return True
    for entry in config.get("users") or []:
        user = entry.get("user") or {}
        if any(user.get(field) for field in _SECRET_FIELDS) or user.get("auth-provider"):
            return True
        variables = (user.get("exec") or {}).get("env") or []
        if any(word in str(v.get("name", "")).lower() for v in variables for word in _SECRET_WORDS):
            return True
    return False


def cluster_of(kubeconfig: str) -> tuple[Any, ...]:
    """Which cluster it leads to: the address and certificate authority of its current context, not the credentials."""
    config = parsed(kubeconfig) or {}
    contexts = {c.get("name"): c.get("context") or {} for c in config.get("contexts") or []}
    clusters = {c.get("name"): c.get("cluster") or {} for c in config.get("clusters") or []}
    cluster = clusters.get((contexts.get(config.get("current-context")) or {}).get("cluster")) or {}
    return (cluster.get("server"), cluster.get("certificate-authority-data"), cluster.get("certificate-authority"))


def from_environment() -> str:
    """The kubeconfig for an import, where there are no inputs yet.

    Raises:
        ProviderError: KUBECONFIG names no readable file.
    """
    name = os.environ.get("KUBECONFIG", "")
    try:
        return Path(name).expanduser().read_text()
    except OSError as error:
        raise ProviderError(
            f"an import reaches the cluster by the kubeconfig file that KUBECONFIG names, which is {name!r}: "
            f"{error.strerror}. Set KUBECONFIG to one file whose current context is the cluster."
        ) from error


def connect(kubeconfig: str) -> KubernetesApi:
    return KubernetesApi.from_kubeconfig(kubeconfig)
