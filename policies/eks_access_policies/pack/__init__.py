"""The rules as a CrossGuard pack: one policy for each rule, for `pulumi preview --policy-pack`.

Importing this starts nothing: only `PolicyPack(...)` does, which the pack's own `__main__.py` calls.
"""

from .policies import policies
from .sharing import evaluated_once

__all__ = ["evaluated_once", "policies"]
