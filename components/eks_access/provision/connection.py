"""How a deployment connects to a cluster: the user's arguments, completed by reading EKS."""

from dataclasses import dataclass
from typing import Any, cast

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

from ..errors import InvalidInputError
from ..kubernetes.kubeconfig import build_kubeconfig
from ..model.identity import AuthenticationMode
from .arguments import ClusterArgs, validate_arguments
from .output_bindings import OutputBindings

READ_FROM_EKS = ("authentication_mode", "endpoint", "certificate_authority")


def complete_cluster(args: ClusterArgs, path: str, opts: pulumi.InvokeOptions) -> ClusterArgs:
    """Reads the region, authentication mode, endpoint and certificate authority from EKS if they were not given.

    Raises:
        InvalidInputError: the authentication mode, which decides which resources are created, was not given and
            cannot be read, because the cluster's name is not known before the deployment.
    """
    completed: dict[str, Any] = dict(validate_arguments(args, ClusterArgs, path))
    if "region" not in completed:
        completed["region"] = aws.get_region(opts=opts).region
    missing = [key for key in READ_FROM_EKS if key not in completed]
    name, region = completed["name"], completed["region"]
    if not missing:
        return cast("ClusterArgs", completed)
    if isinstance(name, str):
        found = aws.eks.get_cluster(name=name, region=region, opts=opts)
        read: dict[str, Any] = {
            "authentication_mode": AuthenticationMode(found.access_configs[0].authentication_mode),
            "endpoint": found.endpoint,
            "certificate_authority": found.certificate_authorities[0].data,
        }
    elif "authentication_mode" in missing:
        raise InvalidInputError(
            f"{path}.authentication_mode",
            None,
            "is required where the cluster's name is an Output: it decides which resources are created,"
            " and cannot be read from the cluster yet",
            f"Give one of {', '.join(AuthenticationMode)}.",
        )
    else:
        later = aws.eks.get_cluster_output(
            name=name,
            region=region,
            opts=pulumi.InvokeOutputOptions(parent=opts.parent, provider=opts.provider),
        )
        read = {
            "endpoint": later.endpoint,
            "certificate_authority": later.certificate_authorities.apply(lambda found: found[0].data),
        }
    return cast("ClusterArgs", completed | {key: read[key] for key in missing})


@dataclass(frozen=True)
class Connection:
    """What resources in one cluster are created with."""

    kubeconfig: pulumi.Input[str]
    provider: kubernetes.Provider


def connect(name: str, args: ClusterArgs, opts: pulumi.ResourceOptions) -> Connection:
    """Kubeconfig and provider for a cluster; creates a provider called `name` if none was given."""
    config = args.get("kubeconfig") or _default_kubeconfig(args)
    provider = args.get("kubernetes_provider") or kubernetes.Provider(name, kubeconfig=config, opts=opts)
    return Connection(config, provider)


def _default_kubeconfig(args: ClusterArgs) -> pulumi.Input[str]:
    """A kubeconfig that signs in with the deployer's AWS credentials."""
    bindings = OutputBindings()
    known = bindings.capture(
        "cluster",
        {key: args[key] for key in ("name", "region", "endpoint", "certificate_authority")},
    )
    text = build_kubeconfig(
        cluster_name=known["name"],
        region=known["region"],
        endpoint=known["endpoint"],
        certificate_authority=known["certificate_authority"],
    )
    return bindings.fill_text(text)
