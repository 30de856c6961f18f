"""A trust statement as the judges look at it: which ways of assuming it opens, to whom, under which tests."""

from collections.abc import Iterable
from dataclasses import dataclass

from ...finding import Finding, Rule
from ..conditions import Test
from ..context import Context
from ..glob import is_pattern, matches
from ..principal_conditions import CallerRestriction, evaluate_caller_restriction
from ..statement import Principal, Statement

ASSUME_ROLE = "sts:AssumeRole"
WEB_IDENTITY = "sts:AssumeRoleWithWebIdentity"
SAML = "sts:AssumeRoleWithSAML"
ASSUMING = (ASSUME_ROLE, WEB_IDENTITY, SAML)
TAG_SESSION = "sts:TagSession"


@dataclass(frozen=True)
class Trust:
    statement: Statement
    principals: tuple[Principal, ...]
    tests: tuple[Test, ...]
    """Its own, and those that Deny statements add."""
    context: Context

    @property
    def said(self) -> CallerRestriction:
        """What its conditions say about who may act."""
        return evaluate_caller_restriction(self.tests, self.context.organizations)

    def finding(self, rule: Rule, message: str, part: str = "") -> Finding:
        return Finding(rule, message, self.statement.where + (f".{part}" if part else ""))

    def allows(self, action: str) -> bool:
        return covers_action(self.statement, action)


def assumed(statement: Statement) -> frozenset[str]:
    """The ways of assuming the role that the statement is about."""
    return frozenset(action for action in ASSUMING if covers_action(statement, action))


def covers_action(statement: Statement, action: str) -> bool:
    if statement.not_actions:
        return not any(_matches(pattern, action) for pattern in statement.not_actions)
    return any(_matches(pattern, action) for pattern in statement.actions)


def told(values: Iterable[str], most: int = 3) -> str:
    """A few of the values, quoted, and how many more there are."""
    listed = list(dict.fromkeys(values))
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(repr(value) for value in listed[:most]) + more


def _matches(pattern: str, action: str) -> bool:
    pattern = pattern.strip()
    if not is_pattern(pattern):
        return pattern.lower() == action.lower()
    return matches(pattern.lower(), action.lower())
