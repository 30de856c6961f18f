"""Finds what unexpected outcomes have in common: the object that is missing or grants too much. Pure.

Eleven calls that one binding gives are denied for one cause, and reported as one finding.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from eks_access.text_layout import format_count

from ..outcome import Outcome, Plane, Result, Verdict

_MISSING_ROLE = re.compile(r'\b(cluster)?role(?:\.rbac\.authorization\.k8s\.io)? "([^"]+)" not found')
_ALLOWING_BINDING = re.compile(r'allowed by (\w+) "([^"]+)" of (\w+) "([^"]+)"')
"""https://github.com/kubernetes/kubernetes/blob/master/plugin/pkg/auth/authorizer/rbac/rbac.go"""


@dataclass(frozen=True)
class Finding:
    """Outcomes of one integration that are not as expected for the same cause."""

    outcomes: Sequence[Outcome]
    cause: str
    """The object, and what is wrong with it; empty if the responses do not show it."""


def find_causes(outcomes: Iterable[Outcome]) -> Mapping[Outcome, str]:
    """The cause of each mismatch that is known by its object."""
    outcomes = list(outcomes)
    given: dict[object, list[Outcome]] = {}
    for outcome in outcomes:
        given.setdefault(_identify_source(outcome), []).append(outcome)
    mismatches = (outcome for outcome in outcomes if outcome.result is Result.MISMATCH)
    causes = ((outcome, _find_cause(outcome, given[_identify_source(outcome)])) for outcome in mismatches)
    return {outcome: cause for outcome, cause in causes if cause}


def _identify_source(outcome: Outcome) -> object:
    question = outcome.question
    return question.integration, question.cluster, question.granted_by and question.granted_by.binding


def group_by_cause(outcomes: Sequence[Outcome]) -> list[Finding]:
    """What is not as expected, mismatches first. The same finding in several clusters is one."""
    causes = find_causes(outcomes)
    groups: dict[object, list[Outcome]] = {}
    for o in outcomes:
        if o.result is not Result.AS_EXPECTED and not o.waits_for:
            groups.setdefault(_build_key(o, causes.get(o, "")), []).append(o)
    ordered = sorted(groups.values(), key=lambda group: group[0].result is not Result.MISMATCH)
    return [Finding(group, causes.get(group[0], "")) for group in ordered]


def _build_key(o: Outcome, cause: str) -> object:
    question, answer = o.question, o.answer
    common = (question.integration, question.plane, answer.verdict, question.exercised)
    if cause:
        return (*common, cause)
    if question.plane is not Plane.TRUST and answer.verdict is Verdict.ALLOWED and not answer.differences:
        # Another grant, which the responses do not name.
        return common
    return (*common, question.call, question.detail, answer.reason, answer.differences)


def _find_cause(outcome: Outcome, same_source: Sequence[Outcome]) -> str:
    """The cause of a mismatch; `same_source` are the outcomes of all calls that the same binding gives."""
    question, answer = outcome.question, outcome.answer
    match answer.verdict:
        case Verdict.DENIED if question.granted_by is not None:
            if missing := _MISSING_ROLE.search(answer.message):
                return f"{'ClusterRole' if missing[1] else 'Role'} {missing[2]} is missing"
            if all(other.answer.verdict is Verdict.DENIED for other in same_source):
                count = len(same_source)
                calls = "the call" if count == 1 else f"any of the {format_count(count, 'call')}"
                return f"{question.granted_by.binding} does not give {calls} that it should: missing, or changed"
            return f"{question.granted_by.role} was changed: it gives other calls, but not this"
        case Verdict.ALLOWED if not question.allowed:
            found = _ALLOWING_BINDING.search(answer.message)
            return f"{found[1]} {found[2]} of {found[3]} {found[4]} allows it" if found else ""
    return ""
