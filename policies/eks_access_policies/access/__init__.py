"""Who may do what in which cluster, computed from a stack: the chain from an IAM principal to RBAC's rules."""

from .chain import Access, default_roles, groups, holders, username
from .effective import any_allows, enumerate_requests
from .model import Association, Binding, Entry, Held, Principal, Role, Rule, Subject, same_cluster, told_namespaces

__all__ = [
    "Access",
    "Association",
    "Binding",
    "Entry",
    "Held",
    "Principal",
    "Role",
    "Rule",
    "Subject",
    "any_allows",
    "default_roles",
    "enumerate_requests",
    "groups",
    "holders",
    "same_cluster",
    "told_namespaces",
    "username",
]
