"""What a set of statements allows in the end: Allow, less what Deny takes away, less what no request can meet."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from . import actions as reference
from .always import is_always_met
from .conditions import Test, opposite
from .glob import covers, is_anything, is_pattern, matching, overlaps
from .resources import Reach, concerns, is_all, reach
from .satisfiability import impossible
from .statement import Statement

_MOST = 16
"""Grants of one action that are looked at, the widest first: more would tell nothing new."""
_MOST_DENIALS = 64
"""Denials of one action that are counted, those of everything first: what is left out can only overstate a grant."""
_MOST_COMPARISONS = 200_000


@dataclass(frozen=True)
class AllowedAction:
    """One action that one statement allows, on what, and under which tests."""

    action: reference.Action
    statement: Statement
    reach: Reach
    resources: tuple[str, ...]
    tests: tuple[Test, ...]


@dataclass
class Effective:
    """Read once; asked for each action that matters. `interesting` are those that will be asked for."""

    interesting: frozenset[str]
    now: datetime
    accounts: frozenset[str] = frozenset()
    """One's own: what is denied on all of their resources is denied."""
    allowed: list[Statement] = field(default_factory=list)
    """Allow statements that can apply to a request, without the actions that are denied altogether."""
    never: list[tuple[Statement, str]] = field(default_factory=list)
    """Statements whose conditions cannot be met, with why."""
    _by_action: dict[str, list[Statement]] = field(default_factory=lambda: defaultdict(list))
    _denied: dict[str, list[Statement]] = field(default_factory=lambda: defaultdict(list))
    _patterns: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        statements: Iterable[Statement],
        interesting: frozenset[str],
        now: datetime,
        accounts: frozenset[str] = frozenset(),
    ) -> "Effective":
        found = cls(interesting, now, accounts)
        allows = []
        denies = []
        for statement in statements:
            reason = impossible(statement.conditions, now)
            if reason:
                found.never.append((statement, reason))
            elif statement.allows:
                allows.append(statement)
            elif statement.denies:
                denies.append(_decided(statement, now))
        for statement in sorted(denies, key=lambda each: not any(map(is_anything, each.resources))):
            for action in found._about(statement):
                found._denied[action].append(statement)
        dead, spared = _denied_everywhere(denies)
        for statement in allows:
            left = _without(statement, dead, spared)
            if left is not None:
                found.allowed.append(left)
                for action in found._about(left):
                    found._by_action[action].append(left)
        return found

    def grants(self, name: str) -> tuple[AllowedAction, ...]:
        """What remains of the action, the widest grant first."""
        action = reference.find(name)
        if action is None:
            return ()
        found = [
            grant
            for statement in self._widest(name, action)
            if (grant := self._after_denials(name, action, statement)) is not None
        ]
        return tuple(sorted(found, key=lambda grant: -grant.reach))

    def _widest(self, name: str, action: reference.Action) -> Sequence[Statement]:
        statements = self._by_action.get(name.lower(), [])
        if len(statements) <= _MOST:
            return statements
        open_ones = [each for each in statements if not each.conditions and any(map(is_anything, each.resources))]
        if len(open_ones) >= _MOST:
            return open_ones[:_MOST]
        ranked = sorted(statements, key=lambda each: (-_furthest(each.resources, action), len(each.conditions)))
        return ranked[:_MOST]

    def _after_denials(self, name: str, action: reference.Action, statement: Statement) -> AllowedAction | None:
        given = statement.resources or (("*",) if statement.not_resources else ())
        # What belongs to other actions of the statement has no say in whether this one is denied.
        resources = tuple(each for each in given if concerns(each, action))
        if any(is_all(each, action) for each in statement.not_resources):
            return None
        tests = list(statement.conditions)
        for denial in self._denied.get(name.lower(), [])[:_MOST_DENIALS]:
            if denial.conditions:
                demanded = opposite(denial.conditions[0]) if len(denial.conditions) == 1 else None
                if demanded is not None and resources and not self._left(resources, denial, action):
                    tests.append(demanded)
            elif denial.not_resources:
                # Everything but these is denied: they are what is left.
                resources = tuple(
                    narrow for narrow in denial.not_resources if any(covers(wide, narrow) for wide in resources)
                ) or tuple(each for each in resources if any(covers(wide, each) for wide in denial.not_resources))
            else:
                resources = self._left(resources, denial, action)
        far = _furthest(resources, action)
        if far is Reach.NONE or impossible(tests, self.now):
            return None
        return AllowedAction(action, statement, far, resources, tuple(tests))

    def _left(self, resources: tuple[str, ...], denial: Statement, action: reference.Action) -> tuple[str, ...]:
        """The resources that are not denied: neither named there, nor all that the action acts on."""
        return tuple(
            each
            for each in resources
            if not any(covers(wide, each) or is_all(wide, action, each, self.accounts) for wide in denial.resources)
        )

    def _about(self, statement: Statement) -> Iterator[str]:
        """The interesting actions that the statement is about."""
        if statement.not_actions:
            excluded = {action for pattern in statement.not_actions for action in self._matching(pattern.lower())}
            yield from self.interesting - excluded
            return
        seen: set[str] = set()
        for pattern in statement.actions:
            seen.update(self._matching(pattern.lower()))
        yield from seen

    def _matching(self, pattern: str) -> tuple[str, ...]:
        if not is_pattern(pattern):
            return (pattern,) if pattern in self.interesting else ()
        found = self._patterns.get(pattern)
        if found is None:
            head = pattern.partition(":")[0]
            among = (
                self.interesting
                if is_anything(head)
                else [each for each in self.interesting if each.startswith(f"{head}:")]
            )
            found = self._patterns[pattern] = tuple(matching(pattern, among))
        return found


