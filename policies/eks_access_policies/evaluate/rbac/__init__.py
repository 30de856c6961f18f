"""The judgement of rights inside clusters, by the whole chain: from RBAC and from EKS access policies alike. Pure."""

from ...rules.rbac import RULES
from .access import evaluate

__all__ = ["RULES", "evaluate"]
