"""ConductorOne (baton-eks): reads who has access to a cluster, and optionally grants and revokes it."""

from .integration import LEFTOVERS, ConductorOne, ConductorOneArgs, describe

__all__ = ["LEFTOVERS", "ConductorOne", "ConductorOneArgs", "describe"]
