"""Resources that a vendor creates outside of the stack, and that off-boarding therefore leaves behind.

Each vendor's module declares their patterns (`LEFTOVERS`); `eks-access leftovers` searches clusters for them.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

LeftoverKind = Literal["binding", "binding-of-user", "empty-entry-of-user"]
"""`binding`: a RoleBinding or ClusterRoleBinding by its name. `binding-of-user`: one by the name of a User among its
subjects. `empty-entry-of-user`: an IAM user's access entry without groups and policies, by the user's ARN."""


@dataclass(frozen=True)
class LeftoverPattern:
    """One kind of resource that a vendor creates. `pattern` is a glob for its name; `why` explains its origin."""

    made: LeftoverKind
    pattern: str
    why: str

    def matches(self, name: str) -> bool:
        return fnmatchcase(name, self.pattern)
