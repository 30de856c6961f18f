"""A program of a user's own that declares an integration in code, and something that depends on it."""

import os

import pulumi
import pulumi_aws as aws

from eks_access import Cado
from eks_access.manifest import OUTPUT

config = pulumi.Config()
endpoint = os.environ["AWS_ENDPOINT_URL"]
endpoints = aws.ProviderEndpointArgs(eks=endpoint, iam=endpoint, sts=endpoint)
provider = aws.Provider("account", region="us-east-1", endpoints=[endpoints])
integrations = {}
if config.get_bool("integration"):
    cado = Cado(
        "own-cado",
        {
            "clusters": {"both": {"name": "dev-both", "region": "us-east-1"}},
            "platform_role_arns": ["arn:aws:iam::444455556666:role/CadoPlatform"],
            "namespaces": ["web"],
        },
        pulumi.ResourceOptions(providers=[provider]),
    )
    integrations["own-cado"] = cado.access
    if config.get_bool("dependent"):
        aws.iam.RolePolicy(
            "beside",
            name="beside",
            role=cado.role_name,
            policy='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"eks:ListAddons","Resource":"*"}]}',
            opts=pulumi.ResourceOptions(provider=provider),
        )
pulumi.export(
    OUTPUT,
    {
        "schemaVersion": 1,
        "project": pulumi.get_project(),
        "environment": pulumi.get_stack(),
        "partition": "aws",
        "account": "111122223333",
        "endpoint": "loopback",
        "clusters": {"both": {"name": "dev-both", "region": "us-east-1"}},
        "integrations": integrations,
    },
)
