"""One mapping in one cluster's aws-auth, from the stack's configuration."""

import pulumi

from eks_access.aws_auth.resource import AwsAuthMapping

config = pulumi.Config()
mapping = AwsAuthMapping(
    "vendor",
    kubeconfig=config.require("kubeconfig"),
    cluster_name=config.require("cluster"),
    role_arn=config.require("role"),
    username=config.require("username"),
    groups=config.require_object("groups"),
    adopt=config.get_bool("adopt"),
    opts=pulumi.ResourceOptions(import_=config.get("import")),
)
pulumi.export("mapping", mapping.mapping)
