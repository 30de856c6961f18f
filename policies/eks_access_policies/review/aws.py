"""What a principal may do in AWS now and could not before, action by action, and the other way round. Pure.

Statements that both sides have are set aside; only what is left is taken apart, so two large policies with one
difference are compared in the time of that difference. Wildcards are expanded to the actions that AWS has. A refusal
without conditions takes away what it covers; any other is told when it goes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property

from eks_access.model import risks

from ..finding import Severity
from ..iam import Statement
from ..iam.actions import AccessLevel, expand_pattern, expand_patterns, find_action
from ..iam.glob import covers, is_pattern
from .change import Change, Direction, Plane
from .conditions import Conditions, conditions_of, entail
from .names import code, counted, joined, listed

ALL = "*"
_EVERYTHING = "everything"
TOO_MANY = 500
"""Wildcards of one principal, beyond which they are compared as they are written."""
_CANDIDATES = 200
"""Grants of one action that are looked through for one that covers another: past that, a gain is told."""


@dataclass(frozen=True)
class Grant:
    """One action, or pattern, on one resource, or pattern."""

    action: str
    resource: str
    conditions: Conditions
    but: frozenset[str] = frozenset()
    """For NotAction: every action but these; `action` is then `*`."""
    elsewhere: bool = False
    """For NotResource: every resource but `resource`."""

    @property
    def actions(self) -> frozenset[str]:
        """The actions of AWS that are meant; one that AWS does not know is itself."""
        return _actions(self.action, self.but)

    @property
    def is_wildcard(self) -> bool:
        return bool(self.but) or is_pattern(self.action)

    @property
    def written(self) -> str:
        return f"{self.action} but {', '.join(sorted(self.but))}" if self.but else self.action

    def covers_place(self, other: "Grant") -> bool:
        """Whether it holds on the other's resource whenever the other does."""
        if self.elsewhere or other.elsewhere:
            place = (self.elsewhere, self.resource) == (other.elsewhere, other.resource)
            return (place or (self.resource == ALL and not self.elsewhere)) and self._asks_no_more(other)
        return covers(self.resource, other.resource) and self._asks_no_more(other)

    def _asks_no_more(self, other: "Grant") -> bool:
        return entail(other.conditions, self.conditions)

    @property
    def where(self) -> str:
        place = f"on {_EVERYTHING}" if self.resource == ALL else f"on {code(self.resource)}"
        return f"on everything but {code(self.resource)}" if self.elsewhere else place


@dataclass(frozen=True)
class Policy:
    """All statements of one principal."""

    statements: tuple[Statement, ...]

    @cached_property
    def allowed(self) -> frozenset[Grant]:
        return frozenset(self._grants("Allow"))

    @cached_property
    def denied(self) -> frozenset[Grant]:
        return frozenset(self._grants("Deny"))

    def _grants(self, wanted: str) -> Iterator[Grant]:
        for statement in self.statements:
            if statement.effect != wanted:
                continue
            conditions, elsewhere = conditions_of(statement), bool(statement.not_resources)
            for resource in statement.not_resources or statement.resources or (ALL,):
                if statement.not_actions:
                    yield Grant(ALL, resource, conditions, frozenset(statement.not_actions), elsewhere)
                for action in statement.actions:
                    yield Grant(action.strip(), resource, conditions, elsewhere=elsewhere)

    @cached_property
    def _by_action(self) -> Mapping[str, list[Grant]]:
        return _indexed(self.allowed)

    @cached_property
    def _refusals(self) -> Mapping[str, list[Grant]]:
        return _indexed(grant for grant in self.denied if not grant.conditions)

    def allows(self, action: str, grant: Grant) -> bool:
        """Whether the action is allowed wherever `grant` holds."""
        found = self._by_action.get(action.lower(), ())
        return any(each.covers_place(grant) for each in found[:_CANDIDATES]) and not self.denies(action, grant)

    def denies(self, action: str, grant: Grant) -> bool:
        """Whether a refusal without conditions takes all of it away."""
        return any(each.covers_place(grant) for each in self._refusals.get(action.lower(), ())[:_CANDIDATES])

    def guards(self, action: str) -> list[Grant]:
        """Refusals of it under conditions: it is allowed except where they hold."""
        return self._guards.get(action.lower(), [])[:_CANDIDATES]

    @cached_property
    def _guards(self) -> Mapping[str, list[Grant]]:
        return _indexed(grant for grant in self.denied if grant.conditions)

    def elsewhere(self, action: str) -> list[Grant]:
        """How else it is allowed."""
        return self._by_action.get(action.lower(), [])


