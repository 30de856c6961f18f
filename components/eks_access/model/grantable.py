"""The right to grant roles to others, and only the named ones. Pure.

The API server refuses a binding to a role whose rights the binder does not hold, unless it may `bind` that very role.
https://kubernetes.io/docs/reference/access-authn-authz/rbac/#restrictions-on-role-binding-creation-or-update
"""

from collections.abc import Sequence

from ..errors import InvalidInputError
from .rbac import API_GROUP as RBAC
from .rbac import Rule

ADMIN_ROLES = ("admin", "cluster-admin")


def validate_grantable(path: str, names: Sequence[str], *, admin_allowed: bool) -> tuple[str, ...]:
    """Names of roles that may be granted, each once, none of them an administrator's unless that was asked for.

    Raises:
        InvalidInputError: with the name that cannot be one of them.
    """
    for index, name in enumerate(names):
        if not name or "*" in name:
            raise InvalidInputError(
                f"{path}[{index}]", name, "is not the name of one role", "RBAC has no patterns for names."
            )
        if not admin_allowed and (name in ADMIN_ROLES or name.startswith("system:")):
            raise InvalidInputError(
                f"{path}[{index}]",
                name,
                "is a role of administrators or of Kubernetes itself: who may grant it can make anyone administrator",
                "Name a narrower role, or set allow_admin_roles.",
            )
    if len(set(names)) != len(names):
        raise InvalidInputError(path, list(names), "names a role twice")
    return tuple(names)


def rules(cluster_roles: tuple[str, ...], roles: tuple[str, ...]) -> tuple[Rule, ...]:
    """Writing bindings to the named roles; nothing where none is named, because an empty list would mean every role."""
    if not (cluster_roles or roles):
        return ()
    return (
        Rule(
            ("rolebindings", "clusterrolebindings"),
            ("create", "update", "delete"),
            api_groups=(RBAC,),
            why="a grant is a binding; the API server refuses one to a role that is not named below",
        ),
        *(
            Rule((kind,), ("bind",), api_groups=(RBAC,), resource_names=names, why="the only roles that it may grant")
            for kind, names in (("clusterroles", cluster_roles), ("roles", roles))
            if names
        ),
    )
