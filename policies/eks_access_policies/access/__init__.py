"""Computes the access to clusters in a stack: IAM principal, access entry, group, binding, role, rule."""

from .chain import Access, all_groups, default_roles, rules_by_holder, username_template
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
    may_be_same_cluster,
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
    "all_groups",
    "allows",
    "default_roles",
    "format_namespaces",
    "grants",
    "may_be_same_cluster",
    "rules_by_holder",
    "username_template",
]
