"""The inputs of `AwsAuthMapping`."""

from typing import Any

from ...aws_auth.mapping import canonicalize_role, validate_groups, validate_username
from ...errors import InvalidInputError
from ...kubernetes import kubeconfig
from ..properties import STRINGS, InputProperty, validate_bool, validate_string
from .in_cluster import build_kubeconfig_input


def _validate_cluster_name(path: str, value: Any) -> None:
    validate_string(path, value)
    if "/" in value:
        raise InvalidInputError(path, value, "is not a cluster's name, which has no '/'")


def _validate_role_arn(path: str, value: Any) -> None:
    validate_string(path, value)
    canonicalize_role(value)


def _validate_username(path: str, value: Any) -> None:
    validate_string(path, value)
    validate_username(value)


def _validate_groups(path: str, value: Any) -> None:
    if not isinstance(value, list):
        raise InvalidInputError(path, value, "is not a list of group names")
    for group in value:
        if not isinstance(group, str):
            raise InvalidInputError(path, group, "is not a group's name")
    validate_groups(value)


def _is_other_cluster(old: Any, new: Any) -> bool:
    """Credentials expire and are renewed; another server or authority is another cluster, where the entry must be."""
    return not kubeconfig.is_same_cluster(str(old), str(new))


def _is_other_role(old: Any, new: Any) -> bool:
    return old is None or canonicalize_role(str(old)).lower() != canonicalize_role(str(new)).lower()


INPUTS = (
    build_kubeconfig_input(_is_other_cluster),
    InputProperty(
        "clusterName",
        "The cluster's name; part of the resource's id.",
        validate=_validate_cluster_name,
        is_required=True,
        is_replacing=True,
    ),
    InputProperty(
        "roleArn",
        "The role, with or without its path.",
        validate=_validate_role_arn,
        is_required=True,
        is_replacing=True,
        differs=_is_other_role,
    ),
    InputProperty(
        "username",
        "The username that the role gets. `{{SessionName}}`, `{{SessionNameRaw}}`, `{{AccountID}}` and"
        " `{{AccessKeyID}}` are replaced when it signs in.",
        validate=_validate_username,
        is_required=True,
    ),
    InputProperty(
        "groups",
        "The groups that the role gets.",
        schema=STRINGS,
        validate=_validate_groups,
        default=[],
        differs=lambda old, new: sorted(old or []) != sorted(new or []),
    ),
    InputProperty(
        "adopt",
        "Replace an existing mapping of this role with other values, instead of refusing.",
        schema={"type": "boolean"},
        validate=validate_bool,
        default=False,
        # Decides how a write may be done, and not what is to be there.
        differs=None,
    ),
)
