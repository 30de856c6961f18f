"""Conditions that no request can meet: the statement is there, and applies to nothing."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

from .conditions import Binding, Family, Test, binding, demands_presence
from .glob import is_pattern, matches

_SESSION = timedelta(hours=36)
"""The longest that temporary credentials last (sts:GetSessionToken), so that no older token is in use."""

CLOCK = ("aws:currenttime", "aws:epochtime")
_ALWAYS_THERE = frozenset({*CLOCK, "aws:securetransport", "aws:principaltype"})
_NO_PATTERNS = ("aws:principal", "aws:source", "aws:userid", "sts:", "iam:", "eks:", "saml:")
"""Keys whose values in a request never contain `*` or `?`."""


def impossible(tests: Sequence[Test], now: datetime) -> str | None:
    """Why the tests cannot all hold, in words; None where they can."""
    for test in tests:
        reason = _alone(test, now)
        if reason:
            return reason
    by_key: dict[str, list[Test]] = defaultdict(list)
    for test in tests:
        by_key[test.lower_key].append(test)
    return next((reason for same in by_key.values() if len(same) > 1 for reason in _together(same)), None)


def never_matches_literally(test: Test, keys: Iterable[str] = ()) -> bool:
    """Is a pattern written under an operator that takes it for plain text, for a key whose values have no `*`?"""
    key = test.lower_key
    plain = key.startswith(_NO_PATTERNS) or _is_claim(key) or key in keys
    return plain and binding(test, present=True) is Binding.NEVER


def _is_claim(key: str) -> bool:
    """Is it a claim of a token (`<provider>:sub`)?"""
    provider, _, claim = key.rpartition(":")
    return "." in provider and claim in ("aud", "sub", "azp", "oaud", "amr", "app_id")


def _alone(test: Test, now: datetime) -> str | None:
    kind, key = test.operator, test.lower_key
    if kind.family is Family.UNKNOWN:
        return None
    if kind.family is Family.NULL:
        absent = binding(test) is Binding.ABSENT
        return (
            f"{test.key} is in every request, and {test} demands that it is not"
            if absent and key in _ALWAYS_THERE
            else None
        )
    if kind.negated or kind.lets_absent_through:
        return None
    if not test.values:
        return f"{kind.written} {test.key} has no value"
    if never_matches_literally(test):
        wanted = "ArnLike" if key.endswith("arn") else "StringLike"
        return f"{test} takes its value as plain text, wildcard and all, and no request has it; patterns need {wanted}"
    if key == "aws:securetransport" and all(value.lower() == "false" for value in test.values):
        return f"{test} demands a request without TLS, which AWS's API does not take"
    if kind.family is Family.DATE:
        return _date(test, now)
    return None


def _date(test: Test, now: datetime) -> str | None:
    if not test.operator.base.startswith("datelessthan"):
        return None
    times = [time for time in map(time_of, test.values) if time]
    if len(times) < len(test.values):
        return None
    if test.lower_key in CLOCK and max(times) < now:
        return f"{test} has been over since then"
    if test.lower_key == "aws:tokenissuetime" and max(times) < now - _SESSION:
        return f"{test} demands credentials that were issued before then, and none last so long"
    return None


def _together(tests: list[Test]) -> Iterable[str]:
    """Why tests of one key exclude each other."""
    shown = " and ".join(str(test) for test in tests[:3])
    absent = any(binding(test) is Binding.ABSENT for test in tests)
    if absent and demands_presence(tests, tests[0].lower_key):
        yield f"{shown}: the key would have to be there and not be there"
    exact = [test for test in tests if test.operator.base == "stringequals" and _binds(test)]
    for test in exact[1:]:
        if not set(test.values) & set(exact[0].values):
            yield f"{shown}: no value is in both"
    for test in exact[:1]:
        for other in tests:
            if other.operator.negated and other.operator.family is Family.STRING and _excludes(other, test.values):
                yield f"{shown}: the second refuses what the first demands"
            if other.operator.base == "stringlike" and _binds(other):
                known = [value for value in test.values if any(matches(each, value) for each in other.values)]
                if not known and not any("${" in value for value in (*test.values, *other.values)):
                    yield f"{shown}: no value meets both"
    bools = {value.lower() for test in tests if test.operator.base == "bool" and _binds(test) for value in test.values}
    if {"true", "false"} <= bools and sum(test.operator.base == "bool" for test in tests) > 1:
        yield f"{shown}: it would have to be both"
    yield from _range(tests, shown)


def _range(tests: list[Test], shown: str) -> Iterable[str]:
    """A lower bound above an upper one."""
    for family, read in ((Family.DATE, _stamp), (Family.NUMERIC, _number)):
        low = _bounds(tests, family, "greaterthan", read)
        high = _bounds(tests, family, "lessthan", read)
        if low and high and min(low) > max(high):
            yield f"{shown}: nothing lies between"


def _bounds(tests: list[Test], family: Family, word: str, read: Callable[[str], float | None]) -> list[float]:
    """Of each test the easiest of its values is what counts; they are few, and all are returned."""
    among = [test for test in tests if test.operator.family is family and word in test.operator.base and _binds(test)]
    return [number for test in among for number in map(read, test.values) if number is not None]


def _binds(test: Test) -> bool:
    return bool(test.values) and not test.operator.negated and not test.operator.lets_absent_through


def _excludes(test: Test, values: tuple[str, ...]) -> bool:
    excluded = test.values
    if test.operator.globs:
        return all(any(matches(each, value) for each in excluded) for value in values)
    return all(value in excluded and not is_pattern(value) for value in values)


def time_of(text: str) -> datetime | None:
    """ISO 8601, or seconds since 1970, as IAM takes both."""
    try:
        if text.lstrip("-").isdigit():
            return datetime.fromtimestamp(int(text), UTC)
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _stamp(text: str) -> float | None:
    time = time_of(text)
    return time.timestamp() if time else None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
