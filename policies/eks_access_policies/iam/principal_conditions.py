"""Which conditions say who may act, and whom they leave. Time, place and MFA do not: anybody can meet those."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from .conditions import Binding, Test, binding, demands_presence
from .glob import is_pattern, literal_prefix


class Scope(Enum):
    """What a value leaves of all principals."""

    ORGANIZATION = "an organization"
    ACCOUNT = "an account"
    PRINCIPAL = "a principal"
    RESOURCE = "an AWS service, for a resource or account"
    OPEN = "anyone"


@dataclass(frozen=True)
class Named:
    scope: Scope
    account: str = ""
    why: str = ""
    """For an open one: why it leaves everyone."""
    organization: str = ""
    """The organization's id, where one is written out."""


@dataclass(frozen=True)
class CallerRestriction:
    """What the conditions of one statement say about who may act."""

    named: tuple[Named, ...] = ()
    """Whom the narrowest condition leaves; nobody is named where nothing is said."""
    open: tuple[tuple[Test, str], ...] = ()
    """Tests that look as if they said it, with why they do not."""

    @property
    def says(self) -> bool:
        return bool(self.named)

    @property
    def accounts(self) -> frozenset[str]:
        return frozenset(each.account for each in self.named if each.account)

    @property
    def is_organization(self) -> bool:
        return self.says and all(each.scope is Scope.ORGANIZATION for each in self.named)


_ACCOUNT = re.compile(r"[0-9]{12}")
_ORGANIZATION = re.compile(r"o-[a-z0-9]+", re.IGNORECASE)
_OWN = ("${aws:resourceaccount}", "${aws:resourceorgid}")
"""Variables that stand for the role's own account or organization."""


def evaluate_caller_restriction(tests: Sequence[Test], organizations: Collection[str] = ()) -> CallerRestriction:
    """Read the conditions on who may act. Several tests must all hold, so the narrowest says it.

    `organizations` are one's own: everybody in another one is anybody. Without any, every one will do.
    """
    best: tuple[Named, ...] = ()
    opened: list[tuple[Test, str]] = []
    for test in tests:
        read_value = _KEYS.get(test.lower_key)
        if read_value is None:
            continue
        said = _named(test, read_value, present=demands_presence([t for t in tests if t is not test], test.lower_key))
        named = tuple(_foreign(each) if _is_foreign(each, organizations) else each for each in said)
        failed = next((each for each in named if each.scope is Scope.OPEN), None)
        if failed:
            opened.append((test, failed.why))
        elif named and (not best or _rank(named) < _rank(best)):
            best = named
    return CallerRestriction(best, tuple(opened))


def irrelevant(tests: Iterable[Test]) -> tuple[Test, ...]:
    """Tests that say nothing about who may act: about time, place, transport, or how somebody signed in."""
    return tuple(test for test in tests if test.lower_key in _BYSTANDERS)


def account_of(arn: str) -> str:
    """The account that a principal's or resource's ARN is in; nothing where a pattern or variable leaves it open."""
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 and _ACCOUNT.fullmatch(parts[4]) else ""


def why_open(found: Binding, test: Test) -> str:
    """Words for a binding that lets others through."""
    if found is Binding.ABSENT_PASSES:
        part = "IfExists" if test.operator.if_exists else "ForAllValues"
        return f"with {part}, a request without {test.key} passes"
    if found is Binding.NEGATED:
        return f"{test.operator.written} lets every other value through"
    if found is Binding.ABSENT:
        return f"it demands that {test.key} is absent"
    if found is Binding.PRESENT:
        return f"any {test.key} will do"
    return f"{test.values[0]!r} matches every value" if test.values else "it has no value"


def _named(test: Test, read_value: Callable[[str], Named], *, present: bool) -> tuple[Named, ...]:
    found = binding(test, present=present)
    if found is Binding.NEVER:
        return ()
    if found is not Binding.PINS:
        return (Named(Scope.OPEN, why=why_open(found, test)),)
    return tuple(read_value(value) for value in test.values)


def _is_foreign(named: Named, organizations: Collection[str]) -> bool:
    return bool(named.organization and organizations) and named.organization not in organizations


def _foreign(named: Named) -> Named:
    return Named(Scope.OPEN, why=f"{named.organization!r} is none of your organizations")


def _rank(named: Sequence[Named]) -> int:
    order = [Scope.PRINCIPAL, Scope.ACCOUNT, Scope.RESOURCE, Scope.ORGANIZATION, Scope.OPEN]
    return max(order.index(each.scope) for each in named)


def _account(value: str) -> Named:
    if _ACCOUNT.fullmatch(value):
        return Named(Scope.ACCOUNT, value)
    if value.lower() in _OWN:
        return Named(Scope.ACCOUNT)
    return Named(Scope.OPEN, why=f"{value!r} is not one account")


def _organization(value: str) -> Named:
    if value.lower() in _OWN:
        return Named(Scope.ORGANIZATION)
    if _ORGANIZATION.fullmatch(value):
        return Named(Scope.ORGANIZATION, organization=value)
    return Named(Scope.OPEN, why=f"{value!r} is not one organization's id")


def _path(value: str) -> Named:
    organization, slash, _ = value.partition("/")
    if slash and not is_pattern(organization):
        return Named(Scope.ORGANIZATION, organization="" if organization.lower() in _OWN else organization)
    return Named(Scope.OPEN, why=f"{value!r} is not inside of one organization")


def _principal(value: str) -> Named:
    account = account_of(value)
    if not account and ":${aws:resourceaccount}:" not in value.lower():
        return Named(
            Scope.OPEN, why=f"{value!r} leaves the account open, and in an account of one's own any name is free"
        )
    named = value.split(":", 5)[5]
    return Named(Scope.ACCOUNT if is_pattern(named) or named == "root" else Scope.PRINCIPAL, account)


def _source(value: str) -> Named:
    account = account_of(value)
    if account or ":${aws:resourceaccount}:" in value.lower():
        return Named(Scope.RESOURCE, account)
    parts = value.split(":", 5)
    bucket = len(parts) == 6 and parts[2] == "s3" and literal_prefix(parts[5])
    return Named(Scope.RESOURCE) if bucket else Named(Scope.OPEN, why=f"{value!r} leaves the account open")


def _source_account(value: str) -> Named:
    found = _account(value)
    return found if found.scope is Scope.OPEN else Named(Scope.RESOURCE, found.account)


def _userid(value: str) -> Named:
    if re.match(r"A(ROA|IDA)[A-Z0-9]{12,}", value) or _ACCOUNT.fullmatch(value):
        return Named(Scope.PRINCIPAL)
    return Named(Scope.OPEN, why=f"{value!r} is not the unique id of a role or user")


def _service(value: str) -> Named:
    if is_pattern(value) or value.lower() == "false":
        return Named(Scope.OPEN, why=f"{value!r} is not one service")
    return Named(Scope.RESOURCE)


_KEYS: Mapping[str, Callable[[str], Named]] = {
    "aws:principalorgid": _organization,
    "aws:principalorgpaths": _path,
    "aws:principalaccount": _account,
    "aws:principalarn": _principal,
    "aws:userid": _userid,
    "aws:sourceaccount": _source_account,
    "aws:sourcearn": _source,
    "aws:sourceorgid": _organization,
    "aws:sourceorgpaths": _path,
    "aws:principalservicename": _service,
    "aws:principalisawsservice": _service,
}
SOURCE_KEYS = ("aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths")

_BYSTANDERS = frozenset(
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
