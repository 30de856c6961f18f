"""What runs in each cluster: a believable workload, with values in it that must never surface anywhere.

Each such value is a canary of its own, created with each sandbox and listed in canaries.json.
"""

import json
import re
import secrets
from importlib.resources import files
from typing import Any

import yaml

from eks_access.kubernetes.client import ApiError, KubernetesApi

CANARY = re.compile(r"\$\{CANARY:([a-z0-9-]+)\}")
COLLECTIONS = {
    "ConfigMap": "configmaps",
    "CronJob": "cronjobs",
    "DaemonSet": "daemonsets",
    "Deployment": "deployments",
    "Ingress": "ingresses",
    "Job": "jobs",
    "Namespace": "namespaces",
    "Node": "nodes",
    "Secret": "secrets",
    "Service": "services",
    "StatefulSet": "statefulsets",
}
CLUSTER_SCOPED = ("Namespace", "Node")
CONTROLLERS = ("Deployment", "StatefulSet", "DaemonSet", "Job")


def make_canaries() -> dict[str, str]:
    """A value that is found nowhere else for each place that holds one."""
    names = sorted(set(CANARY.findall(_text("workload.yaml"))))
    return {name: f"sandbox-canary-{name}-{secrets.token_hex(6)}" for name in names}


def objects(canaries: dict[str, str]) -> list[dict[str, Any]]:
    text = CANARY.sub(lambda found: canaries[found.group(1)], _text("workload.yaml"))
    return list(yaml.safe_load_all(text))


def nodes() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(_text("nodes.yaml")))


def aws_auth() -> dict[str, Any]:
    """The ConfigMap that earlier teams left: node roles, a mapping of others, and comments."""
    manifest: dict[str, Any] = yaml.safe_load(_text("aws-auth.yaml"))
    return manifest


def create(api: KubernetesApi, manifest: dict[str, Any]) -> None:
    """Create the object; it may be there already."""
    try:
        api.json("POST", collection(manifest), body=manifest, query={"fieldManager": "sandbox"})
    except ApiError as refused:
        if refused.reason != "AlreadyExists":
            raise


def collection(manifest: dict[str, Any]) -> str:
    group = manifest["apiVersion"]
    root = f"/apis/{group}" if "/" in group else f"/api/{group}"
    kind = manifest["kind"]
    namespace = "" if kind in CLUSTER_SCOPED else f"/namespaces/{manifest['metadata']['namespace']}"
    return f"{root}{namespace}/{COLLECTIONS[kind]}"


def not_running(api: KubernetesApi, manifests: list[dict[str, Any]]) -> list[str]:
    """The controllers whose pods do not all run yet."""
    return [
        f"{manifest['kind']} {manifest['metadata']['namespace']}/{manifest['metadata']['name']}"
        for manifest in manifests
        if manifest["kind"] in CONTROLLERS
        and not _is_running(api.json("GET", f"{collection(manifest)}/{manifest['metadata']['name']}"))
    ]


def _is_running(live: dict[str, Any]) -> bool:
    status = live.get("status", {})
    match live["kind"]:
        case "Deployment" | "StatefulSet":
            return bool(status.get("readyReplicas", 0) == live["spec"]["replicas"])
        case "DaemonSet":
            wanted = status.get("desiredNumberScheduled", 0)
            return bool(wanted and status.get("numberReady", 0) == wanted)
    return bool(status.get("succeeded", 0))


def dump(canaries: dict[str, str]) -> str:
    return json.dumps(canaries, indent=1, sort_keys=True)


def _text(name: str) -> str:
    return files("sandbox").joinpath("data", name).read_text()
