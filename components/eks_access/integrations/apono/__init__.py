"""Apono: people get time-bound rights in clusters on approval."""

from .derivation import derive_arguments
from .integration import LEFTOVERS, MARKS, Apono, AponoArgs, describe

__all__ = ["LEFTOVERS", "MARKS", "Apono", "AponoArgs", "derive_arguments", "describe"]
