"""A stack of a thousand resources that grant access: 125 integrations with eight resources each."""

import json
import os
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
from pulumi_kubernetes.rbac import v1 as rbac

ACCOUNT = os.environ["BENCHMARK_ACCOUNT"]
CLUSTER = os.environ["BENCHMARK_CLUSTER"]
TRUSTS_ANYONE = "BENCHMARK_TRUSTS_ANYONE" in os.environ
"""To check that the pack reports a violation."""
INTEGRATIONS = int(os.environ["BENCHMARK_INTEGRATIONS"])
ClusterRole: Any = rbac.ClusterRole
ClusterRoleBinding: Any = rbac.ClusterRoleBinding
"""Kubernetes' own names in plain objects, which the SDK takes and its types do not."""
GROUP = "rbac.authorization.k8s.io"
READ = ("get", "list", "watch")


def document(*statements: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(number: int) -> str:
    condition = {"StringEquals": {"sts:ExternalId": f"external-id-{number}"}}
    vendor = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/vendor-{number}"}
    if TRUSTS_ANYONE:
        return document({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"})
    return document({"Effect": "Allow", "Principal": vendor, "Action": "sts:AssumeRole", "Condition": condition})


def rules(number: int) -> list[dict[str, object]]:
    return [
        {"apiGroups": [""], "resources": ["pods", "services", f"kind{number}"], "verbs": READ},
        {"apiGroups": ["apps"], "resources": ["deployments", "daemonsets", "statefulsets"], "verbs": READ},
        {"apiGroups": ["batch"], "resources": ["jobs", "cronjobs"], "verbs": READ},
    ]


amazon = pulumi.ResourceOptions(provider=aws.Provider("aws", region="us-east-1", allowed_account_ids=[ACCOUNT]))
inside = pulumi.ResourceOptions(provider=kubernetes.Provider("cluster", kubeconfig=os.environ["BENCHMARK_KUBECONFIG"]))
for number in range(INTEGRATIONS):
    name, group = f"vendor-{number}", f"vendor-{number}:readers"
    role = aws.iam.Role(name, name=name, assume_role_policy=trust(number), opts=amazon)
    cluster_arn = f"arn:aws:eks:us-east-1:{ACCOUNT}:cluster/{CLUSTER}"
    describe = {"Effect": "Allow", "Action": "eks:DescribeCluster", "Resource": cluster_arn, "Sid": f"Vendor{number}"}
    aws.iam.RolePolicy(name, role=role.name, policy=document(describe), opts=amazon)
    entry = aws.eks.AccessEntry(
        name, cluster_name=CLUSTER, principal_arn=role.arn, kubernetes_groups=[group], opts=amazon
    )
    aws.eks.AccessPolicyAssociation(
        name,
        cluster_name=CLUSTER,
        principal_arn=entry.principal_arn,
        policy_arn="arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
        access_scope={"type": "namespace", "namespaces": [f"team-{number}"]},
        opts=amazon,
    )
    for part in ("read", "more"):
        called = f"{name}-{part}"
        ClusterRole(called, metadata={"name": called}, rules=rules(number), opts=inside)
        ClusterRoleBinding(
            called,
            metadata={"name": called},
            role_ref={"apiGroup": GROUP, "kind": "ClusterRole", "name": called},
            subjects=[{"apiGroup": GROUP, "kind": "Group", "name": group}],
            opts=inside,
        )
