"""Permissions of Apono's connector in a cluster: binding the roles that people may get, and no others. Optional."""

from collections.abc import Mapping
from typing import Any, NotRequired

from typing_extensions import TypedDict

from ...errors import InvalidInputError
from ...model import grantable
from ...model.identity import validate_namespace, validate_service_account
from ...model.rbac import API_GROUP as RBAC
from ...model.rbac import Grant, Rule

_FINDS = (
    Rule(("namespaces",), ("list",), why="shows the namespaces to ask for"),
    Rule(
        ("roles", "clusterroles", "rolebindings", "clusterrolebindings"),
        ("get", "list"),
        api_groups=(RBAC,),
        why="shows the roles to ask for, and finds its own bindings",
    ),
)


class AponoConnectorRights(TypedDict):
    """The connector's permission to bind the roles that people may get. Apono does not publish what its connector
    needs: these are the permissions for binding roles, and have not been tested with it."""

    namespace: str
    """The namespace of the connector."""
    service_account: str
    """The connector's service account."""
    grantable_cluster_roles: NotRequired[list[str]]
    """The ClusterRoles that people may get."""
    grantable_roles: NotRequired[list[str]]
    """The names of namespaced Roles that people may get."""
    allow_admin_roles: NotRequired[bool]
    """`cluster-admin`, `admin` and roles of Kubernetes itself may be among them."""


def connector_grant(name: str, rights: Mapping[str, Any]) -> Grant:
    """The grant of the connector's permissions.

    Raises:
        InvalidInputError: no role or an administrator role is named, or the service account is invalid.
    """
    path, admin_allowed = "connector_rights", rights.get("allow_admin_roles", False)
    named = (
        grantable.validate_grantable(f"{path}.{key}", rights.get(key, ()), admin_allowed=admin_allowed)
        for key in ("grantable_cluster_roles", "grantable_roles")
    )
    binding = grantable.grantable_rules(*named)
    if not binding:
        raise InvalidInputError(
            path, None, "names no role that people may get", "Name it under grantable_cluster_roles."
        )
    namespace = validate_namespace(f"{path}.namespace", rights["namespace"])
    account = validate_service_account(f"{path}.service_account", rights["service_account"])
    return Grant("connector", f"{name}-connector", f"{namespace}/{account}", (*_FINDS, *binding), kind="ServiceAccount")
