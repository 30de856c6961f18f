"""IAM's patterns: `*` stands for any text, `?` for one character. Pure text, linear in memory, no regular expressions.

`${*}` and `${?}` are the characters themselves:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars
"""

from collections.abc import Iterable
from functools import lru_cache

_LITERALS = (("${*}", "\x00"), ("${?}", "\x01"), ("${$}", "$"))


def is_pattern(text: str) -> bool:
    """Can it match more than one text?"""
    text = _protected(text)
    return "*" in text or "?" in text


def is_anything(text: str) -> bool:
    """Does it match every text that has at least a few characters (`*`, `?*`, `**`)?"""
    return "*" in text and not text.strip("*?")


def literal_prefix(text: str) -> str:
    """What every match begins with."""
    text = _protected(text)
    cut = min((at for at in (text.find("*"), text.find("?")) if at >= 0), default=len(text))
    return text[:cut]


@lru_cache(maxsize=65_536)
def matches(pattern: str, text: str) -> bool:
    """Does the pattern match the text? Letters' case counts."""
    return _walk(_protected(pattern), text, narrow=False)


def matching(pattern: str, texts: Iterable[str]) -> list[str]:
    """The texts that the pattern matches, in their order; quicker than one by one."""
    if not is_pattern(pattern):
        return [text for text in texts if text == pattern]
    head = literal_prefix(pattern)
    tail = pattern[max(pattern.rfind("*"), pattern.rfind("?")) + 1 :]
    return [text for text in texts if text.startswith(head) and text.endswith(tail) and matches(pattern, text)]


@lru_cache(maxsize=65_536)
def covers(wide: str, narrow: str) -> bool:
    """Does `wide` match everything that `narrow` matches? Exact but for adjacent `*?` mixtures, where it says no."""
    return _walk(_protected(wide), _protected(narrow), narrow=True)


@lru_cache(maxsize=65_536)
def overlaps(one: str, other: str) -> bool:
    """Is there a text that both match?"""
    one, other = _protected(one), _protected(other)
    if not _may_overlap(one, other):
        return False
    reachable = {0}
    for char in [*one, ""]:
        reachable = _closed(reachable, other)
        if char == "":
            return len(other) in reachable
        if char == "*":
            reachable = set(range(min(reachable), len(other) + 1)) if reachable else set()
        else:
            reachable = {
                at if other[at] == "*" else at + 1
                for at in reachable
                if at < len(other) and (other[at] in ("*", "?", char) or char == "?")
            }
    return False


def _closed(places: set[int], pattern: str) -> set[int]:
    """The places reached when the `*` at each may stand for nothing."""
    closed = set(places)
    for at in sorted(places):
        while at < len(pattern) and pattern[at] == "*":
            at += 1
            closed.add(at)
    return closed


def _may_overlap(one: str, other: str) -> bool:
    """A cheap no: the fixed beginnings differ."""
    head, front = literal_prefix(one), literal_prefix(other)
    shared = min(len(head), len(front))
    return head[:shared] == front[:shared]


def _walk(pattern: str, text: str, *, narrow: bool) -> bool:
    """The usual two-pointer match: on a mismatch the last `*` takes one character more."""
    at = here = 0
    star = back = -1
    while here < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, back = at, here
            at += 1
        elif at < len(pattern) and _same(pattern[at], text[here], narrow):
            at += 1
            here += 1
        elif star >= 0:
            back += 1
            at, here = star + 1, back
        else:
            return False
    return not pattern[at:].strip("*")


def _same(expected: str, char: str, narrow: bool) -> bool:
    if expected == "?":
        return not (narrow and char == "*")
    return expected == char


def _protected(text: str) -> str:
    if "${" not in text:
        return text
    for written, meant in _LITERALS:
        text = text.replace(written, meant)
    return text
