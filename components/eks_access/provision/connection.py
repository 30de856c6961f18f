"""How a deployment connects to a cluster: the user's arguments, completed by reading EKS."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

from ..errors import InvalidInputError
from ..kubernetes.kubeconfig import build_kubeconfig
from ..model.identity import AuthenticationMode
from .arguments import ClusterArgs, validate_arguments
from .invokes import await_answers
from .output_bindings import OutputBindings

READ_FROM_EKS = {"authentication_mode", "endpoint", "certificate_authority"}


def complete_clusters(clusters: Mapping[str, ClusterArgs], opts: pulumi.InvokeOptions) -> dict[str, ClusterArgs]:
    """Reads the region, authentication mode, endpoint and certificate authority of clusters that they were not given.

    All clusters are read at the same time.

    Raises:
        InvalidInputError: the authentication mode, which decides which resources are created, was not given and
            cannot be read, because the cluster's name is not known before the deployment.
    """
    validated: dict[str, dict[str, Any]] = {
        key: validate_arguments(args, ClusterArgs, f"clusters.{key}") for key, args in clusters.items()
    }
    if any("region" not in args for args in validated.values()):
        region = aws.get_region(opts=opts).region
        validated = {key: {"region": region, **args} for key, args in validated.items()}
    later_opts = pulumi.InvokeOutputOptions(parent=opts.parent, provider=opts.provider)
    asked = {
        key: aws.eks.get_cluster_output(name=args["name"], region=args["region"], opts=later_opts)
        for key, args in validated.items()
        if not args.keys() >= READ_FROM_EKS
    }
    for key in asked:
        if not isinstance(validated[key]["name"], str) and "authentication_mode" not in validated[key]:
            raise InvalidInputError(
                f"clusters.{key}.authentication_mode",
                None,
                "is required where the cluster's name is an Output: it decides which resources are created,"
                " and cannot be read from the cluster yet",
                f"Give one of {', '.join(AuthenticationMode)}.",
            )
    found = await_answers({key: each for key, each in asked.items() if isinstance(validated[key]["name"], str)})
    read = {key: _read(found[key]) if key in found else _read_later(each) for key, each in asked.items()}
    return {key: cast("ClusterArgs", read.get(key, {}) | args) for key, args in validated.items()}


def _read(found: "aws.eks.GetClusterResult") -> dict[str, Any]:
    return {
        "authentication_mode": AuthenticationMode(found.access_configs[0].authentication_mode),
        "endpoint": found.endpoint,
        "certificate_authority": found.certificate_authorities[0].data,
    }


def _read_later(found: "pulumi.Output[aws.eks.GetClusterResult]") -> dict[str, Any]:
    return {
        "endpoint": found.apply(lambda cluster: cluster.endpoint),
        "certificate_authority": found.apply(lambda cluster: cluster.certificate_authorities[0].data),
    }


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
