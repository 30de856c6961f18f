"""Computes the access to clusters in a stack: IAM principal, access entry, group, binding, role, rule."""

from .chain import Access, all_groups, default_roles, rules_by_holder, username_template
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
    may_be_same_cluster,
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
    "all_groups",
    "any_allows",
    "default_roles",
    "enumerate_requests",
    "format_namespaces",
    "may_be_same_cluster",
    "rules_by_holder",
    "username_template",
]
