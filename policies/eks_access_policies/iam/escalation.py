"""Finds the privilege escalation paths that effective permissions open, how far, and what already mitigates them."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..finding import Finding, Rule
from ..rules.iam.escalation import ESCALATION_CONFINED, ESCALATION_IDENTITIES, ESCALATION_SELF, PASS_ROLE_ANY
from . import actions
from .conditions import Condition, Constraint, classify_constraint, requires_presence
from .effective import AllowedAction, EffectivePermissions
from .glob import is_pattern, matches, overlaps
from .paths import PATHS, EscalationPath
from .resources import Reach, compute_reach, parse_account

PASS_ROLE = "iam:PassRole"
_PASSED_TO = "iam:passedtoservice"
_MAX_LISTED_PATHS = 8
"""Paths that one finding lists."""
_OWN = ("${aws:username}", "${aws:userid}")


def _collect_actions() -> frozenset[str]:
    named = {need.lower() for path in PATHS for alternatives in path.alternatives for need in alternatives}
    return frozenset(name for name in named if actions.find_action(name))


ESCALATION_ACTIONS: frozenset[str] = _collect_actions()
"""The actions that any path needs, in lower case, without those that AWS has retired."""


@dataclass(frozen=True)
class OpenPath:
    """A path whose actions are all allowed. The first one's resources and conditions decide how far it reaches."""

    path: EscalationPath
    rule: Rule
    grants: tuple[AllowedAction, ...]

    @property
    def description(self) -> str:
        by = " and ".join(str(grant.action) for grant in self.grants)
        return f"can {self.path.gains} ({by})"


def evaluate_escalation(effective: EffectivePermissions) -> Iterator[Finding]:
    """Yield one finding for each rule and statement, with the paths that it opens."""
    groups: dict[tuple[Rule, str], list[OpenPath]] = defaultdict(list)
    for step in find_open_paths(effective):
        groups[step.rule, step.grants[0].statement.where].append(step)
    passing = any(step.grants[0].action.name == "PassRole" for steps in groups.values() for step in steps)
    for (rule, where), steps in groups.items():
        yield Finding(rule, _message(steps), where)
    if not passing:
        yield from _unused_pass_role(effective.find_allowed(PASS_ROLE))


def find_open_paths(effective: EffectivePermissions) -> Iterator[OpenPath]:
    """Yield every path that is open, each in its widest form."""
    needs = {need for path in PATHS for alternatives in path.alternatives for need in alternatives}
    grants = {need: effective.find_allowed(need) for need in needs}
    for path in PATHS:
        step = _find_widest(path, grants)
        if step is not None:
            yield step


def _find_widest(path: EscalationPath, grants: dict[str, tuple[AllowedAction, ...]]) -> OpenPath | None:
    """The widest form in which the path is open; None if it is not."""
    found: list[AllowedAction] = []
    for alternatives in path.alternatives[1:]:
        open_alternatives = [grant for each in alternatives for grant in grants[each]]
        if not open_alternatives:
            return None
        found.append(min(open_alternatives, key=lambda grant: is_confined(grant, by_tags=not path.services)))
    best: OpenPath | None = None
    for first in (grant for each in path.alternatives[0] for grant in grants[each]):
        rule = _violated_rule(path, first)
        # A principal that creates the workload chooses its tags; what counts is the role that it passes.
        if rule and any(is_confined(grant, by_tags=not path.services) for grant in found):
            rule = ESCALATION_CONFINED
        if rule is not None and (best is None or rule.severity > best.rule.severity):
            best = OpenPath(path, rule, (first, *found))
    return best


def _violated_rule(path: EscalationPath, grant: AllowedAction) -> Rule | None:
    """The rule that the first action of the path violates: the path's own, the one for confined paths, or none."""
    if any(all(each.applies(grant.conditions) for each in group) for group in path.mitigated_by):
        return None
    if path.services and not _passes_to(grant.conditions, path.services):
        return None
    reach = _find_reach(path, grant)
    if reach is Reach.NONE:
        return None
    if reach is Reach.ONE:
        return ESCALATION_CONFINED if path.reports_single_resource else None
    if reach is Reach.SOME and not path.is_prefix_unlimited:
        return ESCALATION_CONFINED
    return ESCALATION_CONFINED if is_confined(grant, _evaluated_keys(path)) else path.rule


def _find_reach(path: EscalationPath, grant: AllowedAction) -> Reach:
    """How far the first action reaches for this path: what it does to oneself counts for policies alone."""
    if path.rule is ESCALATION_SELF and any(own in each.lower() for each in grant.resources for own in _OWN):
        return Reach.ALL
    others = [each for each in grant.resources if not each.lower().endswith(_OWN)]
    if path.rule is ESCALATION_IDENTITIES and len(others) < len(grant.resources):
        return max((compute_reach(each, grant.action) for each in others), default=Reach.NONE)
    return _find_reach_of_administrators(path, grant) if path.administrators else grant.reach


