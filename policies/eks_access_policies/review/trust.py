"""Trust that opens or closes: who may become a principal now, and which conditions no longer hold. Pure.

A statement grants nothing new if one of the other side's has the same or a wider principal and no condition beyond
its own. What is not covered so is told against the nearest one: by the condition that was dropped, changed or
weakened, or as a principal that is trusted anew.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..finding import Severity
from ..iam import Principal, PrincipalKind, Statement
from .change import Change, Direction, Plane
from .conditions import Condition, Conditions, claim, conditions_of, either, entail
from .names import code, joined

_NEAREST = 100
"""Statements that are looked through for the nearest one: more of one principal are no trust policy of IAM's size."""


@dataclass(frozen=True)
class Trusted:
    """One principal that may make one call, under conditions."""

    principal: Principal
    action: str
    conditions: Conditions
    but: bool = False
    """Everyone but the principal: NotPrincipal."""

    @property
    def who(self) -> str:
        value = code(self.principal.value)
        if self.but:
            return f"everyone but {value}"
        match self.principal.kind:
            case PrincipalKind.ANYONE:
                return "everyone in AWS"
            case PrincipalKind.FEDERATED:
                return f"who holds a token or assertion of {value}"
            case PrincipalKind.SERVICE:
                return f"the AWS service {value}"
        if self.is_account:
            return f"every principal of the account {value} that the account allows to"
        return value

    @property
    def is_account(self) -> bool:
        return self.principal.value.endswith(":root") or self.principal.value.isdigit()


def difference(before: Sequence[Statement], after: Sequence[Statement]) -> list[Change]:
    """The trust that is opened from `before` to `after`, and the trust that is closed."""
    if list(before) == list(after):
        return []
    was, now = dict.fromkeys(_trusted(before)), dict.fromkeys(_trusted(after))
    return [
        *_changes(Direction.GAINED, was, now),
        *_changes(Direction.LOST, now, was),
        *_denials(before, after),
    ]


_Call = tuple[Principal, bool, str]


def _changes(direction: Direction, had: Iterable[Trusted], has: Iterable[Trusted]) -> Iterator[Change]:
    known = set(had)
    index: dict[_Call, list[Trusted]] = {}
    for trusted in had:
        index.setdefault((trusted.principal, trusted.but, trusted.action.lower()), []).append(trusted)
    anew: dict[tuple[Conditions, str], list[Trusted]] = {}
    told: set[Change] = set()
    for trusted in has:
        if trusted in known:
            continue
        candidates = [other for wider in _wider(trusted) for other in index.get(wider, ())[:_NEAREST]]
        if any(entail(trusted.conditions, other.conditions) for other in candidates):
            continue
        same = [other for other in candidates if other.principal == trusted.principal]
        if same:
            nearest = max(same, key=lambda other: _shared(trusted, other))
            change = _loosened(direction, trusted, nearest)
            if change not in told:
                told.add(change)
                yield change
        else:
            anew.setdefault((trusted.conditions, trusted.action), []).append(trusted)
    yield from _anew(direction, anew)


def _loosened(direction: Direction, trusted: Trusted, nearest: Trusted) -> Change:
    """Against the nearest statement of the other side: what it asked for and this one does not."""
    missing = sorted(
        (each for each in nearest.conditions if not any(mine.entails(each) for mine in trusted.conditions)),
        key=lambda each: (each.key, each.operator, sorted(each.values)),
    )
    parts = []
    for condition in missing:
        now = [mine for mine in trusted.conditions if mine.key == condition.key]
        if not now:
            parts.append(f"no longer asks for {condition.words}")
        elif _compares(now[0]) != _compares(condition):
            parts.append(f"asks only for {now[0].words}, instead of {condition.words}")
        else:
            more = now[0].values - condition.values
            fewer = condition.values - now[0].values
            parts.append(
                f"{'takes' if fewer else 'also takes'} {condition.name} {either(more)}"
                + (f" instead of {either(fewer)}" if fewer else "")
            )
    keys = tuple(dict.fromkeys(condition.written for condition in missing)) or (trusted.action,)
    if direction is Direction.LOST:
        asked = joined([condition.words for condition in missing], 5)
        return Change(
            direction, Plane.TRUST, keys, f"{trusted.who} must now fulfil: {asked}", "trust is closed", None,
            key="trust-closed",
        )  # fmt: skip
    return Change(
        direction,
        Plane.TRUST,
        keys,
        f"for {trusted.who}, the trust policy {joined(parts, 5)}",
        joined(list(dict.fromkeys(_opens(condition) for condition in missing)), 5),
        max(_severity(trusted), Severity.HIGH),
        key="trust-opened",
    )


