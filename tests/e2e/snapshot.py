"""What a deployed stack is in its state, in IAM and in the clusters: to see what stays exactly as it was."""

import json
from dataclasses import dataclass
from typing import Any

import yaml

from sandbox import Sandbox
from tests.e2e.program import Program

EKS_CLUSTERS = ("dev-api", "dev-both", "dev-configmap")
AWS_AUTH = "/api/v1/namespaces/kube-system/configmaps/aws-auth"
_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_KINDS = (
    *(f"{_RBAC}/{kind}" for kind in ("clusterroles", "clusterrolebindings", "roles", "rolebindings")),
    *(f"/api/v1/{kind}" for kind in ("namespaces", "serviceaccounts", "secrets", "configmaps", "services")),
    *(f"/apis/apps/v1/{kind}" for kind in ("deployments", "statefulsets")),
)
MADE_BY_US = "app.kubernetes.io/managed-by=eks-access"


@dataclass(frozen=True)
class Snapshot:
    """Each part by what identifies its items."""

    state: dict[str, Any]
    """Resource ids by URN; the stack's own outputs are not in it."""
    integrations: dict[str, Any]
    """The access manifest's part of each integration."""
    roles: dict[str, Any]
    entries: dict[tuple[str, str], Any]
    mappings: dict[tuple[str, str], Any]
    """Each line of aws-auth, by cluster and ARN."""
    objects: dict[tuple[str, str], str]
    """The instance that each object is labelled with, by cluster and uid."""

    def objects_of(self, integration: str) -> set[tuple[str, str]]:
        return {key for key, instance in self.objects.items() if instance == integration}


def take_snapshot(program: Program) -> Snapshot:
    sandbox = program.sandbox
    exported = json.loads(program.pulumi("stack", "export", "--stack", program.stack).stdout)
    resources = exported["deployment"].get("resources", [])
    return Snapshot(
        state={
            each["urn"]: (each.get("id"), each.get("created"), _find_modified(each))
            for each in resources
            if each["type"] != "pulumi:pulumi:Stack"
        },
        integrations=program.manifest()["integrations"],
        roles=_read_roles(sandbox),
        entries=_read_entries(sandbox),
        mappings=_read_mappings(sandbox),
        objects=_read_objects(sandbox),
    )


def _find_modified(resource: dict[str, Any]) -> Any:
    """The engine writes its own default providers again when the program runs; they are in the state only."""
    return None if resource["type"].startswith("pulumi:providers:") else resource.get("modified")


def _read_roles(sandbox: Sandbox) -> dict[str, Any]:
    iam = sandbox.boto("iam")
    roles = [role for page in iam.get_paginator("list_roles").paginate() for role in page["Roles"]]
    return {
        role["Arn"]: (role["RoleId"], json.dumps(role["AssumeRolePolicyDocument"], sort_keys=True)) for role in roles
    }


def _read_entries(sandbox: Sandbox) -> dict[tuple[str, str], Any]:
    eks = sandbox.boto("eks")
    return {
        (cluster, principal): eks.describe_access_entry(clusterName=cluster, principalArn=principal)["accessEntry"]
        for cluster in ("dev-api", "dev-both")
        for principal in eks.list_access_entries(clusterName=cluster)["accessEntries"]
    }


def _read_mappings(sandbox: Sandbox) -> dict[tuple[str, str], Any]:
    found = {}
    for cluster in ("dev-both", "dev-configmap"):
        data = sandbox.clusters[cluster].admin.json("GET", AWS_AUTH).get("data") or {}
        for section in data.values():
            for item in yaml.safe_load(section) or ():
                found[cluster, item.get("rolearn") or item.get("userarn") or str(item)] = item
    return found


def _read_objects(sandbox: Sandbox) -> dict[tuple[str, str], str]:
    return {
        (cluster, item["metadata"]["uid"]): item["metadata"]["labels"].get("app.kubernetes.io/instance", "")
        for cluster in EKS_CLUSTERS
        for kind in _KINDS
        for item in sandbox.clusters[cluster].admin.json("GET", kind, query={"labelSelector": MADE_BY_US})["items"]
    }
