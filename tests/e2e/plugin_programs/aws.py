"""A program for the AWS plug-in; the environment variable CASE has the parameters of each run."""

import json
import os
from typing import Any

import pulumi
import pulumi_aws as aws

case: dict[str, Any] = json.loads(os.environ.get("CASE", "{}"))
name = case["name"]
provider = aws.Provider(
    "aws",
    region="us-east-1",
    allowed_account_ids=[case.get("account", "111122223333")],
    default_tags={"tags": {"owner": "security"}},
)
trust = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "sts:AssumeRole"}],
}


def options(import_id: str | None = None, **more: Any) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(provider=provider, import_=import_id if case.get("import") else None, **more)


role = aws.iam.Role(
    "role",
    name=name,
    assume_role_policy=json.dumps(trust, indent=case.get("indent")),
    path=case.get("path", "/"),
    description=pulumi.Output.secret(case["secret"]) if "secret" in case else None,
    tags={"team": "platform", **case.get("tags", {})},
    opts=options(name),
)
entry = aws.eks.AccessEntry(
    "entry",
    cluster_name=case.get("cluster", "dev-api"),
    principal_arn=role.arn,
    kubernetes_groups=case.get("groups", ["viewers"]),
    tags={"eks-access:role-id": case.get("role_id", role.unique_id)},
    opts=options(
        f"dev-api:arn:aws:iam::111122223333:role/{name}",
        replace_on_changes=case.get("replace_on_changes"),
        replacement_trigger=case.get("trigger"),
        delete_before_replace=True,
    ),
)
if not case.get("import"):
    policy = aws.iam.Policy(
        "policy",
        policy=json.dumps(
            {
                "Statement": [{"Effect": "Allow", "Action": ["eks:ListClusters"], "Resource": "*"}],
                "Version": "2012-10-17",
            }
        ),
        opts=options(),
    )
    aws.iam.RolePolicyAttachment("attachment", role=role.name, policy_arn=policy.arn, opts=options())
    aws.iam.RolePolicy(
        "inline",
        role=role.name,
        policy=role.arn.apply(
            lambda arn: json.dumps({"Statement": [{"Effect": "Allow", "Action": "sts:TagSession", "Resource": arn}]})
        ),
        opts=options(),
    )
    aws.eks.AccessPolicyAssociation(
        "association",
        cluster_name=entry.cluster_name,
        principal_arn=entry.principal_arn,
        policy_arn="arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
        access_scope={"type": "namespace", "namespaces": case.get("namespaces", ["web", "payments"])},
        opts=options(),
    )
cluster = aws.eks.get_cluster(name="dev-both", opts=pulumi.InvokeOptions(provider=provider))
pulumi.export("mode", cluster.access_configs[0].authentication_mode)
pulumi.export("account", aws.get_caller_identity(opts=pulumi.InvokeOptions(provider=provider)).account_id)
pulumi.export("username", entry.user_name)
