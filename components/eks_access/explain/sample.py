"""Describes a vendor without a deployment: a value known only to a deployment is shown as `<its name>`."""

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
    name: str, describe: Describe, kind: type, args: Mapping[str, Any], *, connected: bool = False
) -> IntegrationAccess:
    """The access that one cluster would get, with placeholders for required arguments that were not given.

    The cluster is one of EKS with access entries, or `connected` by EKS Connector.

    Raises:
        InvalidInputError: the vendor does not accept the arguments.
    """
    place = _sample_place(name, args.get("existing_role_arn"), connected)
    all_args = {**sample_required(kind, args), **args}
    integration = describe(all_args, place)
    other = describe_other_profile(describe, all_args, place)
    connections = {"cluster": (placeholder("endpoint"), placeholder("certificate authority"))}
    access = map_texts(build_integration_access(integration, place, connections, other), _format_placeholders)
    return IntegrationAccess.model_validate(access)


def _sample_place(name: str, existing_role_arn: str | None, connected: bool) -> Place:
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


def sample_required(kind: type, args: Mapping[str, Any]) -> dict[str, Any]:
    """Placeholders for the required arguments of `kind` that were not given."""
    required: frozenset[str] = getattr(kind, "__required_keys__", frozenset())
    names = required - {"clusters", *args}
    return {name: _placeholder(name, kind.__annotations__[name]) for name in sorted(names)}


def _placeholder(name: str, annotation: Any) -> Any:
    """A value of the annotated type: the first of an enumeration, a placeholder for a string."""
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


def _format_placeholders(text: str) -> str:
    return fill(text, {key: f"<{key.replace('_', ' ')}>" for key in mentioned(text)})
