"""Judges permissions: what a policy allows, what that leads to, and whether it says what was meant."""

from collections.abc import Iterable, Sequence
from typing import Literal

from eks_access.model.iam import INLINE_POLICIES_LIMIT

from ..finding import Finding
from ..rules.iam.documents import MALFORMED
from ..rules.iam.permissions import POLICY_ADMIN, POLICY_CONDITION_NEVER
from .context import Context
from .document import parse
from .effective import Effective
from .escalation import INTERESTING, evaluate_escalation
from .hygiene import MOST_FINDINGS, evaluate_size, few, find_duplicates
from .permissions import evaluate_breadth, evaluate_statement
from .statement import Document, Statement

Kind = Literal["managed", "inline", "identity"]

MANAGED_POLICY_LIMIT = 6144
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length"""
_LIMITS: dict[Kind, tuple[int, str]] = {
    "managed": (MANAGED_POLICY_LIMIT, "a managed policy"),
    "inline": (INLINE_POLICIES_LIMIT, "all inline policies of a role together"),
    "identity": (INLINE_POLICIES_LIMIT, "the longest kind of policy"),
}


def evaluate_policy(given: object, context: Context | None = None, kind: Kind = "identity") -> list[Finding]:
    """What is wrong with one policy of permissions; nothing where it is as it should be."""
    context = context or Context()
    document = given if isinstance(given, Document) else parse(given)
    limit, what = _LIMITS[kind]
    findings = [*document.flaws, *evaluate_size(document, limit, what), *find_duplicates(document)]
    for statement in document.statements:
        findings += _form(statement)
    findings += _evaluate(document.statements, context)
    return few(findings)


def evaluate_policies(given: Iterable[object], context: Context | None = None) -> list[Finding]:
    """The escalation that all policies of one identity open together: what one allows another may complete, or deny."""
    context = context or Context()
    documents = [each if isinstance(each, Document) else parse(each) for each in given]
    statements = [statement for document in documents for statement in document.statements]
    effective = Effective.of(statements, INTERESTING, context.time, context.accounts)
    if any(_is_admin(statement) for statement in effective.allowed):
        return []  # told of the policy that says so; there is nothing left to gain
    return few(evaluate_escalation(effective))


def _evaluate(statements: Sequence[Statement], context: Context) -> Iterable[Finding]:
    effective = Effective.of(statements, INTERESTING, context.time, context.accounts)
    for statement, reason in effective.never:
        message = f"The statement applies to no request: {reason}."
        yield Finding(POLICY_CONDITION_NEVER, message, f"{statement.where}.Condition")
    everything = False
    told = 0
    for statement in (*effective.allowed, *(each for each in statements if each.denies)):
        # Past what anybody reads only what is grave is looked for: what was probably meant takes long to find.
        for finding in evaluate_statement(statement) if told < MOST_FINDINGS else evaluate_breadth(statement):
            told += 1
            everything = everything or finding.rule is POLICY_ADMIN
            yield finding
    if not everything:
        yield from evaluate_escalation(effective)


def _is_admin(statement: Statement) -> bool:
    return any(finding.rule is POLICY_ADMIN for finding in evaluate_breadth(statement))


def _form(statement: Statement) -> Iterable[Finding]:
    for element in ("Principal", "NotPrincipal"):
        if element in statement.elements:
            message = f"A policy of permissions has no {element}: it is for whom it is attached to."
            yield Finding(MALFORMED, message, statement.where)
    if not statement.elements & {"Resource", "NotResource"}:
        yield Finding(MALFORMED, "The statement has neither Resource nor NotResource.", statement.where)
