"""Evaluates conditions that restrict the caller.

Conditions on time, network or MFA are ignored: any caller can satisfy them.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from .conditions import Condition, Constraint, classify_constraint, requires_presence
from .glob import is_pattern, literal_prefix


class Scope(Enum):
    """The callers that a condition value leaves."""

    ORGANIZATION = "an organization"
    ACCOUNT = "an account"
    PRINCIPAL = "a principal"
    RESOURCE = "an AWS service, for a resource or account"
    OPEN = "anyone"


@dataclass(frozen=True)
class NamedCaller:
    """The callers that one condition value names."""

    scope: Scope
    account: str = ""
    why: str = ""
    """For `Scope.OPEN`: why it is no restriction."""
    organization: str = ""
    """The organization's id, if it is written out."""


@dataclass(frozen=True)
class CallerRestriction:
    """How the conditions of one statement restrict the caller."""

    callers: tuple[NamedCaller, ...] = ()
    """The callers that the narrowest condition leaves; empty if no condition restricts the caller."""
    ineffective: tuple[tuple[Condition, str], ...] = ()
    """Conditions that look like a restriction and are none, each with the reason."""

    @property
    def is_restricted(self) -> bool:
        return bool(self.callers)

    @property
    def accounts(self) -> frozenset[str]:
        return frozenset(each.account for each in self.callers if each.account)

    @property
    def is_organization(self) -> bool:
        return self.is_restricted and all(each.scope is Scope.ORGANIZATION for each in self.callers)


_ACCOUNT = re.compile(r"[0-9]{12}")
_ORGANIZATION = re.compile(r"o-[a-z0-9]+", re.IGNORECASE)
_OWN_VARIABLES = ("${aws:resourceaccount}", "${aws:resourceorgid}")
"""Variables for the role's own account or organization."""


def evaluate_caller_restriction(
    conditions: Sequence[Condition], organizations: Collection[str] = ()
) -> CallerRestriction:
    """Evaluate which callers the conditions leave. All must be satisfied, so the narrowest one counts.

    `organizations` are one's own: a condition on another one is no restriction. If empty, any organization counts.
    """
    best: tuple[NamedCaller, ...] = ()
    opened: list[tuple[Condition, str]] = []
    for condition in conditions:
        read_value = _READERS_BY_KEY.get(condition.lower_key)
        if read_value is None:
            continue
        restriction = _read_callers(
            condition,
            read_value,
            present=requires_presence([t for t in conditions if t is not condition], condition.lower_key),
        )
        named = tuple(
            _open_organization(each) if _is_other_organization(each, organizations) else each for each in restriction
        )
        failed = next((each for each in named if each.scope is Scope.OPEN), None)
        if failed:
            opened.append((condition, failed.why))
        elif named and (not best or _rank(named) < _rank(best)):
            best = named
    return CallerRestriction(best, tuple(opened))


