"""The wildcards of IAM's patterns as characters: `${*}`, `${?}` and `${$}`.

MiniStack takes `${*}` for a dollar sign, a brace and any text, so a Deny on names that have an asterisk would never
apply. MiniStack is pinned.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars
"""

import re
from functools import lru_cache

from ministack.core import iam_evaluator

_TOKEN = re.compile(r"\$\{([*?$])\}|([*?])|(.)", re.DOTALL)


@lru_cache(maxsize=4096)
def compile_pattern(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    """A regular expression for what IAM's pattern matches."""
    expression = "".join(
        {"*": ".*", "?": "."}[wildcard] if wildcard else re.escape(character or literal)
        for character, wildcard, literal in _TOKEN.findall(pattern)
    )
    return re.compile(rf"^{expression}$", re.IGNORECASE if ignore_case else 0)


def know_literal_wildcards() -> None:
    """From now on, MiniStack matches as IAM does."""
    iam_evaluator._fnmatch_compile = compile_pattern
