"""The access that terraform_program/main.tf declares for Terraform's provider."""

import json
import os

import pulumi_aws as aws

name: str = json.loads(os.environ["CASE"])["name"]
role = aws.iam.Role(
    "role",
    name=name,
    path="/vendors/",
    description="Reads workloads",
    max_session_duration=7200,
    tags={"team": "platform"},
    assume_role_policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "pods.eks.amazonaws.com"},
                    "Action": ["sts:AssumeRole", "sts:TagSession"],
                }
            ],
        }
    ),
)
aws.iam.RolePolicy(
    "inline",
    name="eks-access",
    role=role.name,
    policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "eks:ListClusters", "Resource": "*"}],
        }
    ),
)
entry = aws.eks.AccessEntry(
    "entry",
    cluster_name="dev-api",
    principal_arn=role.arn,
    user_name="vendor:{{SessionName}}",
    kubernetes_groups=["viewers"],
    tags={"eks-access:role-id": role.unique_id},
)
aws.eks.AccessPolicyAssociation(
    "association",
    cluster_name=entry.cluster_name,
    principal_arn=entry.principal_arn,
    policy_arn="arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
    access_scope={"type": "namespace", "namespaces": ["payments", "web"]},
)
aws.eks.PodIdentityAssociation(
    "pods",
    cluster_name="dev-api",
    namespace="web",
    service_account=name,
    role_arn=role.arn,
    tags={"team": "platform"},
)
