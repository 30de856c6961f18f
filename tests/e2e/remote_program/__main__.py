"""The components as another language uses them: by type and camelCase inputs, constructed by the plugin."""

from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

config = pulumi.Config()


class Remote(pulumi.ComponentResource):
    roleArn: pulumi.Output[str]
    access: pulumi.Output[Any]

    def __init__(self, kind: str, name: str, inputs: dict[str, Any], opts: pulumi.ResourceOptions) -> None:
        outputs = {"roleArn": None, "roleName": None, "access": None}
        super().__init__(f"eks-access:index:{kind}", name, {**outputs, **inputs}, opts, remote=True)


account = aws.Provider("account", region="us-east-1", endpoints=[config.require_object("endpoints")])
own_kubeconfig = config.require("kubeconfig")
own = kubernetes.Provider("own", kubeconfig=own_kubeconfig)
options = pulumi.ResourceOptions(providers=[account])
boundary = aws.iam.Policy(
    "boundary",
    name=f"{pulumi.get_stack()}-boundary",
    policy='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"eks:*","Resource":"*"}]}',
    opts=pulumi.ResourceOptions(provider=account),
)
clusters = {
    # An Output in a leaf, an enum, and a resource: the Kubernetes provider, which is for objects besides RBAC.
    "both": {
        "name": pulumi.Output.from_input("dev-both"),
        "region": "us-east-1",
        "authenticationMode": "API_AND_CONFIG_MAP",
        "kubeconfig": own_kubeconfig,
        "kubernetesProvider": own,
    },
    # The mode is read from EKS, and the mapping created by the resource that the same plugin serves.
    "old": {"name": "dev-configmap"},
}
opentrace = Remote(
    "OpenTrace",
    "remote-opentrace",
    {
        "clusters": clusters,
        "clientId": "1234567890-sandbox.apps.googleusercontent.com",
        "subject": pulumi.Output.secret("110169484474386276334"),
        "maxSessionSeconds": 7200,
        "permissionsBoundary": boundary.arn,
        "tags": {"owner": pulumi.Output.from_input("platform")},
    },
    options,
)
cado = Remote(
    "Cado",
    "remote-cado",
    {
        "clusters": {"both": clusters["both"]},
        "profile": config.get("profile") or "least",
        "platformRoleArns": [pulumi.Output.from_input("arn:aws:iam::444455556666:role/CadoPlatform")],
        "roleName": config.get("roleName"),
        "namespaces": ["payments"],
    },
    options,
)
pulumi.export("role", opentrace.roleArn)
pulumi.export("cado", cado.access)
