"""Finds the roles of a stack that each of its principals may assume. Pure.

A principal may assume a role if its policies allow it and the role's trust policy accepts it; in one account, a trust
policy that names the principal is enough. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html

Conditions are taken as met. Principals with the same policies share one result, so that the time is linear.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ...access.principals import canonicalize
from ...iam import PrincipalKind, Statement
from ...iam.glob import is_anything, is_pattern, overlaps
from ...iam.trust.trust_statement import ASSUME_ROLE, covers_action
from ..side import PrincipalAccess
from .trusted import canonicalize_principal

_EVERYONE = "*"
_MAX_COMPARISONS = 100_000
"""Comparisons of a pattern with a role; beyond that, the roles that a pattern names are not determined."""


@dataclass(frozen=True)
class _Name:
    """The name of a role or user, in lower case and without its path; `account` is empty if it is not known."""

    kind: str
    account: str
    name: str

    def agrees_with(self, other: "_Name") -> bool:
        is_same_account = self.account == other.account or not (self.account and other.account)
        return is_same_account and (self.kind, self.name) == (other.kind, other.name)


@dataclass(frozen=True, eq=False)
class _Role:
    principal: PrincipalAccess
    name: _Name


@dataclass(frozen=True)
class _Wanted:
    """What the policies of a principal say about sts:AssumeRole, as patterns of roles."""

    allowed: frozenset[str]
    denied: frozenset[str]


class AssumableRoles:
    """The roles of one side, by the principals that may assume them."""

    def __init__(self, principals: Iterable[PrincipalAccess]) -> None:
        self._named: dict[tuple[str, str], list[_Role]] = defaultdict(list)
        self._trusting: dict[tuple[str, str], list[tuple[_Role, _Name]]] = defaultdict(list)
        """Roles whose trust policy names a principal, by its kind and name."""
        self._open: dict[str, dict[_Role, None]] = defaultdict(dict)
        """Roles that a whole account may assume, or everyone."""
        self._shared: dict[object, tuple[PrincipalAccess, ...]] = {}
        self._comparisons = 0
        for principal in principals:
            name = _find_name(principal) if principal.trust else None
            if name is not None:
                self._add(_Role(principal, name))

    def find(self, principal: PrincipalAccess) -> tuple[PrincipalAccess, ...] | None:
        """The roles that the principal may assume, itself among them; None if there are too many to determine them.

        Principals with the same roles get the same tuple.
        """
        name = _find_name(principal)
        if name is None or not self._named:
            return ()
        wanted = _read_policies(principal.all_statements)
        direct = tuple(
            role
            for role, trusted in self._trusting.get((name.kind, name.name), ())
            if trusted.agrees_with(name) and self._allows_named(wanted, role, trusted)
        )
        key = (wanted, name.account, direct)
        if key not in self._shared:
            if self._comparisons > _MAX_COMPARISONS:
                return None
            found = dict.fromkeys((*direct, *self._find_open(wanted, name.account)))
            self._shared[key] = tuple(role.principal for role in found)
        return self._shared[key]

    def _add(self, role: _Role) -> None:
        self._named[role.name.kind, role.name.name].append(role)
        for statement in role.principal.trust or ():
            if not statement.allows or not covers_action(statement, ASSUME_ROLE):
                continue
            if statement.not_principals:
                self._open[_EVERYONE][role] = None
            for principal in map(canonicalize_principal, statement.principals):
                named = _parse_arn(canonicalize(principal.value))
                if principal.kind is PrincipalKind.ANYONE:
                    self._open[_EVERYONE][role] = None
                elif principal.kind is PrincipalKind.AWS and named is not None:
                    self._trusting[named.kind, named.name].append((role, named))
                elif principal.kind is PrincipalKind.AWS:
                    self._open[principal.value][role] = None

    @staticmethod
    def _allows_named(wanted: _Wanted, role: _Role, trusted: _Name) -> bool:
        is_own = trusted.account == role.name.account or not role.name.account
        is_allowed = is_own or any(_matches(pattern, role.name) for pattern in wanted.allowed)
        return is_allowed and not any(_matches_all(pattern, role.name) for pattern in wanted.denied)

    def _find_open(self, wanted: _Wanted, account: str) -> Iterator[_Role]:
        """The roles that trust the whole account, and that the policies allow."""
        candidates = {**self._open.get(_EVERYONE, {}), **self._open.get(account, {})}
        for pattern in wanted.allowed if candidates else ():
            exact = None if is_pattern(pattern) else _parse_arn(canonicalize(pattern))
            among = self._named.get((exact.kind, exact.name), []) if exact else candidates
            self._comparisons += len(among)
            for role in among:
                is_allowed = role in candidates and _matches(pattern, role.name)
                if is_allowed and not any(_matches_all(each, role.name) for each in wanted.denied):
                    yield role


def _read_policies(statements: Sequence[Statement]) -> _Wanted:
    found: dict[str, set[str]] = {"Allow": set(), "Deny": set()}
    for statement in statements:
        if statement.effect in found and covers_action(statement, ASSUME_ROLE):
            if statement.allows:
                found["Allow"].update(statement.resources or ("*",))
            elif not statement.conditions:
                found["Deny"].update(statement.resources)
    return _Wanted(frozenset(found["Allow"]), frozenset(found["Deny"]))


def _find_name(principal: PrincipalAccess) -> _Name | None:
    names = [_parse_arn(identity) for identity in principal.ids if identity.startswith("arn:")]
    for identity in principal.ids:
        kind, _, name = identity.partition(":")
        if kind in ("role", "user"):
            names.append(_Name(kind, "", name.lower()))
    return next(filter(None, names), None)


def _parse_arn(arn: str) -> _Name | None:
    """The name in a canonical ARN of a role or user."""
    parts = arn.split(":", 5)
    kind, slash, name = parts[5].partition("/") if len(parts) == 6 else ("", "", "")
    return _Name(kind, parts[4], name) if slash and kind in ("role", "user") else None


def _matches(pattern: str, role: _Name) -> bool:
    """Whether the pattern may name the role, whatever its path."""
    account = role.account or "*"
    return is_anything(pattern) or any(
        overlaps(pattern.lower(), f"arn:*:iam::{account}:role/{path}{role.name}") for path in ("", "*/")
    )


def _matches_all(pattern: str, role: _Name) -> bool:
    """Whether a Deny on the pattern certainly names the role."""
    if is_pattern(pattern):
        return is_anything(pattern)
    named = _parse_arn(canonicalize(pattern))
    return named is not None and named == role
