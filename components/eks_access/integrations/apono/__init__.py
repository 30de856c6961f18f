"""Apono: people get time-bound rights in clusters on approval."""

from .integration import LEFTOVERS, Apono, AponoArgs, describe

__all__ = ["LEFTOVERS", "Apono", "AponoArgs", "describe"]
