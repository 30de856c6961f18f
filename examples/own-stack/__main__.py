"""Access of vendors to a cluster of this stack, with nothing of eks-access but the installed package.

The names, ARNs and the External ID are Outputs: of a cluster created in the same program, of another stack, or secrets
of this stack. Since the cluster's name is an Output, its authentication mode is given: it decides which resources are
created, and cannot be read before the cluster exists.
"""

import pulumi
import pulumi_aws as aws

from eks_access import Cado, ConductorOne, OpenTrace

config = pulumi.Config()


class Platform(pulumi.ComponentResource):
    """This organization's own component, the parent of the integrations."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("acme:index:Platform", name, None, opts)
        self.register_outputs({})


# Providers of this stack's own; the integrations inherit the AWS one through their parent.
account = aws.Provider(
    "account",
    region=config.require("region"),
    endpoints=[config.require_object("endpoints")] if config.get("endpoints") else None,
)
platform = Platform("platform", pulumi.ResourceOptions(providers=[account]))

# As another stack, which creates the clusters, would export them (`pulumi.StackReference(...).require_output(...)`).
networks = config.require_object("clusters")
new, old = pulumi.Output.from_input(networks["new"]), pulumi.Output.from_input(networks["old"])

# A resource of this stack: no role can have more permissions than this allows.
boundary = aws.iam.Policy(
    "boundary",
    name="acme-vendors-boundary",
    policy=pulumi.Output.json_dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": ["eks:*", "iam:Get*", "iam:List*"], "Resource": "*"}],
        }
    ),
    opts=pulumi.ResourceOptions(parent=platform),
)

clusters = {
    "new": {
        "name": new["name"],
        "region": config.require("region"),
        "authentication_mode": "API_AND_CONFIG_MAP",
        "kubeconfig": new["kubeconfig"],
    },
    # Without a kubeconfig, the deployment signs in with its AWS credentials, by `eks-access token`.
    "old": {"name": old["name"], "region": config.require("region"), "authentication_mode": "CONFIG_MAP"},
}
beneath = pulumi.ResourceOptions(parent=platform)

# A component's name is part of the names of its resources: unique in a cluster that other stacks use too.
opentrace = OpenTrace(
    "acme-opentrace",
    {
        "clusters": clusters,
        "client_id": config.require("openTraceClientId"),
        "subject": config.require_secret("openTraceSubject"),
        "permissions_boundary": boundary.arn,
        "tags": {"owner": "platform", "boundary": boundary.name},
    },
    beneath,
)
conductorone = ConductorOne(
    "acme-conductorone",
    {"clusters": {"new": clusters["new"]}, "external_id": config.require_secret("conductorOneExternalId")},
    beneath,
)
cado = Cado(
    "acme-cado",
    {
        "clusters": clusters,
        "platform_role_arns": [pulumi.Output.from_input(config.require("cadoRoleArn"))],
        "role_name": boundary.name.apply(lambda name: f"{name.removesuffix('-boundary')}-CadoResponse"),
        "namespaces": ["payments"],
    },
    beneath,
)

pulumi.export("roles", [each.role_arn for each in (opentrace, conductorone, cado)])
pulumi.export("cado", cado.access)
