"""Whether one pattern of IAM (`*` any text, `?` one character) takes everything that another does. Pure."""

import re
from functools import lru_cache


def covers(wide: str, narrow: str) -> bool:
    """Whether whatever fits `narrow`, itself a pattern perhaps, fits `wide`. Says no where it cannot tell.

    A `*` of `narrow` stands for any text, so only a `*` of `wide` can take it; a `?` is taken by either mark.
    """
    if wide in ("*", narrow):
        return True
    return _fitting(wide).fullmatch(narrow) is not None


@lru_cache(maxsize=4096)
def _fitting(pattern: str) -> "re.Pattern[str]":
    # Consecutive stars are one; possessive-free but linear enough: each star is bounded by what follows it.
    parts = [re.escape(part).replace(r"\?", r"[^*]") for part in re.split(r"\*+", pattern)]
    if len(parts) == 1:
        return re.compile(parts[0], re.DOTALL)
    first, *middle, last = parts
    # Each part in the middle is taken where it first fits and never given back (an atomic group), as for a glob.
    return re.compile(first + "".join(f"(?>.*?{part})" for part in middle) + f".*{last}", re.DOTALL)
