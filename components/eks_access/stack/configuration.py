"""An environment's configuration: what `Pulumi.<environment>.yaml` may say, checked before anything is made.

    eks-access:aws:           the account, region and endpoint that this environment lives in
    eks-access:clusters:      the clusters, by short names
    eks-access:integrations:  the integrations, by names of your own: vendor, clusters and the vendor's arguments

A leaf may be `{secret: NAME}`: it is read from the configuration value NAME of the same project, which
`pulumi config set --secret NAME` keeps encrypted.
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
    """Where an environment's AWS is."""

    AWS = "aws"
    """The real one."""
    LOOPBACK = "loopback"
    """A stand-in on this machine. No call may leave the machine, whatever credentials are around."""


class AwsSettings(TypedDict):
    """The AWS account and region of an environment."""

    account: str
    """The 12-digit account that the environment lives in; credentials of any other are refused."""
    region: str
    """The region of clusters that name none."""
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
    aws: AwsSettings
    clusters: Mapping[str, ClusterArgs]
    integrations: tuple[Declared, ...]


SECTIONS = ("aws", "clusters", "integrations")
ReadSecret = Callable[[str], pulumi.Output[str]]


def environment(config: Mapping[str, Any], read_secret: ReadSecret) -> Environment:
    """The environment that this configuration declares.

    Raises:
        InvalidInputError: a key is unknown or missing, a value does not fit, or an integration names what is not there.
    """
    secrets = _Secrets(read_secret)
    for section in SECTIONS:
        if section not in config:
            raise InvalidInputError(section, None, "is required", f"An environment has {', '.join(SECTIONS)}.")
    aws: Any = validate_arguments(config["aws"], AwsSettings, "aws")
    if not ACCOUNT_ID.fullmatch(aws["account"]):
        raise InvalidInputError("aws.account", aws["account"], "is not an account id of 12 digits", "Quote it in YAML.")
    clusters: Any = {
        key: validate_arguments(secrets.put(cluster, f"clusters.{key}"), ClusterArgs, f"clusters.{key}")
        for key, cluster in _mapping(config["clusters"], "clusters").items()
    }
    integrations = tuple(
        _declared(name, _mapping(secrets.put(declared, f"integrations.{name}"), f"integrations.{name}"), clusters)
        for name, declared in _mapping(config["integrations"], "integrations").items()
    )
    _check_roles_are_not_shared(integrations)
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


def _check_roles_are_not_shared(integrations: tuple[Declared, ...]) -> None:
    """Refuse a role that two integrations would enter one cluster with: EKS has one entry for each principal.

    Raises:
        InvalidInputError: there is one. Where it is an Output, EKS itself says so.
    """
    entered: dict[tuple[str, str], str] = {}
    for declared in integrations:
        role = declared.arguments.get(existing_role.ARGUMENT)
        if not isinstance(role, str):
            continue
        for cluster in declared.clusters:
            first = entered.setdefault((role, cluster), declared.name)
            if first != declared.name:
                raise InvalidInputError(
                    f"integrations.{declared.name}.{existing_role.ARGUMENT}",
                    role,
                    f"is integration {first!r}'s in cluster {cluster!r} already: a role has one entry in a cluster,"
                    " with one username and its groups",
                    "Give it a role of its own.",
                )


def _mapping(value: object, path: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidInputError(path, None, "must be a mapping")
    return value


class _Secrets:
    """Puts the configuration's secrets where they are referred to, and knows which were used."""

    def __init__(self, read: ReadSecret) -> None:
        self._read = read
        self.used: set[str] = set()

    def put(self, tree: Any, path: str) -> Any:
        if isinstance(tree, Mapping) and set(tree) == {"secret"} and isinstance(tree["secret"], str):
            self.used.add(tree["secret"])
            return self._read(tree["secret"])
        if isinstance(tree, Mapping):
            return {key: self.put(value, f"{path}.{key}") for key, value in tree.items()}
        if isinstance(tree, list):
            return [self.put(value, f"{path}[{index}]") for index, value in enumerate(tree)]
        return tree
