"""Finds documents that are too large or nearly so, and what they repeat."""

from collections.abc import Iterable, Iterator

from ..finding import Finding
from ..rules.iam.documents import DUPLICATE, SIZE, SIZE_NEAR
from .document import Document, Statement
from .glob import is_pattern, matches

_NEAR_LIMIT = 0.9
MAX_FINDINGS = 200
"""For one document; of more, the most severe are reported."""
_MAX_DUPLICATES = 20
"""Duplicates that are reported for one document."""
_MAX_COMPARISONS = 20_000


def limit_findings(findings: Iterable[Finding]) -> list[Finding]:
    """The findings, or the `MAX_FINDINGS` most severe if there are more."""
    found = list(findings)
    if len(found) <= MAX_FINDINGS:
        return found
    return sorted(found, key=lambda each: -each.rule.severity)[:MAX_FINDINGS]


def evaluate_size(document: Document, limit: int, what: str) -> Iterator[Finding]:
    """Compare a document's size with its limit; IAM does not count white space.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    if document.size is None or document.size <= limit * _NEAR_LIMIT:
        return
    size = f"The document has {document.size} bytes without white space; the limit for {what} is {limit}"
    if document.size > limit:
        yield Finding(SIZE, f"{size}: {document.size - limit} too many.")
    else:
        yield Finding(SIZE_NEAR, f"{size}: {limit - document.size} are left.")


def find_duplicates(document: Document) -> Iterator[Finding]:
    """Yield equal statements, and actions or resources that another one in the same list covers."""
    reported = 0
    for later, earlier in document.duplicates[:_MAX_DUPLICATES]:
        yield Finding(DUPLICATE, f"Statement[{later}] is the same as Statement[{earlier}].", f"Statement[{later}]")
    for statement in document.statements:
        for part, values in _value_lists(statement):
            found = _find_covered(tuple(value.lower() for value in values) if "Action" in part else values)
            if found and reported < _MAX_DUPLICATES:
                reported += 1
                details = "; ".join(f"{one!r} is covered by {other!r}" for one, other in found[:3])
                yield Finding(DUPLICATE, f"{details}.", f"{statement.where}.{part}")


def _value_lists(statement: Statement) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return (
        ("Action", statement.actions),
        ("NotAction", statement.not_actions),
        ("Resource", statement.resources),
        ("NotResource", statement.not_resources),
    )


def _find_covered(values: tuple[str, ...]) -> list[tuple[str, str]]:
    """Pairs of a value and what covers it: the same value again, or a pattern in the list."""
    if len(values) < 2:
        return []
    seen: set[str] = set()
    found = []
    for value in values:
        if value in seen:
            found.append((value, value))
        seen.add(value)
    patterns = [value for value in seen if is_pattern(value)]
    if len(patterns) * len(seen) <= _MAX_COMPARISONS:
        found += [
            (value, pattern)
            for pattern in sorted(patterns)
            for value in sorted(seen)
            if value != pattern and not is_pattern(value) and matches(pattern, value)
        ]
    return found
