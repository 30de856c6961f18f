"""A program without this package: it registers the resources in a file with the providers' SDKs, and nothing else.

In the file, outputs of other resources are written as `${resource|property}`, secrets as `{"$secret": …}`, and what is
encoded as `{"$base64": …}`.
"""

import base64
import json
import os
import re
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
from pulumi_kubernetes.apps import v1 as apps
from pulumi_kubernetes.core import v1 as core
from pulumi_kubernetes.networking import v1 as networking
from pulumi_kubernetes.rbac import v1 as rbac

CLASSES: dict[str, Any] = {
    "pulumi:providers:aws": aws.Provider,
    "pulumi:providers:kubernetes": kubernetes.Provider,
    "aws:iam/role:Role": aws.iam.Role,
    "aws:iam/rolePolicy:RolePolicy": aws.iam.RolePolicy,
    "aws:eks/accessEntry:AccessEntry": aws.eks.AccessEntry,
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": aws.eks.AccessPolicyAssociation,
    "kubernetes:apps/v1:Deployment": apps.Deployment,
    "kubernetes:apps/v1:StatefulSet": apps.StatefulSet,
    "kubernetes:core/v1:ConfigMap": core.ConfigMap,
    "kubernetes:core/v1:Namespace": core.Namespace,
    "kubernetes:core/v1:Secret": core.Secret,
    "kubernetes:core/v1:ServiceAccount": core.ServiceAccount,
    "kubernetes:networking.k8s.io/v1:NetworkPolicy": networking.NetworkPolicy,
    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole": rbac.ClusterRole,
    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding": rbac.ClusterRoleBinding,
    "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding": rbac.RoleBinding,
}
REFERENCE = re.compile(r"\$\{(.+)\|([A-Za-z_]+)\}")
OUTPUTS = {"eks-access:index:ConnectorRegistration": ("activationId", "activationCode")}
"""The outputs that others use, of resources without an SDK."""

created: dict[str, pulumi.Resource] = {}


def resolve(raw: Any) -> Any:
    """The value with its references replaced by Outputs."""
    if isinstance(raw, dict):
        if "$secret" in raw:
            return pulumi.Output.secret(resolve(raw["$secret"]))
        if "$base64" in raw:
            text: pulumi.Output[str] = pulumi.Output.from_input(resolve(raw["$base64"]))
            return text.apply(lambda known: base64.b64encode(known.encode()).decode())
        return {key: resolve(part) for key, part in raw.items()}
    if isinstance(raw, list):
        return [resolve(part) for part in raw]
    if isinstance(raw, str) and (match := REFERENCE.fullmatch(raw)):
        return pulumi.get(created[match[1]], match[2])
    return raw


def make(listed: dict[str, Any]) -> pulumi.Resource:
    kind, name = listed["type"], listed["name"]
    options = pulumi.ResourceOptions(
        parent=created.get(listed["parent"] or ""),
        provider=created.get(listed["provider"] or ""),  # type: ignore[arg-type]
        depends_on=[created[key] for key in listed["dependsOn"]],
        **listed["options"],
    )
    properties = {key: resolve(raw) for key, raw in listed["properties"].items()}
    if kind in CLASSES:
        resource: pulumi.Resource = CLASSES[kind](name, **properties, opts=options)
    elif listed["isComponent"]:
        resource = pulumi.ComponentResource(kind, name, properties, options)
        resource.register_outputs({})
    else:
        resource = pulumi.CustomResource(kind, name, {**dict.fromkeys(OUTPUTS.get(kind, ())), **properties}, options)
    return resource


for listed in json.loads(Path(os.environ["BENCHMARK_RESOURCES"]).read_text()):
    created[listed["key"]] = make(listed)