def find_non_identifying(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    """Conditions that do not restrict the caller: on time, network, transport, or how the caller signed in."""
    return tuple(condition for condition in conditions if condition.lower_key in _NON_IDENTIFYING_KEYS)


def parse_account_of(arn: str) -> str:
    """The account of a principal's or resource's ARN; empty if a pattern or variable leaves it open."""
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 and _ACCOUNT.fullmatch(parts[4]) else ""


def explain_open(constraint: Constraint, condition: Condition) -> str:
    """Why a condition with this constraint does not restrict its key to the listed values."""
    if condition.denied is not None and constraint is Constraint.ABSENT_PASSES:
        return f"a request without {condition.key} is not denied"
    if condition.denied is not None and constraint is Constraint.NEGATED:
        return "no other value is denied"
    if constraint is Constraint.ABSENT_PASSES:
        part = "IfExists" if condition.operator.has_if_exists else "ForAllValues"
        return f"with {part}, a request without {condition.key} passes"
    if constraint is Constraint.NEGATED:
        return f"{condition.operator.written} accepts every other value"
    if constraint is Constraint.ABSENT:
        return f"it requires that {condition.key} is absent"
    if constraint is Constraint.PRESENT:
        return f"it accepts any {condition.key}"
    return f"{condition.values[0]!r} matches every value" if condition.values else "it has no value"


def _read_callers(
    condition: Condition, read_value: Callable[[str], NamedCaller], *, present: bool
) -> tuple[NamedCaller, ...]:
    constraint = classify_constraint(condition, present=present)
    if constraint is Constraint.NEVER:
        return ()
    if constraint is not Constraint.PINS:
        return (NamedCaller(Scope.OPEN, why=explain_open(constraint, condition)),)
    return tuple(read_value(value) for value in condition.values)


def _is_other_organization(named: NamedCaller, organizations: Collection[str]) -> bool:
    return bool(named.organization and organizations) and named.organization not in organizations


def _open_organization(named: NamedCaller) -> NamedCaller:
    return NamedCaller(Scope.OPEN, why=f"{named.organization!r} is not one of your organizations")


def _rank(named: Sequence[NamedCaller]) -> int:
    order = [Scope.PRINCIPAL, Scope.ACCOUNT, Scope.RESOURCE, Scope.ORGANIZATION, Scope.OPEN]
    return max(order.index(each.scope) for each in named)


def _account(value: str) -> NamedCaller:
    if _ACCOUNT.fullmatch(value):
        return NamedCaller(Scope.ACCOUNT, value)
    if value.lower() in _OWN_VARIABLES:
        return NamedCaller(Scope.ACCOUNT)
    return NamedCaller(Scope.OPEN, why=f"{value!r} is not one account")


def _organization(value: str) -> NamedCaller:
    if value.lower() in _OWN_VARIABLES:
        return NamedCaller(Scope.ORGANIZATION)
    if _ORGANIZATION.fullmatch(value):
        return NamedCaller(Scope.ORGANIZATION, organization=value)
    return NamedCaller(Scope.OPEN, why=f"{value!r} is not one organization's id")


def _path(value: str) -> NamedCaller:
    organization, slash, _ = value.partition("/")
    if slash and not is_pattern(organization):
        return NamedCaller(
            Scope.ORGANIZATION, organization="" if organization.lower() in _OWN_VARIABLES else organization
        )
    return NamedCaller(Scope.OPEN, why=f"{value!r} is not a path within one organization")


def _principal(value: str) -> NamedCaller:
    account = parse_account_of(value)
    if not account and ":${aws:resourceaccount}:" not in value.lower():
        return NamedCaller(
            Scope.OPEN, why=f"{value!r} leaves the account open, and anyone can choose any name in their own account"
        )
    named = value.split(":", 5)[5]
    return NamedCaller(Scope.ACCOUNT if is_pattern(named) or named == "root" else Scope.PRINCIPAL, account)


def _source(value: str) -> NamedCaller:
    account = parse_account_of(value)
    if account or ":${aws:resourceaccount}:" in value.lower():
        return NamedCaller(Scope.RESOURCE, account)
    parts = value.split(":", 5)
    bucket = len(parts) == 6 and parts[2] == "s3" and literal_prefix(parts[5])
    return NamedCaller(Scope.RESOURCE) if bucket else NamedCaller(Scope.OPEN, why=f"{value!r} leaves the account open")


def _source_account(value: str) -> NamedCaller:
    found = _account(value)
    return found if found.scope is Scope.OPEN else NamedCaller(Scope.RESOURCE, found.account)


def _userid(value: str) -> NamedCaller:
    if re.match(r"A(ROA|IDA)[A-Z0-9]{12,}", value) or _ACCOUNT.fullmatch(value):
        return NamedCaller(Scope.PRINCIPAL)
    return NamedCaller(Scope.OPEN, why=f"{value!r} is not the unique id of a role or user")


def _service(value: str) -> NamedCaller:
    if is_pattern(value):
        return NamedCaller(Scope.OPEN, why=f"{value!r} is not one service")
    return NamedCaller(Scope.RESOURCE)


def _any_service(value: str) -> NamedCaller:
    why = "every service of AWS passes, for any customer's resource" if value.lower() == "true" else "it is no service"
    return NamedCaller(Scope.OPEN, why=why)


ANY_SERVICE = "aws:principalisawsservice"
SERVICE_NAME = "aws:principalservicename"
_READERS_BY_KEY: Mapping[str, Callable[[str], NamedCaller]] = {
    "aws:principalorgid": _organization,
    "aws:principalorgpaths": _path,
    "aws:principalaccount": _account,
    "aws:principalarn": _principal,
    "aws:userid": _userid,
    "aws:sourceaccount": _source_account,
    "aws:sourcearn": _source,
    "aws:sourceorgid": _organization,
    "aws:sourceorgpaths": _path,
    SERVICE_NAME: _service,
    ANY_SERVICE: _any_service,
}
SOURCE_KEYS = ("aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths")

_NON_IDENTIFYING_KEYS = frozenset(
    {
        "aws:currenttime",
        "aws:epochtime",
        "aws:multifactorauthage",
        "aws:multifactorauthpresent",
        "aws:principaltype",
        "aws:referer",
        "aws:requestedregion",
        "aws:securetransport",
        "aws:sourceip",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:tokenissuetime",
        "aws:useragent",
        "aws:viaawsservice",
        "aws:vpcsourceip",
        "sts:rolesessionname",
        "sts:sourceidentity",
    }
)
