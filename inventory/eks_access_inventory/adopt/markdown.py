"""A comparison as Markdown, for a ticket or a pull request. Names cannot act in it."""

from collections.abc import Iterator

from eks_access.model.integration import Profile
from eks_access.text_layout import show_controls

from .comparison import Comparison
from .view import MARKS, list_profiles, list_sections, summarize

_LONGEST = 400
"""Characters of a cell, which may contain names of any length."""


def format_comparison(comparison: Comparison, profile: Profile, *, with_kept: bool = True) -> str:
    """The whole comparison; `profile` is the chosen one, by which rows are marked."""
    return "\n".join(_list_lines(comparison, profile, with_kept=with_kept)) + "\n"


def _list_lines(comparison: Comparison, profile: Profile, *, with_kept: bool) -> Iterator[str]:
    yield f"## {_text(comparison.title)}: {_text(comparison.principal_arn)}"
    yield ""
    yield _text(summarize(comparison, profile))
    yield ""
    columns = ("", "", "found", *map(str, list_profiles(comparison)))
    for section, rows in list_sections(comparison, profile, with_kept=with_kept):
        yield f"### {section[0].upper()}{section[1:]}"
        yield ""
        yield f"| {' | '.join(columns)} |"
        yield f"|{'---|' * len(columns)}"
        for row in rows:
            cells = (MARKS[row.effect], *map(_text, (row.what, row.found, *row.planned)))
            # A pipe ends a cell: https://github.github.com/gfm/#tables-extension-
            yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
        yield ""
    sentences = comparison.sentences.get(profile, ())
    if sentences:
        yield from ("### In words", "", *(f"- {each.effect}: {show_controls(each.words)}" for each in sentences), "")
    if comparison.unread:
        yield from ("### Could not be read", "", *(f"- {_text(each)}" for each in comparison.unread), "")


def _text(text: str) -> str:
    """Text that has names from elsewhere in it, with nothing that Markdown or HTML would act on."""
    shown = show_controls(text)
    shown = f"{shown[:_LONGEST]}…" if len(shown) > _LONGEST else shown
    escaped = "".join(f"\\{each}" if each in "\\`*_{}[]<>#!~" else each for each in shown)
    # No mentions, and no links that a renderer would make of addresses.
    return escaped.replace("@", "@\u200b").replace("://", ":\u200b//").replace("www.", "www\u200b.")
