"""Computes the access to clusters in a stack: IAM principal, access entry, group, binding, role, rule.

`iam` finds identities with their policies, `eks` finds who enters a cluster and under which username and groups, and
`rbac` finds what roles and bindings grant there. `chain` connects them.
"""

from .chain import Access, all_groups, rules_by_holder, username_template
from .clusters import Location
from .model import Entry, Permission, PolicyAssociation, Principal, Subject, format_namespaces
from .rbac.default_objects import default_roles, default_subjects
from .rbac.effective import any_allows, enumerate_requests
from .rbac.model import Binding, BoundRole, EffectiveRules, Role, Rules

__all__ = [
    "Access",
    "Binding",
    "BoundRole",
    "EffectiveRules",
    "Entry",
    "Location",
    "Permission",
    "PolicyAssociation",
    "Principal",
    "Role",
    "Rules",
    "Subject",
    "all_groups",
    "any_allows",
    "default_roles",
    "default_subjects",
    "enumerate_requests",
    "format_namespaces",
    "rules_by_holder",
    "username_template",
]
