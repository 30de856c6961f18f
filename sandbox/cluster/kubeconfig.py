"""Kubeconfigs and other files of the sandbox's own processes, as JSON, which is YAML."""

import json
from pathlib import Path
from typing import Any


def build_kubeconfig(server: str, *, ca_data: str | None = None, token: str | None = None) -> dict[str, Any]:
    cluster = {"server": server} | ({"certificate-authority-data": ca_data} if ca_data else {})
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "cluster", "cluster": cluster}],
        "users": [{"name": "user", "user": {"token": token} if token else {}}],
        "contexts": [{"name": "context", "context": {"cluster": "cluster", "user": "user"}}],
        "current-context": "context",
    }


def write_config(path: Path, config: dict[str, Any]) -> Path:
    path.touch(mode=0o600)
    path.write_text(json.dumps(config, indent=1))
    return path
