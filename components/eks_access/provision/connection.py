"""How a deployment connects to a cluster: the user's arguments, completed by reading EKS."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import pulumi
import pulumi_aws as aws

from ..errors import InvalidInputError
from ..kubernetes.kubeconfig import build_kubeconfig, has_secret
from ..model.identity import AuthenticationMode
from .arguments import ClusterArgs, validate_arguments
from .invokes import await_answers
from .output_bindings import OutputBindings

if TYPE_CHECKING:
    import pulumi_kubernetes as kubernetes

READ_FROM_EKS = {"authentication_mode", "endpoint", "certificate_authority"}


def complete_clusters(clusters: Mapping[str, ClusterArgs], opts: pulumi.InvokeOptions) -> dict[str, ClusterArgs]:
    """Reads the region, authentication mode, endpoint and certificate authority of clusters that they were not given.

    What was read also has the issuer of the clusters' tokens. All clusters are read at the same time.

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
        "oidc_issuer": _find_issuer(found),
    }


def _find_issuer(found: "aws.eks.GetClusterResult") -> str:
    issuers = [oidc.issuer for identity in found.identities or () for oidc in identity.oidcs]
    return issuers[0].removeprefix("https://") if issuers else ""


def _read_later(found: "pulumi.Output[aws.eks.GetClusterResult]") -> dict[str, Any]:
    return {
        "endpoint": found.apply(lambda cluster: cluster.endpoint),
        "certificate_authority": found.apply(lambda cluster: cluster.certificate_authorities[0].data),
        "oidc_issuer": found.apply(_find_issuer),
    }


class Connection:
    """What resources in one cluster are created with.

    Attributes:
        kubeconfig: how this package's own resources reach the cluster: RBAC objects and the aws-auth mapping.
        adopt: whether these resources take over what exists already; None, as left out, if they do not.
    """

    def __init__(
        self,
        name: str,
        kubeconfig: pulumi.Input[str],
        given: "kubernetes.Provider | None",
        opts: pulumi.ResourceOptions,
        *,
        adopt: bool,
    ) -> None:
        self.kubeconfig = kubeconfig
        self.adopt = adopt or None
        self._name, self._given, self._opts = name, given, opts

    @cached_property
    def provider(self) -> "kubernetes.Provider":
        """The provider of all other objects, created when the first of them needs it: each is a process of its own."""
        if self._given is not None:
            return self._given
        import pulumi_kubernetes

        return pulumi_kubernetes.Provider(self._name, kubeconfig=self.kubeconfig, opts=self._opts)


def connect(name: str, path: str, args: ClusterArgs, opts: pulumi.ResourceOptions, *, adopt: bool) -> Connection:
    """The connection to a cluster; if it needs a Kubernetes provider and none was given, that is called `name`.

    Raises:
        InvalidInputError: a provider was given and no kubeconfig, and the provider's cannot be used instead.
    """
    given = args.get("kubernetes_provider")
    config = args.get("kubeconfig")
    if config is None:
        config = _default_kubeconfig(args) if given is None else _read_kubeconfig(path, given)
    return Connection(name, _hide_credentials(config), given, opts, adopt=adopt)


def _hide_credentials(config: pulumi.Input[str]) -> pulumi.Input[str]:
    """The kubeconfig, as a secret unless it is known to contain none: providers keep their inputs in the state."""
    if isinstance(config, str):
        return pulumi.Output.secret(config) if has_secret(config) else config

    def hide(text: str) -> pulumi.Input[str]:
        return pulumi.Output.secret(text) if has_secret(text) else text

    known: pulumi.Output[str] = pulumi.Output.from_input(config)
    return known.apply(hide)


def _read_kubeconfig(path: str, provider: "kubernetes.Provider") -> pulumi.Input[str]:
    """The kubeconfig that a provider was created with in the same program."""
    inputs = vars(provider)
    if "kubeconfig" not in inputs:
        raise _kubeconfig_required(path, "belongs to another program")
    given: pulumi.Output[dict[str, Any]] = pulumi.Output.all(
        **{name: inputs.get(name) for name in ("kubeconfig", *_CONTEXT_OPTIONS)}
    )

    def validate(known: dict[str, Any]) -> str:
        for option in _CONTEXT_OPTIONS:
            if known[option]:
                raise pulumi.RunError(str(_kubeconfig_required(path, f"chooses a {option}")))
        if not known["kubeconfig"]:
            raise pulumi.RunError(str(_kubeconfig_required(path, "has no kubeconfig")))
        return str(known["kubeconfig"])

    return given.apply(validate)


_CONTEXT_OPTIONS = ("context", "cluster")
"""Options of a Kubernetes provider by which its kubeconfig's current context is not the one that it uses."""


def _kubeconfig_required(path: str, reason: str) -> InvalidInputError:
    return InvalidInputError(
        f"{path}.kubeconfig",
        None,
        f"is required here, because the kubernetes_provider {reason}",
        "RBAC objects and aws-auth mappings are not created by that provider.",
    )


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
