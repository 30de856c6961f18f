"""What a vendor makes by itself once it has access, as data: the stack does not know it, and so does not remove it.

Each vendor's file says what to look for (`LEFTOVERS`); `eks-access leftovers` looks for it.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

LeftoverKind = Literal["binding", "binding-of-user", "empty-entry-of-user"]
"""`binding`: a RoleBinding or ClusterRoleBinding by its name. `binding-of-user`: one by the name of a User among its
subjects. `empty-entry-of-user`: an IAM user's access entry without groups and policies, by the user's ARN."""


@dataclass(frozen=True)
class LeftoverPattern:
    """One kind of thing that a vendor makes. `pattern` is a glob for its name; `why` says how it came there."""

    made: LeftoverKind
    pattern: str
    why: str

    def matches(self, name: str) -> bool:
        return fnmatchcase(name, self.pattern)