@cache
def _actions(action: str, but: frozenset[str]) -> frozenset[str]:
    found = expand_patterns((), but) if but else expand_pattern(action)
    return frozenset(map(str, found)) or frozenset({action})


def _indexed(grants: Iterable[Grant]) -> dict[str, list[Grant]]:
    found: dict[str, list[Grant]] = {}
    wildcards: dict[tuple[str, frozenset[str]], list[Grant]] = {}
    for grant in grants:
        if grant.is_wildcard:
            wildcards.setdefault((grant.action, grant.but), []).append(grant)
        else:
            found.setdefault(grant.action.lower(), []).append(grant)
    for number, same in enumerate(wildcards.values()):
        for action in same[0].actions if number < TOO_MANY else ():
            found.setdefault(action.lower(), []).extend(same)
    return found


def difference(before: Sequence[Statement], after: Sequence[Statement]) -> list[Change]:
    """What is gained from `before` to `after`, and what is lost."""
    if list(before) == list(after):
        return []
    was, now = Policy(tuple(before)), Policy(tuple(after))
    return [
        *_changes(Direction.GAINED, was, now),
        *_changes(Direction.LOST, now, was),
        *_denials(was, now),
    ]


def _changes(direction: Direction, had: Policy, has: Policy) -> Iterator[Change]:
    whole: dict[str, list[Grant]] = {}
    single: dict[str, list[Grant]] = {}
    told: dict[str, frozenset[str]] = {}
    # What is allowed alike on both sides can still differ by what is denied there.
    alike = had.allowed if had.denied == has.denied else frozenset()
    new = sorted(has.allowed - alike, key=lambda each: (not each.is_wildcard, each.written, each.where))
    for number, grant in enumerate(new):
        actions = grant.actions if number < TOO_MANY or not grant.is_wildcard else frozenset({grant.action})
        gained = frozenset(a for a in actions if not has.denies(a, grant) and not had.allows(a, grant))
        if grant.is_wildcard and gained and gained == actions:
            whole.setdefault(grant.written, []).append(grant)
            told[grant.written] = gained
            continue
        for action in gained:
            if not _is_told(action, grant, whole, told):
                single.setdefault(action, []).append(grant)
    for written, grants in whole.items():
        yield _of_wildcard(direction, written, grants, told[written])
    yield from _of_actions(direction, single, had, has)


def _is_told(
    action: str, grant: Grant, whole: Mapping[str, Sequence[Grant]], told: Mapping[str, frozenset[str]]
) -> bool:
    return any(
        action in told[written] and any(each.covers_place(grant) for each in grants[:_CANDIDATES])
        for written, grants in list(whole.items())[:_CANDIDATES]
    )


def _of_wildcard(direction: Direction, written: str, grants: Sequence[Grant], actions: frozenset[str]) -> Change:
    pattern = replace(grants[0], but=frozenset()).action
    risk = risks.of_action(pattern)
    broad = any(grant.resource == ALL for grant in grants)
    worst = max((severity(action, broad) for action in actions), default=Severity.MEDIUM)
    if written == ALL or (written == "iam:*" and broad):
        worst = Severity.CRITICAL
    return Change(
        direction,
        Plane.AWS,
        (written,),
        f"{_where(grants)} ({counted(len(actions), 'action')})",
        risk.words,
        worst if direction is Direction.GAINED else None,
        detail=tuple(sorted(actions)),
        key=f"aws-{direction}",
    )


def _of_actions(
    direction: Direction, single: Mapping[str, Sequence[Grant]], had: Policy, has: Policy
) -> Iterator[Change]:
    """Actions with the same risk in the same place are told together."""
    together: dict[tuple[str, str, Severity | None], list[str]] = {}
    for action, grants in sorted(single.items()):
        where = _where(grants)
        instead = [other for other in had.elsewhere(action) if other not in grants]
        if instead:
            where += f", instead of only {_where(instead)}"
        guards = sorted({each.words for guard in has.guards(action) for each in guard.conditions})
        if guards:
            where += f", except with {joined(guards)}"
        worst = severity(action, any(grant.resource == ALL for grant in grants))
        gained = direction is Direction.GAINED
        line = (where, risks.of_action(action).words, worst if gained else None)
        together.setdefault(line, []).append(action)
    for (where, risk, told), actions in together.items():
        yield Change(
            direction, Plane.AWS, tuple(actions), where, risk, told, detail=tuple(actions), key=f"aws-{direction}"
        )


