"""Walks the paths of escalation: which of them the statements open, how far, and what already defuses them."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..finding import Finding, Rule
from ..rules.iam.escalation import ESCALATION_CONFINED, ESCALATION_SELF, PASS_ROLE_ANY
from . import actions
from .conditions import Binding, Test, binding, demands_presence
from .effective import AllowedAction, Effective
from .glob import is_pattern, matches
from .paths import PATHS, Path
from .resources import Reach

PASS_ROLE = "iam:PassRole"
_PASSED_TO = "iam:passedtoservice"
_MOST = 8
"""Paths that one finding lists."""
_OWN = ("${aws:username}", "${aws:userid}")


def _interesting() -> frozenset[str]:
    named = {need.lower() for path in PATHS for alternatives in path.alternatives for need in alternatives}
    return frozenset(name for name in named if actions.find(name))


INTERESTING: frozenset[str] = _interesting()
"""The actions that some path needs, in lower case; those that AWS has retired are left out."""


@dataclass(frozen=True)
class Step:
    """A path that is open: its first grant decides about what, the others are there."""

    path: Path
    rule: Rule
    grants: tuple[AllowedAction, ...]

    @property
    def words(self) -> str:
        by = " and ".join(str(grant.action) for grant in self.grants)
        return f"can {self.path.gains} ({by})"


def evaluate_escalation(effective: Effective) -> Iterator[Finding]:
    """One finding for each rule and statement, with the paths that it opens."""
    groups: dict[tuple[Rule, str], list[Step]] = defaultdict(list)
    for step in steps_open(effective):
        groups[step.rule, step.grants[0].statement.where].append(step)
    passing = any(step.grants[0].action.name == "PassRole" for steps in groups.values() for step in steps)
    for (rule, where), steps in groups.items():
        yield Finding(rule, _message(steps), where)
    if not passing:
        yield from _pass_role(effective.grants(PASS_ROLE))


def steps_open(effective: Effective) -> Iterator[Step]:
    """Every path that is open, each in its widest way."""
    needs = {need for path in PATHS for alternatives in path.alternatives for need in alternatives}
    grants = {need: effective.grants(need) for need in needs}
    for path in PATHS:
        step = _walk(path, grants)
        if step is not None:
            yield step


def _walk(path: Path, grants: dict[str, tuple[AllowedAction, ...]]) -> Step | None:
    """The widest way in which the path is open; None where it is not."""
    found: list[AllowedAction] = []
    for alternatives in path.alternatives[1:]:
        open_ones = [grant for each in alternatives for grant in grants[each]]
        if not open_ones:
            return None
        found.append(min(open_ones, key=lambda grant: _confines(grant, by_tags=not path.services)))
    best: Step | None = None
    for first in (grant for each in path.alternatives[0] for grant in grants[each]):
        rule = _rule(path, first)
        # Whoever makes the workload chooses its tags; what counts is the role that it passes.
        if rule and any(_confines(grant, by_tags=not path.services) for grant in found):
            rule = ESCALATION_CONFINED
        if rule is not None and (best is None or rule.severity > best.rule.severity):
            best = Step(path, rule, (first, *found))
    return best


def _rule(path: Path, grant: AllowedAction) -> Rule | None:
    """The rule that this grant breaks: the path's own, the one for what is confined, or none."""
    if any(all(hold.holds(grant.tests) for hold in group) for group in path.defused_by):
        return None
    if path.services and not _passes_to(grant.tests, path.services):
        return None
    reach = grant.reach
    if path.rule is ESCALATION_SELF and any(own in each.lower() for each in grant.resources for own in _OWN):
        reach = Reach.ALL
    if reach is Reach.ONE:
        return ESCALATION_CONFINED if path.one_matters else None
    if reach is Reach.SOME and not path.some_is_all:
        return ESCALATION_CONFINED
    return ESCALATION_CONFINED if _confines(grant, _held(path)) else path.rule


def _passes_to(tests: Sequence[Test], services: Iterable[str]) -> bool:
    """May the role be passed to one of the services?"""
    for test in tests:
        if test.lower_key != _PASSED_TO:
            continue
        if test.operator.negated:
            if not test.operator.if_exists and all(_any_matches(test.values, each) for each in services):
                return False
        elif _pins(test, tests) and not any(_any_matches(test.values, each) for each in services):
            return False
    return True


def _any_matches(values: Iterable[str], service: str) -> bool:
    # In China some services' names end otherwise.
    return any(matches(value.lower(), each) for value in values for each in (service, f"{service}.cn"))


def _held(path: Path) -> frozenset[str]:
    """The keys whose values were judged already."""
    return frozenset(hold.key.lower() for group in path.defused_by for hold in group) | {_PASSED_TO}


def _confines(grant: AllowedAction, held: frozenset[str] = frozenset({_PASSED_TO}), *, by_tags: bool = True) -> bool:
    """Does a condition confine the grant to tagged or named resources, or to calls that a service makes?"""
    for test in grant.tests:
        key = test.lower_key
        if key in held or not _pins(test, grant.tests):
            continue
        # A tag of the new resource is the holder's own choice, unless it must be the same as one of the holder's.
        own_tag = "requesttag/" in key and all(value.lower().startswith("${aws:principaltag/") for value in test.values)
        if by_tags and (own_tag or "resourcetag/" in key):
            return True
        if _is_by_service(test) or (key.startswith(f"{grant.action.service}:") and _NAMES.search(key)):
            return True
    return False


_NAMES = re.compile(
    r"^eks:|^(?!sts:).*(arns?|/?layer|profile|role|name|template|templateurl|:cluster|:service|:task|:task-definition|operator)$"
)
"""Keys that say which resource or code it is. Others say how it is (`ec2:InstanceType`), which confines nobody."""


def _is_by_service(test: Test) -> bool:
    """Is it for calls only that an AWS service makes on the holder's behalf?"""
    if test.lower_key == "aws:viaawsservice":
        return "false" not in map(str.lower, test.values)
    return test.lower_key.startswith("aws:calledvia")


def _pins(test: Test, tests: Iterable[Test]) -> bool:
    present = demands_presence([each for each in tests if each is not test], test.lower_key)
    return binding(test, present=present) is Binding.PINS and not all(is_pattern(value) for value in test.values)


def _pass_role(grants: Sequence[AllowedAction]) -> Iterator[Finding]:
    """iam:PassRole for any role and any service, where nothing else here makes use of it."""
    for grant in grants:
        said = any(test.lower_key == _PASSED_TO and _pins(test, grant.tests) for test in grant.tests)
        if grant.reach is Reach.ALL and not said:
            message = f"{PASS_ROLE} is allowed for every role, and to every service."
            yield Finding(PASS_ROLE_ANY, message, grant.statement.where)
            return


def _message(steps: Sequence[Step]) -> str:
    words = list(dict.fromkeys(step.words for step in steps))
    more = f"; and {len(words) - _MOST} more ways" if len(words) > _MOST else ""
    about = sorted({each for step in steps for each in step.grants[0].resources})
    on = f" On {about[0]!r:.120}." if about and about[0] != "*" else ""
    return f"Its holder {'; '.join(words[:_MOST])}{more}.{on}"
