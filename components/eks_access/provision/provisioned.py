"""The parts of an integration that exist once, whatever its clusters are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from ..model.integration import Integration, Place
from .output_bindings import OutputBindings
from .role import ActingRole


@dataclass(frozen=True)
class Provisioned:
    """An integration, its role, and what resources in each of its clusters are created with."""

    integration: Integration
    place: Place
    role: ActingRole
    role_policies: Sequence[pulumi.Resource]
    """The resources that give the role its permissions in AWS; none for an existing role, whose owner gives them."""
    bindings: OutputBindings
    tags: Mapping[str, pulumi.Input[str]]
    args: Mapping[str, Any]
    """The component's arguments apart from its clusters, as they were given, Outputs included."""
