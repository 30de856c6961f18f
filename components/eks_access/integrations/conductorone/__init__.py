"""ConductorOne (baton-eks): reads who has access to a cluster, and optionally grants and revokes it."""

from .derivation import derive_arguments
from .integration import LEFTOVERS, MARKS, ConductorOne, ConductorOneArgs, describe

__all__ = ["LEFTOVERS", "MARKS", "ConductorOne", "ConductorOneArgs", "derive_arguments", "describe"]
