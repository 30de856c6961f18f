"""A program for the Kubernetes plug-in; the environment variable CASE has the parameters of each run."""

import json
import os
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

case: dict[str, Any] = json.loads(os.environ.get("CASE", "{}"))
name = case["name"]
provider = k8s.Provider("cluster", kubeconfig=case["kubeconfig"])


def options(import_id: str | None = None) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(provider=provider, import_=import_id if case.get("import") else None)


def deployment(name: str, namespace: pulumi.Input[str], pods: dict[str, Any], annotations: dict[str, str]) -> None:
    container = {
        "name": "main",
        "image": "example",
        "env": [{"name": "PASSWORD", "value": environment_secret}],
        "resources": {"requests": {"cpu": "0.01"}},  # which the server writes as 10m
    }
    labels = {"app": name}
    metadata: Any = {"name": name, "namespace": namespace, "annotations": annotations}
    template: Any = {"metadata": {"labels": labels}, "spec": {"containers": [container], **pods}}
    spec: Any = {"replicas": 2, "selector": {"matchLabels": labels}, "template": template}
    k8s.apps.v1.Deployment(name, metadata=metadata, spec=spec, opts=options())


environment_secret = pulumi.Output.secret("an-environment-secret")
rules = case.get("rules", [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}])
role = k8s.rbac.v1.ClusterRole("role", metadata={"name": name}, rules=rules, opts=options(name))
if not case.get("import"):
    role_ref: Any = {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "ClusterRole",
        "name": case.get("role", role.metadata["name"]),
    }
    subjects: Any = [{"kind": "Group", "name": f"{name}-viewers"}]
    k8s.rbac.v1.ClusterRoleBinding(
        "binding", metadata={"name": name}, role_ref=role_ref, subjects=subjects, opts=options()
    )
    namespace = k8s.core.v1.Namespace("namespace", metadata={"name": name}, opts=options()).metadata["name"]
    k8s.core.v1.ServiceAccount("automatic", metadata={"namespace": namespace}, opts=options())
    k8s.core.v1.Secret(
        "secret",
        metadata={"name": "secret", "namespace": namespace},
        string_data={"token": pulumi.Output.secret("a-marked-secret"), "other": "an-unmarked-secret"},
        opts=options(),
    )
    deployment("app", namespace, {}, {})
    if "stuck" in case:
        deployment("stuck", namespace, {"nodeSelector": {"no": "such-node"}}, case["stuck"])
    if "undeclared" in case:
        misspelt: Any = {"name": "x", "lables": {}}
        k8s.core.v1.ConfigMap("undeclared", metadata=misspelt, opts=options())
