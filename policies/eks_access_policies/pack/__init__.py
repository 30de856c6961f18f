"""The rules as a CrossGuard pack: one policy for each rule, for `pulumi preview --policy-pack`.

Importing this starts nothing: only `PolicyPack(...)` starts a server, which the pack's own `__main__.py` calls.
"""

from .policies import create_policies
from .servicer import shared_evaluation

__all__ = ["create_policies", "shared_evaluation"]