def _anew(direction: Direction, found: Mapping[tuple[Conditions, str], list[Trusted]]) -> Iterator[Change]:
    for (conditions, action), trusted in found.items():
        who = joined([each.who for each in trusted], 5)
        asked = joined(sorted(condition.words for condition in conditions), 6)
        under = f", with {asked}" if conditions else ", without any condition"
        gained = direction is Direction.GAINED
        yield Change(
            direction,
            Plane.TRUST,
            (action,),
            f"{who}{under}",
            "can become it" if gained else "can no longer become it",
            max(map(_severity, trusted)) if gained else None,
            key="trust-opened" if gained else "trust-closed",
            detail=tuple(sorted(each.principal.value for each in trusted)),
        )


def _denials(before: Sequence[Statement], after: Sequence[Statement]) -> Iterator[Change]:
    """Refusals that are gone: whatever they kept out may come in."""
    now = {_refusal(statement) for statement in after if statement.denies}
    for statement in before:
        if statement.denies and _refusal(statement) not in now:
            keys = sorted({condition.words for condition in conditions_of(statement)})
            yield Change(
                Direction.GAINED,
                Plane.TRUST,
                statement.actions or ("every action",),
                "no longer denied" + (f" where {joined(keys, 5)}" if keys else ""),
                "whoever was kept out by it may come in",
                Severity.HIGH,
                key="trust-opened",
            )


def _refusal(statement: Statement) -> object:
    return (
        frozenset(statement.principals),
        frozenset(statement.not_principals),
        frozenset(statement.actions),
        frozenset(statement.not_actions),
        conditions_of(statement),
    )


def _trusted(statements: Iterable[Statement]) -> Iterator[Trusted]:
    for statement in statements:
        if not statement.allows:
            continue
        conditions = conditions_of(statement)
        actions = statement.actions or (("*",) if statement.not_actions else ())
        for action in actions:
            for principal in statement.principals:
                yield Trusted(principal, action, conditions)
            for principal in statement.not_principals:
                yield Trusted(principal, action, conditions, but=True)


_ANYONE = Principal(PrincipalKind.ANYONE, "*")


def _wider(trusted: Trusted) -> Iterator[_Call]:
    principals = (trusted.principal,) if trusted.principal == _ANYONE else (trusted.principal, _ANYONE)
    for action in dict.fromkeys((trusted.action.lower(), "sts:*", "*")):
        for principal in principals:
            yield principal, trusted.but and principal == trusted.principal, action


def _shared(one: Trusted, other: Trusted) -> tuple[int, int]:
    mine, theirs = {c.key for c in one.conditions}, {c.key for c in other.conditions}
    return len(mine & theirs), -len(mine ^ theirs)


def _severity(trusted: Trusted) -> Severity:
    """How bad it is that this principal may come in like this. Whether it may at all is for the pack to judge."""
    asked = {claim(condition.key) for condition in trusted.conditions if not condition.asks_nothing}
    if trusted.but or trusted.principal.kind is PrincipalKind.ANYONE:
        return Severity.HIGH if asked else Severity.CRITICAL
    if trusted.principal.kind is PrincipalKind.FEDERATED:
        needed = {"saml:aud"} if "saml" in trusted.action.lower() else {":aud", ":sub"}
        return Severity.MEDIUM if needed <= asked else Severity.HIGH
    return Severity.MEDIUM if asked or not trusted.is_account else Severity.HIGH


def _compares(condition: Condition) -> object:
    kind = condition.operator
    return kind.base, kind.has_if_exists, kind.quantifier


_OPENS: Mapping[str, str] = {
    "sts:externalid": "whoever gets that principal to act, for any other of its customers, can become it"
    " (confused deputy)",
    "sts:rolesessionname": "callers choose the session's name, so each can act under anybody else's",
    "aws:principalorgid": "callers outside the organization can become it",
    "aws:principalarn": "callers other than those named can become it",
    "aws:principalaccount": "callers of other accounts can become it",
    "aws:sourcearn": "the service can be made to act for somebody else's resource (confused deputy)",
    "aws:sourceaccount": "the service can be made to act for somebody else's resource (confused deputy)",
    "aws:multifactorauthpresent": "a stolen password or key is enough",
    "aws:sourceip": "callers on any network can become it",
    "saml:aud": "assertions that were made for another service are taken",
    ":aud": "tokens that were made for another application are taken",
    ":sub": "every holder of such a token can become it, whoever that is",
    ":oaud": "tokens that were requested for another service are taken",
}


def _opens(condition: Condition) -> str:
    return _OPENS.get(condition.key) or _OPENS.get(claim(condition.key)) or "more callers can become it"
