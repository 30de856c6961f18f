"""Combines the Markdown of several reviews into one comment on a pull request. Pure."""

from collections.abc import Sequence

from .sentences import NO_CHANGE

MARKER = "<!-- eks-access-review -->"
"""Invisible first line by which the comment is found again."""
LIMIT = 65_536
"""Longest comment that GitHub accepts, in characters. https://github.com/orgs/community/discussions/27190"""
_CUT = "\n\n…and more: the whole review is in the workflow's files.\n"


def combine_reviews(reviews: Sequence[str], limit: int = LIMIT - len(MARKER) - 1) -> str:
    """All reviews in one text of at most `limit` characters, those with changes first, each cut to an equal share."""
    ordered = sorted((review.strip() for review in reviews), key=is_without_change)
    shown: list[str] = []
    for number, review in enumerate(ordered):
        room = (limit - sum(len(each) + 2 for each in shown)) // (len(ordered) - number) - 2
        shown.append(review if len(review) <= room else _cut(review, room))
    return "\n\n".join(shown) + "\n"


def is_without_change(review: str) -> bool:
    """Whether a review in Markdown says that no access changes."""
    return f"**{NO_CHANGE}**" in review


def _cut(text: str, room: int) -> str:
    """The first whole lines that fit, with every `<details>` closed."""
    closing = "\n</details>"
    kept = text[: max(room - len(_CUT) - len(closing), 0)].rpartition("\n")[0]
    is_open = kept.count("<details>") > kept.count("</details>")
    return kept + (closing if is_open else "") + _CUT.rstrip()
