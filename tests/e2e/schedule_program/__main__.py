"""The environment's stack with the scheduled probe beside it."""

import os

import pulumi
import pulumi_aws as aws

from eks_access import ProbeSchedule, stack
from eks_access.manifest import OUTPUT
from eks_access.stack.program import SERVICES

environment = stack.load(pulumi.get_project())
access = stack.provision(environment)
pulumi.export(OUTPUT, access)

region, endpoint = environment.aws["region"], os.environ["AWS_ENDPOINT_URL"]
endpoints = aws.ProviderEndpointArgs(**dict.fromkeys(SERVICES, endpoint))
provider = aws.Provider("probe", region=region, endpoints=[endpoints])
probe = ProbeSchedule(
    "fleet-probe",
    {
        "clusters": {key: {"region": region, **cluster} for key, cluster in environment.clusters.items()},
        "home": "both",
        "integrations": access["integrations"],
        "image": "registry.example/eks-access:0.1.0",
        "shards": 2,
        "oidc_issuer": "oidc.sandbox.test",
    },
    pulumi.ResourceOptions(providers=[provider]),
)
pulumi.export("probe", {**access, "integrations": {"fleet-probe": probe.access}})
