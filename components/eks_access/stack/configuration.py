"""An environment's configuration in `Pulumi.<environment>.yaml`, validated before anything is created.

    eks-access:aws:           the account, region and endpoint of this environment
    eks-access:clusters:      the clusters, by short names
    eks-access:integrations:  the integrations, by names of your choice: vendor, clusters and the vendor's arguments

Any value may be `{secret: NAME}`, which refers to the configuration value NAME of the same project, encrypted by
`pulumi config set --secret NAME`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NotRequired

import pulumi
from typing_extensions import TypedDict

from ..errors import InvalidInputError
from ..integrations import Vendor, vendors
from ..model import existing_role
from ..model.arn import ACCOUNT_ID
from ..provision.arguments import ClusterArgs, validate_arguments


class Endpoint(StrEnum):
    """The AWS endpoint of an environment."""

    AWS = "aws"
    """AWS itself."""
    LOOPBACK = "loopback"
    """A local emulator. No call may leave this machine, whatever credentials are set."""


class AwsSettings(TypedDict):
    """The AWS account and region of an environment."""

    account: str
    """The 12-digit account of the environment; credentials of any other account are refused."""
    region: str
    """The region of clusters without a region of their own."""
    endpoint: NotRequired[Endpoint]
    """`aws` (default), or `loopback` for an environment on this machine."""


@dataclass(frozen=True)
class Declared:
    """One integration as the environment declares it."""

    name: str
    vendor: Vendor
    clusters: tuple[str, ...]
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Environment:
    """A valid configuration."""

    aws: AwsSettings
    clusters: Mapping[str, ClusterArgs]
    integrations: tuple[Declared, ...]


SECTIONS = ("aws", "clusters", "integrations")
ReadSecret = Callable[[str], pulumi.Output[str]]


def parse_environment(config: Mapping[str, Any], read_secret: ReadSecret) -> Environment:
    """Validates a configuration and resolves its secrets.

    Raises:
        InvalidInputError: a key is unknown or missing, a value does not fit, or an integration refers to an undeclared
            cluster or vendor.
    """
    secrets = _Secrets(read_secret)
    for section in SECTIONS:
        if section not in config:
            raise InvalidInputError(section, None, "is required", f"An environment has {', '.join(SECTIONS)}.")
    aws: Any = validate_arguments(config["aws"], AwsSettings, "aws")
    if not ACCOUNT_ID.fullmatch(aws["account"]):
        raise InvalidInputError("aws.account", aws["account"], "is not an account id of 12 digits", "Quote it in YAML.")
    clusters: Any = {
        key: validate_arguments(secrets.resolve(cluster, f"clusters.{key}"), ClusterArgs, f"clusters.{key}")
        for key, cluster in _mapping(config["clusters"], "clusters").items()
    }
    integrations = tuple(
        _declared(name, _mapping(secrets.resolve(declared, f"integrations.{name}"), f"integrations.{name}"), clusters)
        for name, declared in _mapping(config["integrations"], "integrations").items()
    )
    _validate_roles_are_not_shared(integrations)
    for key in config:
        if key not in SECTIONS and key not in secrets.used:
            raise InvalidInputError(
                key,
                None,
                "is not a known section",
                f"Known: {', '.join(SECTIONS)}, and the secrets these refer to.",
            )
    return Environment(aws, clusters, integrations)


def _declared(name: str, declared: Mapping[str, Any], clusters: Mapping[str, ClusterArgs]) -> Declared:
    path = f"integrations.{name}"
    known = vendors()
    key = declared.get("vendor", name)
    if key not in known:
        raise InvalidInputError(f"{path}.vendor", key, "is not a known vendor", f"Known: {', '.join(known)}.")
    if known[key].own_clusters:
        own = {key: value for key, value in declared.items() if key != "vendor"}
        validate_arguments(own, known[key].arguments, path)
        return Declared(name, known[key], (), own)
    named = declared.get("clusters", list(clusters))
    if not isinstance(named, list) or not named:
        raise InvalidInputError(
            f"{path}.clusters", None, "must be a list of cluster names", f"Known: {', '.join(clusters)}."
        )
    for cluster in named:
        if cluster not in clusters:
            raise InvalidInputError(f"{path}.clusters", cluster, "is not declared", f"Known: {', '.join(clusters)}.")
    arguments = {key: value for key, value in declared.items() if key not in ("vendor", "clusters")}
    vendor = known[key]
    validate_arguments(
        arguments | {"clusters": {cluster: clusters[cluster] for cluster in named}}, vendor.arguments, path
    )
    return Declared(name, vendor, tuple(named), arguments)


def _validate_roles_are_not_shared(integrations: tuple[Declared, ...]) -> None:
    """Validates that no two integrations use one role in one cluster: EKS has one access entry for each principal.

    Raises:
        InvalidInputError: two do. If the role is an Output, the error comes from EKS, during the deployment.
    """
    owners: dict[tuple[str, str], str] = {}
    for declared in integrations:
        role = declared.arguments.get(existing_role.ARGUMENT)
        if not isinstance(role, str):
            continue
        for cluster in declared.clusters:
            first = owners.setdefault((role, cluster), declared.name)
            if first != declared.name:
                raise InvalidInputError(
                    f"integrations.{declared.name}.{existing_role.ARGUMENT}",
                    role,
                    f"is already used by integration {first!r} in cluster {cluster!r}: a role has one access entry in a"
                    " cluster, with one username and its groups",
                    "Give each integration its own role.",
                )


def _mapping(value: object, path: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidInputError(path, None, "must be a mapping", "One without entries is {}.")
    return value


class _Secrets:
    """Replaces references to secrets with the secrets, and records which were used."""

    def __init__(self, read: ReadSecret) -> None:
        self._read = read
        self.used: set[str] = set()

    def resolve(self, tree: Any, path: str) -> Any:
        if isinstance(tree, Mapping) and set(tree) == {"secret"} and isinstance(tree["secret"], str):
            self.used.add(tree["secret"])
            return self._read(tree["secret"])
        if isinstance(tree, Mapping):
            return {key: self.resolve(value, f"{path}.{key}") for key, value in tree.items()}
        if isinstance(tree, list):
            return [self.resolve(value, f"{path}[{index}]") for index, value in enumerate(tree)]
        return tree
