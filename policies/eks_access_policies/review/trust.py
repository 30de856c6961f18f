"""Trust that opens or closes: who may become a principal now, and which conditions no longer hold. Pure.

A statement grants nothing new if one of the other side's has the same or a wider principal and no condition beyond
its own. What is not covered so is told against the nearest one: by the condition that was dropped, changed or
weakened, or as a principal that is trusted anew.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..rule import Severity
from .access import Document
from .change import Change, Direction, Plane
from .conditions import Condition, claim, conditions_of, effect, either, entail, name, texts
from .words import code, joined

_NEAREST = 100
"""Statements that are looked through for the nearest one: more of one principal are no trust policy of IAM's size."""


@dataclass(frozen=True)
class Trusted:
    """One principal that may make one call, under conditions."""

    kind: str
    principal: str
    action: str
    conditions: frozenset[Condition]

    def entails(self, other: "Trusted") -> bool:
        return entail(self.conditions, other.conditions)

    @property
    def who(self) -> str:
        match self.kind, self.principal:
            case "AWS", "*":
                return "everyone in AWS"
            case "Federated", _:
                return f"holders of a token or assertion of {code(self.principal)}"
            case "Service", _:
                return f"the AWS service {code(self.principal)}"
            case "NotPrincipal", _:
                return f"everyone except {code(self.principal)}"
            case _ if self.principal.endswith(":root") or self.principal.isdigit():
                return f"every principal of the account {code(self.principal)} that the account allows to"
        return code(self.principal)


def difference(before: Sequence[Document], after: Sequence[Document]) -> list[Change]:
    """The trust that is opened from `before` to `after`, and the trust that is closed."""
    if list(before) == list(after):
        return []
    was, now = dict.fromkeys(_trusted(before)), dict.fromkeys(_trusted(after))
    return [
        *_changes(Direction.GAINED, was, now),
        *_changes(Direction.LOST, now, was),
        *_denials(before, after),
    ]


def _changes(direction: Direction, had: Iterable[Trusted], has: Iterable[Trusted]) -> Iterator[Change]:
    known = set(had)
    index: dict[tuple[str, str, str], list[Trusted]] = {}
    for trusted in had:
        index.setdefault((trusted.kind, trusted.principal, trusted.action), []).append(trusted)
    anew: dict[tuple[frozenset[Condition], str], list[Trusted]] = {}
    told: set[Change] = set()
    for trusted in has:
        if trusted in known:
            continue
        candidates = [other for wider in _wider(trusted) for other in index.get(wider, ())[:_NEAREST]]
        if any(trusted.entails(other) for other in candidates):
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
        elif now[0].operator != condition.operator:
            parts.append(f"asks only for {now[0].words}, instead of {condition.words}")
        else:
            more = now[0].values - condition.values
            fewer = condition.values - now[0].values
            parts.append(
                f"{'takes' if fewer else 'also takes'} {name(condition)} {either(more)}"
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
        joined(list(dict.fromkeys(_opens(condition, trusted) for condition in missing)), 5),
        max(_severity(trusted), Severity.HIGH),
        key="trust-opened",
    )


def _anew(direction: Direction, found: Mapping[tuple[frozenset[Condition], str], list[Trusted]]) -> Iterator[Change]:
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
            detail=tuple(sorted(each.principal for each in trusted)),
        )


def _denials(before: Sequence[Document], after: Sequence[Document]) -> Iterator[Change]:
    """Refusals that are gone: whatever they kept out may come in."""
    now = [statement for statement in after if effect(statement) == "Deny"]
    for statement in before:
        if effect(statement) == "Deny" and statement not in now:
            keys = sorted({condition.words for condition in conditions_of(statement)})
            yield Change(
                Direction.GAINED,
                Plane.TRUST,
                tuple(sorted(texts(statement.get("Action")))) or ("*",),
                "no longer denied" + (f" where {joined(keys, 5)}" if keys else ""),
                "whoever was kept out by it may come in",
                Severity.HIGH,
                key="trust-opened",
            )


def _trusted(statements: Iterable[Document]) -> Iterator[Trusted]:
    for statement in statements:
        if effect(statement) != "Allow":
            continue
        conditions = conditions_of(statement)
        actions = sorted(texts(statement.get("Action"))) or ["every action but some" if "NotAction" in statement else "*"]
        for kind, principal in _principals(statement):
            for action in actions:
                yield Trusted(kind, principal, action, conditions)


def _principals(statement: Document) -> Iterator[tuple[str, str]]:
    for key in ("Principal", "NotPrincipal"):
        value = statement.get(key)
        if isinstance(value, Mapping):
            for kind, names in value.items():
                for name in sorted(texts(names)):
                    yield ("NotPrincipal" if key == "NotPrincipal" else str(kind)), name
        elif value is not None:
            for name in sorted(texts(value)):
                yield ("NotPrincipal" if key == "NotPrincipal" else "AWS"), name


def _wider(trusted: Trusted) -> Iterator[tuple[str, str, str]]:
    for action in dict.fromkeys((trusted.action, "sts:*", "*")):
        yield trusted.kind, trusted.principal, action
        if (trusted.kind, trusted.principal) != ("AWS", "*"):
            yield "AWS", "*", action


def _shared(one: Trusted, other: Trusted) -> tuple[int, int]:
    mine, theirs = {c.key for c in one.conditions}, {c.key for c in other.conditions}
    return len(mine & theirs), -len(mine ^ theirs)


def _severity(trusted: Trusted) -> Severity:
    """How bad it is that this principal may come in like this; its own judgement is the pack's."""
    if (trusted.kind, trusted.principal) == ("AWS", "*") or trusted.kind == "NotPrincipal":
        return Severity.HIGH if trusted.conditions else Severity.CRITICAL
    claims = {claim(condition.key) for condition in trusted.conditions}
    if trusted.kind == "Federated":
        needed = {"saml:aud"} if "WithSAML" in trusted.action else {":aud", ":sub"}
        return Severity.MEDIUM if needed <= claims else Severity.HIGH
    return Severity.MEDIUM if trusted.conditions else Severity.HIGH


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


def _opens(condition: Condition, trusted: Trusted) -> str:
    return _OPENS.get(condition.key) or _OPENS.get(claim(condition.key)) or "more callers can become it"


