"""Names from stacks and clusters, made safe for a sentence: in a terminal, in Markdown, in SARIF.

A name is whatever somebody wrote. Between back-ticks it can neither close them nor start a line, so in a comment it is
no link, no mention, no HTML and no marker of ours.
"""

import re
from collections.abc import Iterable, Sequence

LONGEST_NAME = 160
FEW = 3


def code(name: object) -> str:
    """The name between back-ticks, on one line, and no longer than a sentence bears."""
    text = "".join(character if character.isprintable() else " " for character in str(name)).replace("`", "'").strip()
    return f"`{text[:LONGEST_NAME]}…`" if len(text) > LONGEST_NAME else f"`{text or ' '}`"


def plain(text: str) -> str:
    """The text outside of any marks, so that nothing in it is Markdown or HTML: a heading may hold a file's name."""
    return re.sub(r"[^\w .,:()/-]", "", text)


def listed(names: Iterable[object], few: int = FEW, last: str = "and") -> str:
    """`a`, `b` and `c`; after a few of them, how many more there are."""
    return joined([code(name) for name in names], few, last)


def joined(parts: Sequence[str], few: int = FEW, last: str = "and") -> str:
    shown = list(parts) if len(parts) <= few + 1 else [*parts[:few], f"{len(parts) - few:,} more"]
    return f"{', '.join(shown[:-1])} {last} {shown[-1]}" if len(shown) > 1 else "".join(shown)


def counted(count: int, noun: str, plural: str = "s") -> str:
    return f"{count:,} {noun}{'' if count == 1 else plural}"


def namespaces(where: Sequence[str] | None) -> str:
    """Where a right holds, as the end of a sentence."""
    if where is None:
        return "in the whole cluster"
    return f"in {'namespace' if len(where) == 1 else 'namespaces'} {listed(where, 5)}"


def of_namespaces(where: Sequence[str] | None) -> str:
    """Whose pods, Secrets and so on: put right after them. Nothing means everyone's."""
    return "" if where is None else f" of {listed(where)}"
