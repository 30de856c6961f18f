"""Who may do what in which cluster, computed from a stack: the chain from an IAM principal to RBAC's rules."""

from .chain import Access, default_roles, groups, rules_by_holder, username
from .grants import Asked, Grant, allows, grants
from .model import (
    Binding,
    EffectiveRule,
    Entry,
    Permission,
    PolicyAssociation,
    Principal,
    Role,
    Subject,
    format_namespaces,
    same_cluster,
)

__all__ = [
    "Access",
    "Asked",
    "Binding",
    "EffectiveRule",
    "Entry",
    "Grant",
    "Permission",
    "PolicyAssociation",
    "Principal",
    "Role",
    "Subject",
    "allows",
    "default_roles",
    "format_namespaces",
    "grants",
    "groups",
    "rules_by_holder",
    "same_cluster",
    "username",
]
