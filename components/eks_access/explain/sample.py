"""A vendor described without a deployment: each value that only a deployment knows stands as `<its name>`."""

import typing
from collections.abc import Mapping
from enum import Enum
from typing import Any

from ..manifest.build import build_integration_access
from ..manifest.models import IntegrationAccess
from ..model.identity import AuthenticationMode
from ..model.integration import ClusterPlace, Describe, Place, describe_other_profile
from ..model.placeholders import fill, map_texts, mentioned, placeholder


def sample_access(
    name: str, describe: Describe, kind: type, given: Mapping[str, Any], *, connected: bool = False
) -> IntegrationAccess:
    """What one cluster would get, with placeholders for the required arguments that were not given.

    It is an EKS cluster with access entries, or one that EKS Connector connects.

    Raises:
        InvalidInputError: the vendor refuses the arguments.
    """
    place = _place(name, given.get("existing_role_arn"), connected)
    args = {**sample_required(kind, given), **given}
    integration = describe(args, place)
    other = describe_other_profile(describe, args, place)
    connections = {"cluster": (placeholder("endpoint"), placeholder("certificate authority"))}
    told = map_texts(build_integration_access(integration, place, connections, other), _shown)
    return IntegrationAccess.model_validate(told)


def _place(name: str, existing_role_arn: str | None, connected: bool) -> Place:
    region, account, cluster = placeholder("region"), placeholder("account"), placeholder("cluster")
    return Place(
        name=name,
        partition="aws",
        account=account,
        role_arn=existing_role_arn or f"arn:aws:iam::{account}:role/{placeholder('role')}",
        clusters=(
            ClusterPlace(
                key="cluster",
                name=cluster,
                region=region,
                arn=f"arn:aws:eks:{region}:{account}:cluster/{cluster}",
                mode=AuthenticationMode.API,
                connected=connected,
            ),
        ),
    )


def sample_required(kind: type, given: Mapping[str, Any]) -> dict[str, Any]:
    required: frozenset[str] = getattr(kind, "__required_keys__", frozenset())
    names = required - {"clusters", *given}
    return {name: _placeholder(name, kind.__annotations__[name]) for name in sorted(names)}


def _placeholder(name: str, annotation: Any) -> Any:
    """A value of the annotated type: text as a placeholder, of an enumeration the first."""
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return next(iter(annotation))
    if annotation is bool or annotation is int:
        return annotation()
    origin = typing.get_origin(annotation)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {}
    if isinstance(origin, type) and origin is not type and hasattr(origin, "__iter__"):
        return [placeholder(name)]
    return placeholder(name)


def _shown(text: str) -> str:
    return fill(text, {key: f"<{key.replace('_', ' ')}>" for key in mentioned(text)})
