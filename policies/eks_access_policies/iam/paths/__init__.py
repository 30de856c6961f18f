"""All paths of escalation, as data. A new one is one more row; `escalation.py` is what walks them."""

from . import eks, identities, pass_role, workloads
from .path import Mitigation, Path

PATHS: tuple[Path, ...] = (*identities.PATHS, *pass_role.PATHS, *workloads.PATHS, *eks.PATHS)

__all__ = ["PATHS", "Mitigation", "Path"]
