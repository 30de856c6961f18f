"""The known privilege escalation paths, as data. A new path is one more row; `escalation.py` evaluates them."""

from . import eks, identities, pass_role, workloads
from .path import EscalationPath, Mitigation

PATHS: tuple[EscalationPath, ...] = (*identities.PATHS, *pass_role.PATHS, *workloads.PATHS, *eks.PATHS)

__all__ = ["PATHS", "EscalationPath", "Mitigation"]
