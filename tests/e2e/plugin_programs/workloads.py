"""Objects that eks-access leaves to the official Kubernetes plugin, in one namespace."""

import json
import os
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

case: dict[str, Any] = json.loads(os.environ["CASE"])
name = case["name"]
provider = kubernetes.Provider("cluster", kubeconfig=case["kubeconfig"])
opts = pulumi.ResourceOptions(provider=provider)
namespace = kubernetes.core.v1.Namespace("namespace", metadata={"name": name}, opts=opts)
# Without a type, these are checked against every combination of the SDK's arguments, which takes minutes.
metadata: Any = {"namespace": namespace.metadata["name"], "annotations": {"pulumi.com/patchForce": "true"}}
template: Any = {
    "metadata": {"labels": {"app": "vendor"}},
    "spec": {
        "serviceAccountName": "default",
        "containers": [{"name": "main", "image": "example/vendor:1", "args": ["serve"]}],
    },
}
selector: Any = {"matchLabels": {"app": "vendor"}}
job: Any = {**template, "spec": {**template["spec"], "restartPolicy": "Never"}}
specs: dict[str, Any] = {
    "deployment": {"replicas": 1, "selector": selector, "template": template},
    "statefulset": {"replicas": 1, "serviceName": "vendor", "selector": selector, "template": template},
    "cronjob": {"schedule": "0 3 * * *", "suspend": True, "jobTemplate": {"spec": {"template": job}}},
}
classes: dict[str, Any] = {
    "deployment": kubernetes.apps.v1.Deployment,
    "statefulset": kubernetes.apps.v1.StatefulSet,
    "cronjob": kubernetes.batch.v1.CronJob,
}
for kind, spec in specs.items():
    classes[kind](kind, metadata={"name": kind, **metadata}, spec=spec, opts=opts)
config_metadata: Any = {"name": "configmap", **metadata}
kubernetes.core.v1.ConfigMap("configmap", metadata=config_metadata, data={"settings": "plain"}, opts=opts)
