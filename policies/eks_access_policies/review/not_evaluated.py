"""Compares what two sides could not evaluate: a change of it is reported, one line for each type and reason. Pure.

Names of resources say nothing about access, so that a resource that is only renamed is no change.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from ..resource_types import NotEvaluated


@dataclass(frozen=True)
class TypeNotEvaluated:
    """Resources of one type that were added, changed or removed, and not evaluated for one reason."""

    type: str
    names: tuple[str, ...]
    reason: str
    """How they may give access."""
    properties: tuple[str, ...] = ()
    """Those that are not known before the deployment; empty if the whole resources were not evaluated."""


def compare_not_evaluated(before: Iterable[NotEvaluated], after: Iterable[NotEvaluated]) -> list[TypeNotEvaluated]:
    """What changes from `before` to `after`, or cannot be compared since it is not known on one side."""
    old, new = list(before), list(after)
    unchanged = {each.resource.urn for each in new if each.resource.operation == "same"}
    ends = _find_new(new, old, unchanged)
    found = [*(each for each in _find_new(old, new, unchanged) if not each.is_limit), *ends]
    names: dict[tuple[str, str, tuple[str, ...]], dict[str, None]] = {}
    for each in found:
        names.setdefault((each.resource.type, each.reason, each.properties), {})[each.resource.name] = None
    return [
        TypeNotEvaluated(type, tuple(named), reason, properties)
        for (type, reason, properties), named in sorted(names.items())
    ]


def _find_new(
    one: Iterable[NotEvaluated], other: Iterable[NotEvaluated], unchanged: Collection[str]
) -> Iterator[NotEvaluated]:
    """What the other has beyond the one, and what of it is not known, but for what the engine leaves as it is."""
    known = Counter((each.resource.type, each.fingerprint) for each in one if not each.properties)
    for each in other:
        if each.properties or not each.is_comparable:
            if each.resource.urn not in unchanged:
                yield each
        elif known[each.resource.type, each.fingerprint] > 0:
            known[each.resource.type, each.fingerprint] -= 1
        else:
            yield each
