"""Roles and bindings as they were read: which role one is, and which one a binding names. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from eks_access_policies.access import default_roles

from ..reading.model import RbacReading

Reference = tuple[str, str | None, str]
"""The kind, the namespace and the name of a role."""


def identify_role(role: RbacReading) -> Reference:
    metadata = role.body.get("metadata") or {}
    return role.kind, metadata.get("namespace"), str(metadata.get("name", ""))


def find_reference(binding: RbacReading) -> Reference:
    """The role that a binding names."""
    reference = binding.body.get("roleRef") or {}
    kind = str(reference.get("kind", ""))
    namespace = (binding.body.get("metadata") or {}).get("namespace") if kind == "Role" else None
    return kind, namespace, str(reference.get("name", ""))


def list_subjects(binding: RbacReading) -> Sequence[Mapping[str, Any]]:
    return binding.body.get("subjects") or ()


def is_of_kubernetes(reference: Reference) -> bool:
    """Whether every cluster has the role by default, so that it is no vendor's."""
    _, namespace, name = reference
    return name.startswith("system:") or (namespace, name) in default_roles()
