"""Size and repetition: what makes a document harder to read, and close to not being accepted."""

from collections.abc import Iterable, Iterator

from ..finding import Finding
from ..rules.iam.documents import DUPLICATE, SIZE, SIZE_NEAR
from .glob import is_pattern, matches
from .statement import Document, Statement

NEAR = 0.9
MOST_FINDINGS = 200
"""For one document: of more, the gravest are told."""
_MOST = 20
"""Findings of repetition for one document."""
_MOST_COMPARISONS = 20_000


def few(findings: Iterable[Finding]) -> list[Finding]:
    """The findings; the gravest first and no others, where there are more than anybody reads."""
    found = list(findings)
    if len(found) <= MOST_FINDINGS:
        return found
    return sorted(found, key=lambda each: -each.rule.severity)[:MOST_FINDINGS]


def evaluate_size(document: Document, limit: int, what: str) -> Iterator[Finding]:
    """IAM does not count white space. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
    if document.size is None or document.size <= limit * NEAR:
        return
    size = f"The document has {document.size} bytes without white space; {what} may have {limit}"
    if document.size > limit:
        yield Finding(SIZE, f"{size}, {document.size - limit} fewer.")
    else:
        yield Finding(SIZE_NEAR, f"{size}: {limit - document.size} are left.")


def find_duplicates(document: Document) -> Iterator[Finding]:
    """Statements that say the same, and actions or resources that another one in the list covers."""
    told = 0
    for later, earlier in document.duplicates[:_MOST]:
        yield Finding(DUPLICATE, f"Statement[{later}] says the same as Statement[{earlier}].", f"Statement[{later}]")
    for statement in document.statements:
        for part, values in _lists(statement):
            found = _covered(tuple(value.lower() for value in values) if "Action" in part else values)
            if found and told < _MOST:
                told += 1
                words = "; ".join(f"{one!r} is covered by {other!r}" for one, other in found[:3])
                yield Finding(DUPLICATE, f"{words}.", f"{statement.where}.{part}")


def _lists(statement: Statement) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return (
        ("Action", statement.actions),
        ("NotAction", statement.not_actions),
        ("Resource", statement.resources),
        ("NotResource", statement.not_resources),
    )


def _covered(values: tuple[str, ...]) -> list[tuple[str, str]]:
    """Values that are there twice, or match a pattern beside them."""
    if len(values) < 2:
        return []
    seen: set[str] = set()
    found = []
    for value in values:
        if value in seen:
            found.append((value, value))
        seen.add(value)
    patterns = [value for value in seen if is_pattern(value)]
    if len(patterns) * len(seen) <= _MOST_COMPARISONS:
        found += [
            (value, pattern)
            for pattern in sorted(patterns)
            for value in sorted(seen)
            if value != pattern and not is_pattern(value) and matches(pattern, value)
        ]
    return found
