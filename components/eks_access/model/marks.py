"""By what a vendor is recognised where it was given access by hand: the names that its page has its customers create.

Each vendor's module declares its own (`MARKS`), and `eks-access inventory` looks for them. Anyone may choose a name, so
a mark shows who a principal is for, and proves nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Marks:
    """Globs of names, without regard to letter case, and the vendor's name as its page has it."""

    vendor: str
    roles: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    usernames: tuple[str, ...] = ()
    bindings: tuple[str, ...] = ()
    issuers: tuple[str, ...] = ()
    """Identity providers that its roles' trust policies name."""
    trusted: tuple[str, ...] = ()
    """Names of the principals that its roles' trust policies name."""


def find_mark(globs: Iterable[str], names: Iterable[str]) -> str:
    """The first of the names, in their order, that one of the globs matches; empty if there is none."""
    patterns = [glob.lower() for glob in globs]
    return next((name for name in sorted(names) if any(fnmatchcase(name.lower(), each) for each in patterns)), "")
