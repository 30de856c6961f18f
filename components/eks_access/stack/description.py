"""Describes the integrations of an environment without deploying it."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..model.identity import AuthenticationMode
from ..model.integration import ClusterPlace, Integration, Place
from ..model.placeholders import is_known
from ..model.tags import validate_tags
from ..provision.arguments import validate_arguments
from .configuration import Declared, Environment


@dataclass(frozen=True)
class Described:
    """One integration of an environment, and where it is deployed."""

    declared: Declared
    place: Place
    integration: Integration


def describe_declared(
    environment: Environment,
    declared: Declared,
    *,
    partition: str,
    account: str,
    modes: Mapping[str, AuthenticationMode],
) -> Described:
    """The description of one integration, as its component would have it.

    Args:
        environment: the environment.
        declared: the integration, one of the environment's.
        partition: the account's partition.
        account: the account that is deployed to.
        modes: the authentication modes of the environment's clusters by key, as EKS has them; API_AND_CONFIG_MAP is
            assumed where there is none.

    Raises:
        InvalidInputError: AWS, Kubernetes or the vendor would not accept it.
    """
    connected = declared.vendor.own_clusters
    clusters: Mapping[str, Any] = (
        declared.arguments["clusters"] if connected else {key: environment.clusters[key] for key in declared.clusters}
    )
    validated = validate_arguments({**declared.arguments, "clusters": clusters}, declared.vendor.arguments)
    arguments = {name: value for name, value in validated.items() if name != "clusters"}
    validate_tags("tags", arguments.get("tags", {}))
    place = Place(
        name=declared.name,
        partition=partition,
        account=account,
        role_arn=_role_arn(partition, account, f"eks-access-{declared.name}"),
        clusters=tuple(
            _cluster_place(
                key, args, environment.aws["region"], partition, account, modes.get(key), connected=connected
            )
            for key, args in validated["clusters"].items()
        ),
    )
    named = declared.vendor.describe(arguments, place).role
    # The role's name is the vendor's to choose, and other parts of the description refer to its ARN.
    arn = named.existing_arn or _role_arn(partition, account, f"{named.path.strip('/')}/{named.name}".lstrip("/"))
    place = dataclasses.replace(place, role_arn=arn)
    integration = declared.vendor.describe(arguments, place)
    integration.validate_place(place)
    return Described(declared, place, integration)


def _cluster_place(
    key: str,
    args: Mapping[str, Any],
    region: str,
    partition: str,
    account: str,
    mode: AuthenticationMode | None,
    *,
    connected: bool,
) -> ClusterPlace:
    region, name = args.get("region", region), args["name"]
    return ClusterPlace(
        key=key,
        name=name,
        region=region,
        arn=f"arn:{partition}:eks:{region}:{account}:cluster/{name}",
        mode=mode or args.get("authentication_mode") or AuthenticationMode.API_AND_CONFIG_MAP,
        connected=connected,
    )


def _role_arn(partition: str, account: str, name: str) -> str:
    return f"arn:{partition}:iam::{account}:role/{name}" if is_known(name) else name