def _where(grants: Sequence[Grant]) -> str:
    by_conditions: dict[Conditions, set[str]] = {}
    for grant in grants:
        by_conditions.setdefault(grant.conditions, set()).add(grant.where.removeprefix("on "))
    if _EVERYTHING in by_conditions.get(frozenset(), ()):
        return f"on {_EVERYTHING}"
    parts = []
    for conditions, places in by_conditions.items():
        under = joined(sorted(condition.words for condition in conditions), 3)
        parts.append(f"on {joined(sorted(places))}" + (f", only with {under}" if under else ""))
    return joined(sorted(parts), 3)


def _denials(before: Policy, after: Policy) -> Iterator[Change]:
    """Refusals that go, of what is still allowed, and those that come.

    Those without conditions are in the difference of what is allowed already.
    """
    for direction, had, has in ((Direction.GAINED, after, before), (Direction.LOST, before, after)):
        gone: dict[tuple[str, Conditions], list[str]] = {}
        for grant in sorted(has.denied - had.denied, key=lambda each: (each.written, each.where)):
            # A refusal of what nobody was allowed anyway takes nothing away.
            allowing = after if direction is Direction.GAINED else before
            if any(allowing.elsewhere(action) for action in grant.actions):
                if not grant.conditions and grant.resource == ALL:
                    continue
                gone.setdefault((grant.where, grant.conditions), []).append(grant.written)
        for (where, conditions), actions in gone.items():
            under = f" with {joined(sorted(each.words for each in conditions), 3)}" if conditions else ""
            gained = direction is Direction.GAINED
            yield Change(
                direction,
                Plane.AWS,
                tuple(actions),
                f"{where}{under}, {'no longer' if gained else 'now'} denied",
                risks.of_action(actions[0]).words,
                max(severity(action, True) for action in actions) if gained else None,
                detail=tuple(actions),
                key=f"aws-{direction}",
            )


def severity(action: str, broad: bool) -> Severity:
    """How bad it is to be allowed this, on everything or on named things."""
    if action == ALL:
        return Severity.CRITICAL
    if not risks.of_action(action).grave:
        return Severity.LOW
    known = find_action(action)
    if known and known.access_level in (AccessLevel.READ, AccessLevel.LIST) and not risks.is_listed(action):
        return Severity.LOW
    return Severity.HIGH if broad else Severity.MEDIUM


def managed(before: frozenset[str], after: frozenset[str]) -> list[Change]:
    """Managed policies whose documents are not in the stack: told by name."""
    return [
        *(_of_managed(Direction.GAINED, arn) for arn in sorted(after - before)),
        *(_of_managed(Direction.LOST, arn) for arn in sorted(before - after)),
    ]


def _of_managed(direction: Direction, arn: str) -> Change:
    name = arn.rpartition("/")[2]
    by_aws = ":iam::aws:policy/" in arn
    if name in ("AdministratorAccess", "IAMFullAccess") and by_aws:
        risk, worst = "can do everything in the account, or give itself the right to", Severity.CRITICAL
    elif by_aws and (name.endswith("FullAccess") or name == "PowerUserAccess"):
        risk, worst = f"can do everything that {name} covers", Severity.HIGH
    else:
        risk, worst = "gives rights that are not written in this stack: read the policy", Severity.MEDIUM
    return Change(
        direction,
        Plane.AWS,
        (name,),
        f"by the managed policy {code(arn)}",
        risk,
        worst if direction is Direction.GAINED else None,
        key=f"aws-{direction}",
    )


def boundary(before: str | None, after: str | None) -> list[Change]:
    """A permissions boundary that goes, comes or changes: it limits everything else."""
    if before == after:
        return []
    if after is None:
        words, worst, direction = f"no longer limited by {listed([before])}", Severity.HIGH, Direction.GAINED
    elif before is None:
        return [
            Change(
                Direction.LOST, Plane.AWS, ("permissions boundary",), f"now limited by {code(after)}",
                "rights beyond it are gone", None, key="aws-lost",
            )
        ]  # fmt: skip
    else:
        words, worst, direction = (
            f"limited by {code(after)}, instead of {code(before)}",
            Severity.MEDIUM,
            Direction.GAINED,
        )
    return [
        Change(direction, Plane.AWS, ("permissions boundary",), words, "may use rights that it kept out", worst,
               key="aws-gained")
    ]  # fmt: skip
