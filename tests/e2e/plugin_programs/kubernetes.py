"""A program for the Kubernetes plugin; the environment variable CASE has the parameters of each run."""

import json
import os
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

case: dict[str, Any] = json.loads(os.environ["CASE"])
provider = k8s.Provider("cluster", kubeconfig=case["kubeconfig"])
options = pulumi.ResourceOptions(provider=provider)
namespace = k8s.core.v1.Namespace("namespace", metadata={"name": case["name"]}, opts=options)
if case.get("stuck"):
    labels = {"app": "stuck"}
    pods: Any = {"nodeSelector": {"no": "such-node"}, "containers": [{"name": "main", "image": "example"}]}
    template: Any = {"metadata": {"labels": labels}, "spec": pods}
    metadata: Any = {"name": "stuck", "namespace": namespace.metadata["name"]}
    spec: Any = {"replicas": 2, "selector": {"matchLabels": labels}, "template": template}
    k8s.apps.v1.Deployment("stuck", metadata=metadata, spec=spec, opts=options)
