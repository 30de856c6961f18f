"""Whose an RBAC object is: marked in its annotations, so that everyone with access to the cluster can see it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..model.rbac import RESOURCE, STACK


@dataclass(frozen=True)
class Owner:
    """A resource of a stack, as an object's annotations name it.

    Attributes:
        stack: `<project>/<stack>`.
        resource: the resource's name in the program; empty in objects that version 0.1.0 wrote.
    """

    stack: str
    resource: str = ""

    def marks(self) -> dict[str, str]:
        """The annotations of an object that belongs to it."""
        return {STACK: self.stack, RESOURCE: self.resource}

    def owns(self, found: "Owner | None") -> bool:
        """Is what `found` names this resource?"""
        return found is not None and found.stack == self.stack and found.resource in ("", self.resource)

    def __str__(self) -> str:
        return f"resource {self.resource!r} of stack {self.stack}" if self.resource else f"stack {self.stack}"


def read_owner(metadata: Mapping[str, Any]) -> Owner | None:
    """The owner that an object's metadata names; None if it has no mark."""
    annotations = metadata.get("annotations")
    if not isinstance(annotations, Mapping) or not isinstance(annotations.get(STACK), str):
        return None
    resource = annotations.get(RESOURCE)
    return Owner(annotations[STACK], resource if isinstance(resource, str) else "")


def parse_owner(urn: str) -> Owner:
    """The owner that a resource's URN (`urn:pulumi:<stack>::<project>::<types>::<name>`) names."""
    stack, project, _types, name = urn.split("::", 3)
    return Owner(f"{project}/{stack.removeprefix('urn:pulumi:')}", name)
