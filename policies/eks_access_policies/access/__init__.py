"""Who may do what in which cluster, computed from a stack: the chain from an IAM principal to RBAC's rules."""

from .chain import Access, default_roles, groups, holders, username
from .grants import Asked, Grant, allows, grants
from .model import Association, Binding, Entry, Held, Principal, Role, Rule, Subject, same_cluster, told_namespaces

__all__ = [
    "Access",
    "Asked",
    "Association",
    "Binding",
    "Entry",
    "Grant",
    "Held",
    "Principal",
    "Role",
    "Rule",
    "Subject",
    "allows",
    "default_roles",
    "grants",
    "groups",
    "holders",
    "same_cluster",
    "told_namespaces",
    "username",
]
