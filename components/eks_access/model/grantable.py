"""The permission to grant named RBAC roles to others, and no other roles.

The API server denies creating a binding to a role with permissions that the caller lacks, unless the caller may `bind`
that role.
https://kubernetes.io/docs/reference/access-authn-authz/rbac/#restrictions-on-role-binding-creation-or-update
"""

from collections.abc import Sequence

from ..errors import InvalidInputError
from .rbac import API_GROUP as RBAC
from .rbac import Rule

ADMIN_ROLES = ("admin", "cluster-admin")


def validate_grantable(path: str, names: Sequence[str], *, admin_allowed: bool) -> tuple[str, ...]:
    """Validates the names of roles that may be granted; administrator roles need `admin_allowed`.

    Raises:
        InvalidInputError: a name is empty, a pattern, a duplicate, or that of an administrator role.
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
                "is an administrator role, or one of Kubernetes itself: granting it can make anyone an administrator",
                "Name a narrower role, or set allow_admin_roles.",
            )
    if len(set(names)) != len(names):
        raise InvalidInputError(path, list(names), "names a role twice")
    return tuple(names)


def grantable_rules(cluster_roles: tuple[str, ...], roles: tuple[str, ...]) -> tuple[Rule, ...]:
    """Rules to create, update and delete bindings to the named roles; none if there are no names.

    An empty `resourceNames` would mean every role.
    """
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
