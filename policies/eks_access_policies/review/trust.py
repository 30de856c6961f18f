"""Compares trust policies: who may newly assume a role, and which conditions are no longer required. Pure.

A statement grants nothing new if a statement of the other side has the same or a wider principal and requires no
condition that this one does not. Any other statement is compared with the nearest one of the other side, and reported
by the condition that was removed, changed or weakened; if there is none, the principal is reported as newly trusted.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..finding import Severity
from ..iam import Principal, PrincipalKind, Statement
from .change import Change, Direction, Plane
from .conditions import Condition, Conditions, entails_all, list_alternatives, normalize_key, parse_conditions
from .formatting import join_words, quote_name

_MAX_CANDIDATES = 100
"""Statements among which the nearest one is searched. IAM's size limit allows fewer with one principal."""


@dataclass(frozen=True)
class TrustedPrincipal:
    """A principal that may make one call under conditions."""

    principal: Principal
    action: str
    conditions: Conditions
    is_excluded: bool = False
    """From NotPrincipal: everyone except the principal is trusted."""

    @property
    def description(self) -> str:
        value = quote_name(self.principal.value)
        if self.is_excluded:
            return f"everyone except {value}"
        match self.principal.kind:
            case PrincipalKind.ANYONE:
                return "everyone in AWS"
            case PrincipalKind.FEDERATED:
                return f"every holder of a token or assertion from {value}"
            case PrincipalKind.SERVICE:
                return f"the AWS service {value}"
        if self.is_account:
            return f"every principal of the account {value} that the account permits"
        return value

    @property
    def is_account(self) -> bool:
        return self.principal.value.endswith(":root") or self.principal.value.isdigit()

    @property
    def severity(self) -> Severity:
        """Severity of this trust under its conditions. The policy pack evaluates whether it is acceptable at all."""
        required = {normalize_key(condition.key) for condition in self.conditions if not condition.is_vacuous}
        if self.is_excluded or self.principal.kind is PrincipalKind.ANYONE:
            return Severity.HIGH if required else Severity.CRITICAL
        if self.principal.kind is PrincipalKind.FEDERATED:
            needed = {"saml:aud"} if "saml" in self.action.lower() else {":aud", ":sub"}
            return Severity.MEDIUM if needed <= required else Severity.HIGH
        return Severity.MEDIUM if required or not self.is_account else Severity.HIGH


def compare_trust(before: Sequence[Statement], after: Sequence[Statement]) -> list[Change]:
    """The trust that is opened from `before` to `after`, and the trust that is closed."""
    if list(before) == list(after):
        return []
    old, new = dict.fromkeys(_find_trusted(before)), dict.fromkeys(_find_trusted(after))
    return [
        *_compare_trusted(Direction.GAINED, old, new),
        *_compare_trusted(Direction.LOST, new, old),
        *_compare_denials(before, after),
    ]


_Call = tuple[Principal, bool, str]


def _compare_trusted(
    direction: Direction, one: Iterable[TrustedPrincipal], other: Iterable[TrustedPrincipal]
) -> Iterator[Change]:
    """What the other has beyond the one."""
    known = set(one)
    index: dict[_Call, list[TrustedPrincipal]] = {}
    for trusted in one:
        index.setdefault((trusted.principal, trusted.is_excluded, trusted.action.lower()), []).append(trusted)
    new: dict[tuple[Conditions, str], list[TrustedPrincipal]] = {}
    reported: set[Change] = set()
    for trusted in other:
        if trusted in known:
            continue
        candidates = [each for wider in _find_wider(trusted) for each in index.get(wider, ())[:_MAX_CANDIDATES]]
        if any(entails_all(trusted.conditions, each.conditions) for each in candidates):
            continue
        same_principal = [each for each in candidates if each.principal == trusted.principal]
        if same_principal:
            nearest = max(same_principal, key=lambda each: _rate_similarity(trusted, each))
            change = _describe_weaker_conditions(direction, trusted, nearest)
            if change not in reported:
                reported.add(change)
                yield change
        else:
            new.setdefault((trusted.conditions, trusted.action), []).append(trusted)
    yield from _describe_new(direction, new)


def _describe_weaker_conditions(direction: Direction, trusted: TrustedPrincipal, nearest: TrustedPrincipal) -> Change:
    """The conditions that the nearest statement of the other side requires and this one does not."""
    missing = sorted(
        (each for each in nearest.conditions if not any(own.entails(each) for own in trusted.conditions)),
        key=lambda each: (each.key, each.operator, sorted(each.values)),
    )
    keys = tuple(dict.fromkeys(condition.written for condition in missing)) or (trusted.action,)
    if direction is Direction.LOST:
        required = join_words([condition.words for condition in missing], 5)
        return Change(
            direction,
            Plane.TRUST,
            keys,
            f"{trusted.description} must now meet: {required}",
            "trust is closed",
            None,
            key="trust-closed",
        )
    parts = [_describe_weakening(condition, trusted) for condition in missing]
    return Change(
        direction,
        Plane.TRUST,
        keys,
        f"for {trusted.description}, the trust policy {join_words(parts, 5)}",
        join_words(list(dict.fromkeys(_describe_risk(condition) for condition in missing)), 5),
        max(trusted.severity, Severity.HIGH),
        key="trust-opened",
    )


