"""Who may do what in which cluster, computed from a stack: the chain from an IAM principal to RBAC's rules."""

from .chain import Access, default_roles, groups, rules_by_holder, username
from .effective import any_allows, enumerate_requests
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
    "Binding",
    "EffectiveRule",
    "Entry",
    "Permission",
    "PolicyAssociation",
    "Principal",
    "Role",
    "Subject",
    "any_allows",
    "default_roles",
    "enumerate_requests",
    "format_namespaces",
    "groups",
    "rules_by_holder",
    "same_cluster",
    "username",
]
