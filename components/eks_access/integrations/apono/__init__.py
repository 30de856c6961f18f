"""Apono: people get time-bound rights in clusters on approval."""

from .integration import LEFTOVERS, MARKS, Apono, AponoArgs, describe

__all__ = ["LEFTOVERS", "MARKS", "Apono", "AponoArgs", "describe"]
