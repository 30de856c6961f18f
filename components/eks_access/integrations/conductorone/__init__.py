"""ConductorOne (baton-eks): reads who has access to a cluster, and grants and revokes it if you let it."""

from .integration import LEFTOVERS, ConductorOne, ConductorOneArgs, describe

__all__ = ["LEFTOVERS", "ConductorOne", "ConductorOneArgs", "describe"]
