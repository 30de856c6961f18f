"""The judgement of rights inside clusters, by the whole chain: from RBAC and from EKS access policies alike. Pure."""

from .judge import judge
from .rules import RULES

__all__ = ["RULES", "judge"]
