"""Evaluates the rules about rights inside clusters, from RBAC and from EKS access policies. Pure."""

from ...rules.rbac import RULES
from .access import evaluate

__all__ = ["RULES", "evaluate"]
