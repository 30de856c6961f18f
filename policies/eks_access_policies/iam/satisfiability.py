"""Finds conditions that no request can satisfy, and conditions that every request of a role or user satisfies.

A statement with the first kind applies to nothing; a Deny under the second kind is unconditional.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network

from .conditions import Condition, Constraint, Family, classify_constraint, requires_presence
from .glob import is_anything, is_pattern, matches

_MAX_SESSION = timedelta(hours=36)
"""The longest that temporary credentials last (sts:GetSessionToken), so that no older token is in use."""

_SOURCE_IP = "aws:sourceip"
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourceip"""
_PRIVATE_NETWORKS = tuple(
    map(
        IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16")
    )
)
_PRIVATE_NETWORKS_V6 = tuple(map(IPv6Network, ("fc00::/7", "fe80::/10", "::1/128")))
"""Private, shared, loopback and link-local: https://www.iana.org/assignments/iana-ipv4-special-registry"""
_CLOCK_KEYS = ("aws:currenttime", "aws:epochtime")
_IN_EVERY_REQUEST = frozenset({*_CLOCK_KEYS, "aws:securetransport", "aws:principaltype"})
_IN_EVERY_IDENTITY_REQUEST = _IN_EVERY_REQUEST | {"aws:principalaccount", "aws:principalarn", "aws:userid"}
"""In every request of a role or user; a service's own request has no principal.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html, "Availability\""""
_KEYS_WITHOUT_WILDCARDS = ("aws:principal", "aws:source", "aws:userid", "sts:", "iam:", "eks:", "saml:")
"""Keys whose values in a request never contain `*` or `?`."""


def explain_unsatisfiable(conditions: Sequence[Condition], now: datetime) -> str | None:
    """Why no request satisfies all of the conditions, in words; None if one can."""
    for condition in conditions:
        reason = _explain_alone(condition, now)
        if reason:
            return reason
    by_key: dict[str, list[Condition]] = defaultdict(list)
    for condition in conditions:
        by_key[condition.lower_key].append(condition)
    contradictions = (reason for same in by_key.values() if len(same) > 1 for reason in _explain_together(same))
    return next(contradictions, None)


def is_always_satisfied(condition: Condition, now: datetime) -> bool:
    """Whether every request of a role or user satisfies the condition; False if that is not certain."""
    operator, key = condition.operator, condition.lower_key
    is_always_present = key in _IN_EVERY_IDENTITY_REQUEST
    if operator.family is Family.NULL:
        return is_always_present and classify_constraint(condition) is Constraint.PRESENT
    if operator.family is Family.DATE and key in _CLOCK_KEYS and "greaterthan" in operator.base:
        return any(time is not None and time < now for time in map(_parse_time, condition.values))
    if operator.family is Family.BOOL and key == "aws:securetransport":
        return "true" in map(str.lower, condition.values)
    if operator.family is Family.IP and key == _SOURCE_IP and operator.is_negated:
        return bool(condition.values) and all(map(_is_private, condition.values))
    takes_patterns = operator.family is Family.STRING and operator.takes_patterns
    if not takes_patterns or operator.is_negated or operator.quantifier == "ForAnyValue":
        return False
    return (is_always_present or operator.passes_if_absent) and any(map(is_anything, condition.values))


def _has_literal_wildcard(condition: Condition) -> bool:
    """Whether a pattern is written under an operator that compares literally, for a key without `*` in its values."""
    key = condition.lower_key
    has_no_wildcards = key.startswith(_KEYS_WITHOUT_WILDCARDS) or _is_token_claim(key)
    return has_no_wildcards and classify_constraint(condition, present=True) is Constraint.NEVER


def _is_token_claim(key: str) -> bool:
    """Whether the key is a claim of a web identity token (`<provider>:sub`)."""
    provider, _, claim = key.rpartition(":")
    return "." in provider and claim in ("aud", "sub", "azp", "oaud", "amr", "app_id")


def _explain_alone(condition: Condition, now: datetime) -> str | None:
    """Why no request satisfies this one condition."""
    operator, key = condition.operator, condition.lower_key
    if operator.family is Family.UNKNOWN:
        return None
    if operator.family is Family.NULL:
        if key in _IN_EVERY_REQUEST and classify_constraint(condition) is Constraint.ABSENT:
            return f"{condition.key} is in every request, and {condition} requires that it is not"
        return None
    if operator.is_negated or operator.passes_if_absent:
        return None
    if not condition.values:
        return f"{operator.written} {condition.key} has no value"
    if _has_literal_wildcard(condition):
        needed = f"{'Arn' if key.endswith('arn') else 'String'}{'Not' if condition.denied else ''}Like"
        return f"{condition} compares its value literally, wildcard included, and no request has it; use {needed}"
    if key == "aws:securetransport" and all(value.lower() == "false" for value in condition.values):
        return f"{condition} requires a request without TLS, which AWS's API does not accept"
    if operator.family is Family.IP and key == _SOURCE_IP and all(map(_is_private, condition.values)):
        return (
            f"{condition} is never satisfied: the key has the public address of the request, and is absent if the"
            " request comes through a VPC endpoint; use aws:VpcSourceIp"
        )
    if operator.family is Family.DATE:
        return _explain_date(condition, now)
    return None