def _furthest(resources: Iterable[str], action: reference.Action) -> Reach:
    return max((reach(each, action) for each in resources), default=Reach.NONE)


def _decided(denial: Statement, now: datetime) -> Statement:
    """The denial without the conditions that every request meets."""
    left = tuple(test for test in denial.conditions if not is_always_met(test, now))
    return denial if len(left) == len(denial.conditions) else replace(denial, conditions=left)


def _denied_everywhere(denies: Iterable[Statement]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """What is denied on everything, whatever the request: patterns of actions, and what is spared of all others."""
    patterns: dict[str, None] = {}
    spared: list[tuple[str, ...]] = []
    for denial in denies:
        if not denial.conditions and any(is_anything(each) for each in denial.resources):
            patterns.update(dict.fromkeys(_plain(pattern) for pattern in denial.actions))
            if denial.not_actions:
                spared.append(tuple(map(_plain, denial.not_actions)))
    return tuple(patterns), tuple(spared)


def _plain(pattern: str) -> str:
    """In lower case; `*` where all of it is open."""
    service, _, name = pattern.partition(":")
    return "*" if is_anything(service) and (not name or is_anything(name)) else pattern.lower()


def _without(statement: Statement, dead: tuple[str, ...], spared: tuple[tuple[str, ...], ...]) -> Statement | None:
    """The statement without actions that are denied everywhere; None where nothing is left."""
    if statement.not_actions and "*" in dead:
        return None
    if not (dead or spared) or not statement.actions:
        return statement
    exact = set(dead)
    wide = [pattern for pattern in dead if is_pattern(pattern)]
    if (len(wide) + sum(map(len, spared))) * len(statement.actions) > _MOST_COMPARISONS:
        wide, spared = [], ()
    left = tuple(
        action
        for action in statement.actions
        if action.lower() not in exact
        and not any(covers(pattern, action.lower()) for pattern in wide)
        and all(any(overlaps(pattern, action.lower()) for pattern in patterns) for patterns in spared)
    )
    if not left:
        return None
    if len(left) == len(statement.actions):
        return statement
    return replace(statement, actions=left)
