"""Computes what statements allow together: Allow, minus what Deny takes away, minus what no request can satisfy."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache

from . import actions as reference
from .conditions import Condition, negate
from .document import Statement
from .glob import covers, is_anything, is_pattern, matching, overlaps
from .resources import Fit, Reach, classify_fit, compute_reach, covers_all
from .satisfiability import explain_unsatisfiable, is_always_satisfied

_MAX_STATEMENTS = 16
"""Allow statements of one action that are evaluated, the widest first: more would show nothing new."""
_MAX_DENIALS = 64
"""Deny statements of one action that are evaluated, those on every resource first: what is left out can only
overstate what is allowed."""
_MAX_COMPARISONS = 200_000
_REACHED = (Fit.LISTED, Fit.UNLISTED)


@dataclass(frozen=True)
class AllowedAction:
    """One action that one statement allows, on which resources, and under which conditions."""

    action: reference.Action
    statement: Statement
    reach: Reach
    resources: tuple[str, ...]
    conditions: tuple[Condition, ...]


@dataclass
class EffectivePermissions:
    """The effective permissions of a set of statements, indexed for the actions in `relevant`."""

    relevant: frozenset[str]
    now: datetime
    accounts: frozenset[str] = frozenset()
    """One's own accounts: what is denied on all of their resources counts as denied altogether."""
    allowed: list[Statement] = field(default_factory=list)
    """Allow statements that can apply to a request, without the actions that are denied unconditionally."""
    unsatisfiable: list[tuple[Statement, str]] = field(default_factory=list)
    """Statements whose conditions no request can satisfy, each with the reason."""
    _by_action: dict[str, list[Statement]] = field(default_factory=lambda: defaultdict(list))
    _denied: dict[str, list[Statement]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def from_statements(
        cls,
        statements: Iterable[Statement],
        relevant: frozenset[str],
        now: datetime,
        accounts: frozenset[str] = frozenset(),
    ) -> "EffectivePermissions":
        permissions = cls(relevant, now, accounts)
        allows = []
        denies = []
        for statement in statements:
            reason = explain_unsatisfiable(statement.conditions, now)
            if reason:
                permissions.unsatisfiable.append((statement, reason))
            elif statement.allows:
                allows.append(statement)
            elif statement.denies:
                denies.append(_without_constant_conditions(statement, now))
        for statement in sorted(denies, key=lambda each: not any(map(is_anything, each.resources))):
            for action in permissions._covered_actions(statement):
                permissions._denied[action].append(statement)
        denied, exceptions = _denied_everywhere(denies)
        for statement in allows:
            left = _without_denied(statement, denied, exceptions)
            if left is not None:
                permissions.allowed.append(left)
                for action in permissions._covered_actions(left):
                    permissions._by_action[action].append(left)
        return permissions

    def find_allowed(self, name: str) -> tuple[AllowedAction, ...]:
        """What remains of an action after the denials, the widest first."""
        action = reference.find_action(name)
        if action is None:
            return ()
        found = [
            grant
            for statement in self._widest_statements(name, action)
            if (grant := self._after_denials(name, action, statement)) is not None
        ]
        return tuple(sorted(found, key=lambda grant: -grant.reach))

    def _widest_statements(self, name: str, action: reference.Action) -> Sequence[Statement]:
        statements = self._by_action.get(name.lower(), [])
        if len(statements) <= _MAX_STATEMENTS:
            return statements
        open_ones = [each for each in statements if not each.conditions and any(map(is_anything, each.resources))]
        if len(open_ones) >= _MAX_STATEMENTS:
            return open_ones[:_MAX_STATEMENTS]
        ranked = sorted(statements, key=lambda each: (-_widest_reach(each.resources, action), len(each.conditions)))
        return ranked[:_MAX_STATEMENTS]

    def _after_denials(self, name: str, action: reference.Action, statement: Statement) -> AllowedAction | None:
        candidates = statement.resources or (("*",) if statement.not_resources else ())
        # Resources of the statement's other actions do not count for whether this one is denied.
        fits = {each: classify_fit(each, action) for each in candidates}
        listed, unlisted = (tuple(each for each, fit in fits.items() if fit is which) for which in _REACHED)
        resources = listed or unlisted
        if any(covers_all(each, action) for each in statement.not_resources):
            return None
        conditions = list(statement.conditions)
        for denial in self._denied.get(name.lower(), [])[:_MAX_DENIALS]:
            if denial.conditions:
                required = negate(denial.conditions[0]) if len(denial.conditions) == 1 else None
                if required is not None and resources and not self._not_denied(resources, denial, action):
                    conditions.append(required)
            elif denial.not_resources:
                # Everything else is denied, so only these are left.
                resources = tuple(
                    narrow for narrow in denial.not_resources if any(covers(wide, narrow) for wide in resources)
                ) or tuple(each for each in resources if any(covers(wide, each) for wide in denial.not_resources))
            else:
                resources = self._not_denied(resources, denial, action)
        widest = _widest_reach(resources, action)
        if widest is Reach.NONE or explain_unsatisfiable(conditions, self.now):
            return None
        return AllowedAction(action, statement, widest, resources, tuple(conditions))

    def _not_denied(self, resources: tuple[str, ...], denial: Statement, action: reference.Action) -> tuple[str, ...]:
        """The resources that the denial leaves: neither named there, nor all that the action acts on."""
        return tuple(
            each
            for each in resources
            if not any(covers(wide, each) or covers_all(wide, action, each, self.accounts) for wide in denial.resources)
        )

    def _covered_actions(self, statement: Statement) -> Iterator[str]:
        """The relevant actions that the statement covers."""
        if statement.not_actions:
            excluded = {
                action for pattern in statement.not_actions for action in self._relevant_matching(pattern.lower())
            }
            yield from self.relevant - excluded
            return
        seen: set[str] = set()
        for pattern in statement.actions:
            seen.update(self._relevant_matching(pattern.lower()))
        yield from seen

    def _relevant_matching(self, pattern: str) -> tuple[str, ...]:
        if not is_pattern(pattern):
            return (pattern,) if pattern in self.relevant else ()
        return _match_actions(pattern, self.relevant)


@lru_cache(maxsize=65_536)
def _match_actions(pattern: str, among: frozenset[str]) -> tuple[str, ...]:
    """The actions, in lower case, that a pattern covers. Policies have the same patterns many times."""
    head = pattern.partition(":")[0]
    of_service = among if is_anything(head) else [each for each in among if each.startswith(f"{head}:")]
    return tuple(matching(pattern, of_service))


def _widest_reach(resources: Iterable[str], action: reference.Action) -> Reach:
    return max((compute_reach(each, action) for each in resources), default=Reach.NONE)


def _without_constant_conditions(denial: Statement, now: datetime) -> Statement:
    """The denial without the conditions that every request satisfies."""
    left = tuple(condition for condition in denial.conditions if not is_always_satisfied(condition, now))
    return denial if len(left) == len(denial.conditions) else replace(denial, conditions=left)


def _denied_everywhere(denies: Iterable[Statement]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """What is denied unconditionally on every resource: patterns of actions, and the exceptions of each NotAction."""
    patterns: dict[str, None] = {}
    exceptions: list[tuple[str, ...]] = []
    for denial in denies:
        if not denial.conditions and any(is_anything(each) for each in denial.resources):
            patterns.update(dict.fromkeys(_normalize(pattern) for pattern in denial.actions))
            if denial.not_actions:
                exceptions.append(tuple(map(_normalize, denial.not_actions)))
    return tuple(patterns), tuple(exceptions)


def _normalize(pattern: str) -> str:
    """In lower case; `*` if the pattern covers every action."""
    service, _, name = pattern.partition(":")
    return "*" if is_anything(service) and (not name or is_anything(name)) else pattern.lower()


def _without_denied(
    statement: Statement, denied: tuple[str, ...], exceptions: tuple[tuple[str, ...], ...]
) -> Statement | None:
    """The statement without actions that are denied everywhere; None if nothing is left."""
    if statement.not_actions and "*" in denied:
        return None
    if not (denied or exceptions) or not statement.actions:
        return statement
    exact = set(denied)
    wide = [pattern for pattern in denied if is_pattern(pattern)]
    if (len(wide) + sum(map(len, exceptions))) * len(statement.actions) > _MAX_COMPARISONS:
        wide, exceptions = [], ()
    left = tuple(
        action
        for action in statement.actions
        if action.lower() not in exact
        and not any(covers(pattern, action.lower()) for pattern in wide)
        and all(any(overlaps(pattern, action.lower()) for pattern in patterns) for patterns in exceptions)
    )
    if not left:
        return None
    if len(left) == len(statement.actions):
        return statement
    return replace(statement, actions=left)