def _is_private(value: str) -> bool:
    """Whether no address of the network is a public one, from which a request to AWS comes."""
    try:
        network = ip_network(value, strict=False)
    except ValueError:
        return False
    if isinstance(network, IPv4Network):
        return any(map(network.subnet_of, _PRIVATE_NETWORKS))
    return any(map(network.subnet_of, _PRIVATE_NETWORKS_V6))


def _explain_date(condition: Condition, now: datetime) -> str | None:
    if not condition.operator.base.startswith("datelessthan"):
        return None
    times = [time for time in map(_parse_time, condition.values) if time]
    if len(times) < len(condition.values):
        return None
    if condition.lower_key in _CLOCK_KEYS and max(times) < now:
        return f"{condition} is in the past"
    if condition.lower_key == "aws:tokenissuetime" and max(times) < now - _MAX_SESSION:
        return f"{condition} requires credentials that were issued before that time and have all expired"
    return None


def _explain_together(conditions: list[Condition]) -> Iterable[str]:
    """Why conditions on one key contradict each other."""
    shown = " and ".join(map(str, conditions[:3]))
    is_absent = any(classify_constraint(condition) is Constraint.ABSENT for condition in conditions)
    if is_absent and requires_presence(conditions, conditions[0].lower_key):
        yield f"{shown}: the key must be both present and absent"
    yield from _explain_strings(conditions, shown)
    bools = [each for each in conditions if each.operator.base == "bool"]
    required = {value.lower() for each in bools if _binds(each) for value in each.values}
    if {"true", "false"} <= required and len(bools) > 1:
        yield f"{shown}: the value must be both"
    yield from _explain_ranges(conditions, shown)


def _explain_strings(conditions: list[Condition], shown: str) -> Iterable[str]:
    exact = [each for each in conditions if each.operator.base == "stringequals" and _binds(each)]
    for condition in exact[1:]:
        if not set(condition.values) & set(exact[0].values):
            yield f"{shown}: they have no value in common"
    for condition in exact[:1]:
        for other in conditions:
            is_negated_string = other.operator.is_negated and other.operator.family is Family.STRING
            if is_negated_string and _excludes(other, condition.values):
                yield f"{shown}: the second excludes what the first requires"
            if other.operator.base == "stringlike" and _binds(other):
                common = [value for value in condition.values if any(matches(each, value) for each in other.values)]
                if not common and not any("${" in value for value in (*condition.values, *other.values)):
                    yield f"{shown}: no value satisfies both"


def _explain_ranges(conditions: list[Condition], shown: str) -> Iterable[str]:
    """A lower bound above an upper one."""
    for family, parse in ((Family.DATE, _parse_timestamp), (Family.NUMERIC, _parse_number)):
        low = _bounds(conditions, family, "greaterthan", parse)
        high = _bounds(conditions, family, "lessthan", parse)
        if low and high and min(low) > max(high):
            yield f"{shown}: the range is empty"


def _bounds(
    conditions: list[Condition], family: Family, direction: str, parse: Callable[[str], float | None]
) -> list[float]:
    """All values of the bounds in one direction; of several values of one condition the weakest counts."""
    bounds = [each for each in conditions if each.operator.family is family and direction in each.operator.base]
    numbers = (parse(value) for each in bounds if _binds(each) for value in each.values)
    return [number for number in numbers if number is not None]


def _binds(condition: Condition) -> bool:
    return bool(condition.values) and not condition.operator.is_negated and not condition.operator.passes_if_absent


def _excludes(condition: Condition, values: tuple[str, ...]) -> bool:
    excluded = condition.values
    if condition.operator.takes_patterns:
        return all(any(matches(each, value) for each in excluded) for value in values)
    return all(value in excluded and not is_pattern(value) for value in values)


def _parse_time(text: str) -> datetime | None:
    """ISO 8601, or seconds since 1970: IAM accepts both."""
    try:
        if text.lstrip("-").isdigit():
            return datetime.fromtimestamp(int(text), UTC)
        time = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except (ValueError, OverflowError, OSError):
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _parse_timestamp(text: str) -> float | None:
    time = _parse_time(text)
    return time.timestamp() if time else None


def _parse_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
