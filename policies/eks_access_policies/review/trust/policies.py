"""Compares trust policies: who may newly assume a role, and which conditions are no longer required. Pure.

A statement grants nothing new if a statement of the other side has the same or a wider principal and requires no
condition that this one does not. Any other statement is compared with the nearest one of the other side, and reported
by the condition that was removed, changed or weakened; if there is none, the principal is reported as newly trusted.
What cannot be decided is reported as a gain.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from ...finding import Severity
from ...iam import Statement
from ...iam.actions import find_action
from ..change import Change, Direction, Plane
from ..conditions import Condition, Conditions, entails_all, list_alternatives, normalize_key
from ..formatting import join_words, quote_name
from ..ranges import RANGES
from .trusted import (
    ANYONE,
    SESSION_ACTIONS,
    TrustedPrincipal,
    TrustIndex,
    find_ineffective_actions,
    find_trusted,
)

_READ = "read it before you approve"


def compare_trust(before: Sequence[Statement], after: Sequence[Statement]) -> list[Change]:
    """The trust that is opened from `before` to `after`, and the trust that is closed."""
    if list(before) == list(after):
        return []
    old, new = find_trusted(before), find_trusted(after)
    old_denied, new_denied = find_trusted(before, "Deny"), find_trusted(after, "Deny")
    return [
        *_compare_ineffective(before, after),
        *_compare_trusted(Direction.GAINED, old, new),
        *_compare_trusted(Direction.LOST, new, old),
        *_compare_denied(Direction.GAINED, new_denied, old_denied),
        *_compare_denied(Direction.LOST, old_denied, new_denied),
    ]


def _compare_ineffective(before: Sequence[Statement], after: Sequence[Statement]) -> Iterator[Change]:
    """Actions that AWS's reference does not have and that are newly allowed: whether they assume a role is not known.

    Those that it has, and that assume no role, have no effect in a trust policy.
    """
    known = {action.lower() for action in find_ineffective_actions(before)}
    for action in find_ineffective_actions(after):
        if action.lower() not in known and find_action(action) is None:
            what = f"what {quote_name(action)} allows in the trust policy: AWS's reference has no such action"
            yield Change(Direction.UNKNOWN, Plane.TRUST, (), what, _READ, None, key="access-unknown")


def _compare_trusted(
    direction: Direction, one: Iterable[TrustedPrincipal], other: Iterable[TrustedPrincipal]
) -> Iterator[Change]:
    """What the other has beyond the one."""
    index = TrustIndex(one)
    new: dict[TrustedPrincipal, list[str]] = {}
    weakened: dict[Change, None] = {}
    for trusted in other:
        candidates = index.find_candidates(trusted)
        if any(each.covers(trusted) for each in candidates):
            continue
        alike = [
            each for each in candidates if (each.principal, each.excluded) == (trusted.principal, trusted.excluded)
        ]
        if alike:
            nearest = max(alike, key=lambda each: _rate_similarity(trusted, each))
            weakened[_describe_weaker_conditions(direction, trusted, nearest)] = None
            continue
        for each in _find_newly_included(trusted, candidates) or (trusted,):
            new.setdefault(replace(each, action=""), []).append(each.action)
    yield from weakened
    yield from _describe_new(direction, new)


def _find_newly_included(trusted: TrustedPrincipal, candidates: Iterable[TrustedPrincipal]) -> list[TrustedPrincipal]:
    """The principals that a NotPrincipal no longer lists, if nothing else is different."""
    for each in candidates if trusted.excluded else ():
        if each.excluded and entails_all(trusted.conditions, each.conditions):
            return [
                TrustedPrincipal(principal, trusted.action, trusted.conditions)
                for principal in sorted(each.excluded - trusted.excluded, key=lambda one: one.value)
            ]
    return []


def _describe_weaker_conditions(direction: Direction, trusted: TrustedPrincipal, nearest: TrustedPrincipal) -> Change:
    """The conditions that the nearest statement of the other side requires and this one does not."""
    missing = sorted(
        (each for each in nearest.conditions if not any(own.entails(each) for own in trusted.conditions)),
        key=lambda each: (each.key, each.operator, sorted(each.values)),
    )
    keys = tuple(dict.fromkeys(condition.written for condition in missing))
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
        join_words(list(dict.fromkeys(_describe_risk(condition, trusted) for condition in missing)), 5),
        max(trusted.severity, Severity.HIGH),
        key="trust-opened",
    )


def _describe_weakening(condition: Condition, trusted: TrustedPrincipal) -> str:
    """What the trust requires instead of the condition."""
    remaining = [each for each in trusted.conditions if each.key == condition.key]
    if not remaining:
        return f"no longer requires {condition.words}"
    if _get_comparison(remaining[0]) != _get_comparison(condition) or condition.operator.family in RANGES:
        return f"requires only {remaining[0].words}, instead of {condition.words}"
    added, removed = remaining[0].values - condition.values, condition.values - remaining[0].values
    if condition.operator.is_negated:
        return f"also accepts {condition.name} {list_alternatives(removed)}"
    if removed:
        return f"accepts {condition.name} {list_alternatives(added)} instead of {list_alternatives(removed)}"
    return f"also accepts {condition.name} {list_alternatives(added)}"


def _describe_new(direction: Direction, new: Mapping[TrustedPrincipal, Sequence[str]]) -> Iterator[Change]:
    """Principals with the same calls under the same conditions as one change."""
    groups: dict[tuple[Conditions, tuple[str, ...]], list[TrustedPrincipal]] = {}
    for trusted, actions in new.items():
        groups.setdefault((trusted.conditions, tuple(actions)), []).append(trusted)
    for (conditions, actions), principals in groups.items():
        names = join_words([each.description for each in principals], 5)
        required = join_words(sorted(condition.words for condition in conditions), 6)
        is_gained = direction is Direction.GAINED
        yield Change(
            direction,
            Plane.TRUST,
            actions,
            f"{names}, {f'with {required}' if conditions else 'without any condition'}",
            _describe_calls(actions) if is_gained else _describe_calls(actions).replace("can ", "can no longer ", 1),
            max(replace(each, action=action).severity for each in principals for action in actions)
            if is_gained
            else None,
            key="trust-opened" if is_gained else "trust-closed",
            detail=tuple(sorted(each.written or each.principal.value for each in principals)),
        )


def _describe_calls(actions: Sequence[str]) -> str:
    """What the actions allow: assuming the role, or only setting something of a session."""
    if all(action in SESSION_ACTIONS for action in actions):
        return SESSION_ACTIONS[actions[0]]
    return "can assume it"


def _compare_denied(
    direction: Direction, one: Iterable[TrustedPrincipal], other: Iterable[TrustedPrincipal]
) -> Iterator[Change]:
    """What the other denies beyond the one: denials that are removed or narrowed, or for a loss added or widened."""
    index = TrustIndex(one)
    groups: dict[tuple[Conditions, str], dict[str, None]] = {}
    for denied in other:
        if not any(each.covers(denied) for each in index.find_candidates(denied)):
            everyone = denied.principal == ANYONE and not denied.excluded
            name = "" if everyone else f"{denied.description}: "
            groups.setdefault((denied.conditions, name), {})[denied.action] = None
    is_gained = direction is Direction.GAINED
    for (conditions, name), actions in groups.items():
        met = join_words(sorted(condition.words for condition in conditions), 5)
        yield Change(
            direction,
            Plane.TRUST,
            tuple(actions),
            f"{name}{'no longer' if is_gained else 'now'} denied" + (f" where {met}" if conditions else ""),
            "callers that were denied may be able to assume it" if is_gained else "these callers cannot assume it",
            Severity.HIGH if is_gained else None,
            key="trust-opened" if is_gained else "trust-closed",
        )


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


def _describe_risk(condition: Condition, trusted: TrustedPrincipal) -> str:
    """What it makes possible that the condition is gone, or that other values meet it."""
    is_of_token = normalize_key(condition.key) == ":sub"
    if any(each.key == condition.key and each.limits_values for each in trusted.conditions) or (
        is_of_token and trusted.limits_subject
    ):
        return "more callers can assume it"
    return _RISKS.get(condition.key) or _RISKS.get(normalize_key(condition.key)) or "more callers can assume it"
