"""Matches IAM's patterns: `*` matches any text, `?` one character. Linear in memory, without regular expressions.

`${*}` and `${?}` are the characters themselves:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars
"""

import re
from collections.abc import Iterable
from functools import lru_cache

_LITERALS = (("${*}", "\x00"), ("${?}", "\x01"), ("${$}", "$"))
_OF_TEXT = str.maketrans({"*": "\x00", "?": "\x01"})
VARIABLE = re.compile(r"\$\{[^*?$}][^}]*\}")
"""A policy variable, such as `${aws:username}`."""


def is_pattern(text: str) -> bool:
    """Whether it can match more than one text."""
    text = _escape_literals(text)
    return "*" in text or "?" in text


def is_anything(text: str) -> bool:
    """Whether it matches every text of at least a few characters (`*`, `?*`, `**`)."""
    return "*" in text and not text.strip("*?")


def literal_prefix(text: str) -> str:
    """The text that every match starts with."""
    text = _escape_literals(text)
    cut = min((at for at in (text.find("*"), text.find("?")) if at >= 0), default=len(text))
    return text[:cut]


@lru_cache(maxsize=65_536)
def matches(pattern: str, text: str) -> bool:
    """Whether the pattern matches the text, case-sensitively. In the text, a wildcard is the character itself."""
    return _match(_escape_literals(pattern), text.translate(_OF_TEXT), narrow=False)


def matching(pattern: str, texts: Iterable[str]) -> list[str]:
    """The texts that the pattern matches, in their order; faster than one by one."""
    if not is_pattern(pattern):
        return [text for text in texts if text == pattern]
    head = literal_prefix(pattern)
    tail = pattern[max(pattern.rfind("*"), pattern.rfind("?")) + 1 :]
    return [text for text in texts if text.startswith(head) and text.endswith(tail) and matches(pattern, text)]


@lru_cache(maxsize=65_536)
def covers(wide: str, narrow: str) -> bool:
    """Whether `wide` matches everything that `narrow` matches. Exact except for adjacent `*?`, where it is False."""
    return _match(_escape_literals(wide), _escape_literals(narrow), narrow=True)


@lru_cache(maxsize=65_536)
def overlaps(one: str, other: str) -> bool:
    """Whether any text is matched by both."""
    one, other = _escape_literals(one), _escape_literals(other)
    if not _may_overlap(one, other):
        return False
    reachable = {0}
    for char in [*one, ""]:
        reachable = _with_empty_stars(reachable, other)
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


def may_overlap(one: str, other: str) -> bool:
    """Whether any text may be matched by both, whatever the values of their policy variables."""
    return overlaps(VARIABLE.sub("*", one), VARIABLE.sub("*", other))


def _with_empty_stars(positions: set[int], pattern: str) -> set[int]:
    """The positions reached when the `*` at each may match nothing."""
    closed = set(positions)
    for at in sorted(positions):
        while at < len(pattern) and pattern[at] == "*":
            at += 1
            closed.add(at)
    return closed


def _may_overlap(one: str, other: str) -> bool:
    """A cheap necessary condition: one literal prefix starts with the other."""
    head, front = literal_prefix(one), literal_prefix(other)
    shared = min(len(head), len(front))
    return head[:shared] == front[:shared]


def _match(pattern: str, text: str, *, narrow: bool) -> bool:
    """Two-pointer matching: on a mismatch the last `*` takes one more character."""
    at = here = 0
    star = back = -1
    while here < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, back = at, here
            at += 1
        elif at < len(pattern) and _matches_char(pattern[at], text[here], narrow):
            at += 1
            here += 1
        elif star >= 0:
            back += 1
            at, here = star + 1, back
        else:
            return False
    return not pattern[at:].strip("*")


def _matches_char(expected: str, char: str, narrow: bool) -> bool:
    if expected == "?":
        return not (narrow and char == "*")
    return expected == char


def _escape_literals(text: str) -> str:
    if "${" not in text:
        return text
    for written, meant in _LITERALS:
        text = text.replace(written, meant)
    return text
