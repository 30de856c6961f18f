"""The inputs of `AwsAuthMapping`: what is wrong with one, and whether a change of one means anything."""

from typing import Any

from pulumi.provider.experimental.provider import CheckFailure

from ..aws_auth.errors import AwsAuthConflictError
from ..aws_auth.mapping import canonical_role, validate_groups, validate_username
from . import connection
from .values import is_known

REQUIRED = ("kubeconfig", "clusterName", "roleArn", "username")
PROPERTIES = (*REQUIRED, "groups", "adopt")
REPLACES = ("clusterName", "roleArn")


def faults(name: str, value: Any) -> list[CheckFailure]:
    try:
        _validate(name, value)
    except AwsAuthConflictError as refusal:
        return [CheckFailure(name, str(refusal))]
    except ValueError as error:
        return [CheckFailure(name, str(error))]
    return []


def _validate(name: str, value: Any) -> None:
    if value is None:
        return
    if name == "adopt":
        if not isinstance(value, bool):
            raise ValueError(f"is {value!r}, which is not true or false")
    elif name == "groups":
        if not isinstance(value, list):
            raise ValueError(f"is {value!r}, which is not a list of group names")
        for group in value:
            if not isinstance(group, str):
                raise ValueError(f"holds {group!r}, which is not a group's name")
        validate_groups(value)
    elif not isinstance(value, str) or not value:
        raise ValueError(
            "is not a non-empty string" if name == "kubeconfig" else f"is {value!r}, not a non-empty string"
        )
    elif name == "roleArn":
        canonical_role(value)
    elif name == "username":
        validate_username(value)
    elif name == "clusterName" and "/" in value:
        raise ValueError(f"is {value!r}; a cluster's name has no '/'")
    elif name == "kubeconfig" and connection.parsed(value) is None:
        raise ValueError("is not a kubeconfig: expected YAML or JSON with clusters, contexts and users")


def differs(name: str, old: Any, new: Any) -> bool:
    if not is_known(new):
        return True
    match name:
        case "adopt":
            # It says how a write may be done, not what is to be there.
            return False
        case "groups":
            return sorted(old or []) != sorted(new or [])
        case "kubeconfig":
            # Credentials come and go; another address or authority is another cluster, where the entry must be.
            return connection.cluster_of(str(old)) != connection.cluster_of(str(new))
        case "roleArn":
            return old is None or canonical_role(str(old)).lower() != canonical_role(str(new)).lower()
    return bool(old != new)
