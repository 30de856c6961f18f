"""Formats names from stacks and clusters, safe in a terminal, in Markdown and in SARIF.

A name may be any string. Between back-ticks it can neither close them nor start a line, so in a comment it cannot
become a link, a mention, HTML or the marker by which the comment is found.
"""

import re
from collections.abc import Iterable, Sequence

LONGEST_NAME = 160
"""Characters of a name that are shown."""
FEW = 3


def quote_name(name: object, longest: int = LONGEST_NAME) -> str:
    """The name between back-ticks, on one line, cut to `longest` characters."""
    text = "".join(character if character.isprintable() else " " for character in str(name)).replace("`", "'").strip()
    return f"`{text[:longest]}…`" if len(text) > longest else f"`{text or ' '}`"


def strip_markup(text: str) -> str:
    """The text without any character that Markdown or HTML gives a meaning, for headings, which have no back-ticks."""
    return re.sub(r"[^\w .,:()/-]", "", text)


def list_names(names: Iterable[object], few: int = FEW, last: str = "and") -> str:
    """`a`, `b` and `c`; of more than a few, the first ones and the number of the others."""
    return join_words([quote_name(name) for name in names], few, last)


def join_words(parts: Sequence[str], few: int = FEW, last: str = "and") -> str:
    """a, b and c; of more than a few, the first ones and the number of the others."""
    shown = list(parts) if len(parts) <= few + 1 else [*parts[:few], f"{len(parts) - few:,} more"]
    return f"{', '.join(shown[:-1])} {last} {shown[-1]}" if len(shown) > 1 else "".join(shown)


def describe_namespaces(namespaces: Sequence[str] | None) -> str:
    """The place where a right applies: `in namespace a`. None is the whole cluster."""
    if namespaces is None:
        return "in the whole cluster"
    return f"in {'namespace' if len(namespaces) == 1 else 'namespaces'} {list_names(namespaces, 5)}"


def format_of_namespaces(namespaces: Sequence[str] | None) -> str:
    """` of a and b`, to follow "every pod" or "every Secret"; nothing for the whole cluster."""
    return "" if namespaces is None else f" of {list_names(namespaces)}"
