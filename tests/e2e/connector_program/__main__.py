"""Registrations with EKS Connector, from the stack's configuration."""

import pulumi

from eks_access.connector.resource import ConnectorRegistration

config = pulumi.Config()
for name in config.require_object("names"):
    ConnectorRegistration(
        name,
        name=name,
        role_arn=config.require("role"),
        cluster_provider="OTHER",
        region="us-east-1",
        tags=config.get_object("tags"),
        endpoint=config.require("endpoint"),
        account="111122223333",
        opts=pulumi.ResourceOptions(import_=config.get("import")),
    )
