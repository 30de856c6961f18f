"""Which clusters are read: by name, by tag and by region. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from eks_access.errors import EksAccessError


class SelectionError(EksAccessError, ValueError):
    """A selection of clusters is not understood."""


@dataclass(frozen=True)
class Selection:
    """The clusters to read: all conditions apply, and each is met where it is empty."""

    names: tuple[str, ...] = ()
    """Names, or patterns of names with `*` and `?`."""
    tags: tuple[tuple[str, str | None], ...] = ()
    """Keys and values; a value of None is any."""

    def has_name(self, name: str) -> bool:
        return not self.names or any(fnmatchcase(name, pattern) for pattern in self.names)

    def has_tags(self, tags: Mapping[str, str]) -> bool:
        return all(key in tags and (value is None or tags[key] == value) for key, value in self.tags)

    def find_absent(self, names: set[str]) -> tuple[str, ...]:
        """The names that no cluster has; a pattern may match none."""
        return tuple(name for name in self.names if not {"*", "?", "["} & set(name) and name not in names)


def parse_tag(text: str) -> tuple[str, str | None]:
    """`KEY=VALUE`, or `KEY` alone for any value.

    Raises:
        SelectionError: it has no key.
    """
    key, has_value, value = text.partition("=")
    if not key:
        raise SelectionError(f"--tag {text!r} has no key: write KEY=VALUE, or KEY for any value")
    return key, value if has_value else None
