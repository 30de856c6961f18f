"""A statement of a trust policy: which sts:AssumeRole* actions it allows, to which principals, on which conditions."""

from collections.abc import Iterable
from dataclasses import dataclass

from ...finding import Finding, Rule
from ..conditions import Condition
from ..context import Context
from ..document import Principal, Statement
from ..glob import is_pattern, matches
from ..principal_conditions import CallerRestriction, evaluate_caller_restriction

ASSUME_ROLE = "sts:AssumeRole"
WEB_IDENTITY = "sts:AssumeRoleWithWebIdentity"
SAML = "sts:AssumeRoleWithSAML"
ASSUME_ROLE_ACTIONS = (ASSUME_ROLE, WEB_IDENTITY, SAML)
TAG_SESSION = "sts:TagSession"


@dataclass(frozen=True)
class TrustStatement:
    """An Allow statement after the trust policy's Deny statements."""

    statement: Statement
    principals: tuple[Principal, ...]
    conditions: tuple[Condition, ...]
    """The statement's own, and those that Deny statements add."""
    context: Context

    @property
    def caller_restriction(self) -> CallerRestriction:
        """How the conditions restrict the caller."""
        return evaluate_caller_restriction(self.conditions, self.context.organizations)

    def finding(self, rule: Rule, message: str, part: str = "") -> Finding:
        return Finding(rule, message, self.statement.where + (f".{part}" if part else ""))

    def allows(self, action: str) -> bool:
        return covers_action(self.statement, action)


def covered_assume_actions(statement: Statement) -> frozenset[str]:
    """The actions that assume the role and that the statement covers."""
    return frozenset(action for action in ASSUME_ROLE_ACTIONS if covers_action(statement, action))


def covers_action(statement: Statement, action: str) -> bool:
    """Whether the statement covers the action, by its Action or its NotAction."""
    if statement.not_actions:
        return not any(_matches(pattern, action) for pattern in statement.not_actions)
    return any(_matches(pattern, action) for pattern in statement.actions)


def format_quoted(values: Iterable[str], most: int = 3) -> str:
    """Up to `most` of the values, quoted, and the number of the others."""
    return format_list(map(repr, values), most)


def format_list(values: Iterable[str], most: int = 3) -> str:
    """Up to `most` of the values, and the number of the others."""
    listed = list(dict.fromkeys(values))
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more


def _matches(pattern: str, action: str) -> bool:
    pattern = pattern.strip()
    if not is_pattern(pattern):
        return pattern.lower() == action.lower()
    return matches(pattern.lower(), action.lower())