def _find_reach_of_administrators(path: EscalationPath, grant: AllowedAction) -> Reach:
    """All, if a resource may have the name of an administrator's in every account; one, if it names the account."""
    if grant.reach is Reach.ALL:
        return Reach.NONE  # the same path to all identities is open
    named = [
        resource
        for resource in grant.resources
        if any(overlaps(resource.rpartition("/")[2], each) for each in path.administrators)
    ]
    if not named:
        return Reach.NONE
    return Reach.ONE if all(map(parse_account, named)) else Reach.ALL


def _passes_to(conditions: Sequence[Condition], services: Iterable[str]) -> bool:
    """Whether the conditions let the role be passed to one of the services."""
    for condition in conditions:
        if condition.lower_key != _PASSED_TO:
            continue
        if condition.operator.is_negated:
            if not condition.operator.has_if_exists and all(_any_matches(condition.values, each) for each in services):
                return False
        elif pins(condition, conditions) and not any(_any_matches(condition.values, each) for each in services):
            return False
    return True


def _any_matches(values: Iterable[str], service: str) -> bool:
    # In China some services' names have the suffix .cn.
    return any(matches(value.lower(), each) for value in values for each in (service, f"{service}.cn"))


def _evaluated_keys(path: EscalationPath) -> frozenset[str]:
    """The keys whose values the path's mitigations evaluate."""
    return frozenset(each.key.lower() for group in path.mitigated_by for each in group) | {_PASSED_TO}


def is_confined(
    grant: AllowedAction, ignored_keys: frozenset[str] = frozenset({_PASSED_TO}), *, by_tags: bool = True
) -> bool:
    """Whether a condition confines the action to tagged or named resources, or to calls that a service makes."""
    for condition in grant.conditions:
        key = condition.lower_key
        if key in ignored_keys or not pins(condition, grant.conditions):
            continue
        # The caller chooses a new resource's tags, unless they must equal the caller's own.
        own_tag = "requesttag/" in key and all(
            value.lower().startswith("${aws:principaltag/") for value in condition.values
        )
        if by_tags and (own_tag or "resourcetag/" in key):
            return True
        if _is_by_service(condition) or (key.startswith(f"{grant.action.service}:") and _IDENTIFYING_KEYS.search(key)):
            return True
    return False


_IDENTIFYING_KEYS = re.compile(
    r"^eks:|^(?!sts:).*(arns?|/?layer|profile|role|name|template|templateurl|:cluster|:service|:task|:task-definition|operator)$"
)
"""Keys that identify the resource or code. Others describe it (`ec2:InstanceType`), which confines nothing."""


def _is_by_service(condition: Condition) -> bool:
    """Whether the condition requires a call that an AWS service makes on the caller's behalf."""
    if condition.lower_key == "aws:viaawsservice":
        return "false" not in map(str.lower, condition.values)
    return condition.lower_key.startswith("aws:calledvia")


def pins(condition: Condition, conditions: Iterable[Condition]) -> bool:
    present = requires_presence([each for each in conditions if each is not condition], condition.lower_key)
    return classify_constraint(condition, present=present) is Constraint.PINS and not all(
        is_pattern(value) for value in condition.values
    )


def _unused_pass_role(grants: Sequence[AllowedAction]) -> Iterator[Finding]:
    """iam:PassRole for any role and any service, if no path uses it."""
    for grant in grants:
        is_restricted = any(
            condition.lower_key == _PASSED_TO and pins(condition, grant.conditions) for condition in grant.conditions
        )
        if grant.reach is Reach.ALL and not is_restricted:
            message = f"{PASS_ROLE} is allowed for every role, and to every service."
            yield Finding(PASS_ROLE_ANY, message, grant.statement.where)
            return


def _message(steps: Sequence[OpenPath]) -> str:
    descriptions = list(dict.fromkeys(step.description for step in steps))
    more = f"; and {len(descriptions) - _MAX_LISTED_PATHS} more ways" if len(descriptions) > _MAX_LISTED_PATHS else ""
    resources = sorted({each for step in steps for each in step.grants[0].resources}, key=_order)
    on = f" On {resources[0]!r:.120}." if resources and resources[0] != "*" else ""
    return f"The principal {'; '.join(descriptions[:_MAX_LISTED_PATHS])}{more}.{on}"


def _order(resource: str) -> tuple[bool, str]:
    """One's own user last: others are what a finding is about."""
    return resource.lower().endswith(_OWN), resource