def _describe_weakening(condition: Condition, trusted: TrustedPrincipal) -> str:
    """What the trust requires instead of the condition."""
    remaining = [each for each in trusted.conditions if each.key == condition.key]
    if not remaining:
        return f"no longer requires {condition.words}"
    if _get_comparison(remaining[0]) != _get_comparison(condition):
        return f"requires only {remaining[0].words}, instead of {condition.words}"
    added, removed = remaining[0].values - condition.values, condition.values - remaining[0].values
    if removed:
        return f"accepts {condition.name} {list_alternatives(added)} instead of {list_alternatives(removed)}"
    return f"also accepts {condition.name} {list_alternatives(added)}"


def _describe_new(
    direction: Direction, groups: Mapping[tuple[Conditions, str], list[TrustedPrincipal]]
) -> Iterator[Change]:
    for (conditions, action), trusted in groups.items():
        principals = join_words([each.description for each in trusted], 5)
        required = join_words(sorted(condition.words for condition in conditions), 6)
        is_gained = direction is Direction.GAINED
        yield Change(
            direction,
            Plane.TRUST,
            (action,),
            f"{principals}, {f'with {required}' if conditions else 'without any condition'}",
            "can assume it" if is_gained else "can no longer assume it",
            max(each.severity for each in trusted) if is_gained else None,
            key="trust-opened" if is_gained else "trust-closed",
            detail=tuple(sorted(each.principal.value for each in trusted)),
        )


def _compare_denials(before: Sequence[Statement], after: Sequence[Statement]) -> Iterator[Change]:
    """Deny statements that are removed."""
    remaining = {_get_denial_key(statement) for statement in after if statement.denies}
    for statement in before:
        if statement.denies and _get_denial_key(statement) not in remaining:
            conditions = sorted({condition.words for condition in parse_conditions(statement)})
            yield Change(
                Direction.GAINED,
                Plane.TRUST,
                statement.actions or ("every action",),
                "no longer denied" + (f" where {join_words(conditions, 5)}" if conditions else ""),
                "callers that were denied may be able to assume it",
                Severity.HIGH,
                key="trust-opened",
            )


def _get_denial_key(statement: Statement) -> object:
    return (
        frozenset(statement.principals),
        frozenset(statement.not_principals),
        frozenset(statement.actions),
        frozenset(statement.not_actions),
        parse_conditions(statement),
    )


def _find_trusted(statements: Iterable[Statement]) -> Iterator[TrustedPrincipal]:
    for statement in statements:
        if not statement.allows:
            continue
        conditions = parse_conditions(statement)
        actions = statement.actions or (("*",) if statement.not_actions else ())
        for action in actions:
            for principal in statement.principals:
                yield TrustedPrincipal(principal, action, conditions)
            for principal in statement.not_principals:
                yield TrustedPrincipal(principal, action, conditions, is_excluded=True)


_ANYONE = Principal(PrincipalKind.ANYONE, "*")


def _find_wider(trusted: TrustedPrincipal) -> Iterator[_Call]:
    """The calls whose trust includes this one: by anyone, or with a wildcard action."""
    principals = (trusted.principal,) if trusted.principal == _ANYONE else (trusted.principal, _ANYONE)
    for action in dict.fromkeys((trusted.action.lower(), "sts:*", "*")):
        for principal in principals:
            yield principal, trusted.is_excluded and principal == trusted.principal, action


def _rate_similarity(one: TrustedPrincipal, other: TrustedPrincipal) -> tuple[int, int]:
    keys, other_keys = {each.key for each in one.conditions}, {each.key for each in other.conditions}
    return len(keys & other_keys), -len(keys ^ other_keys)


def _get_comparison(condition: Condition) -> object:
    kind = condition.operator
    return kind.base, kind.has_if_exists, kind.quantifier


_RISKS: Mapping[str, str] = {
    "sts:externalid": "anyone who makes that principal act for another of its customers can assume the role"
    " (confused deputy)",
    "sts:rolesessionname": "callers choose the session name, so each can use another caller's",
    "aws:principalorgid": "callers outside the organization can assume it",
    "aws:principalarn": "callers other than those named can assume it",
    "aws:principalaccount": "callers of other accounts can assume it",
    "aws:sourcearn": "another customer's resource can make the service act (confused deputy)",
    "aws:sourceaccount": "another customer's resource can make the service act (confused deputy)",
    "aws:multifactorauthpresent": "a stolen password or key is enough",
    "aws:sourceip": "callers on any network can assume it",
    "saml:aud": "assertions issued for another service are accepted",
    ":aud": "tokens issued for another application are accepted",
    ":sub": "every holder of such a token can assume it, whatever its subject",
    ":oaud": "tokens requested for another service are accepted",
}
"""What the absence of a condition makes possible, by its key."""


def _describe_risk(condition: Condition) -> str:
    return _RISKS.get(condition.key) or _RISKS.get(normalize_key(condition.key)) or "more callers can assume it"
