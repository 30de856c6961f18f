"""Evaluates policies of permissions: what they allow, what that leads to, and what has no effect."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from eks_access.model.aws_data import DATA_ACTIONS
from eks_access.model.iam import INLINE_POLICIES_LIMIT

from ..finding import Finding
from ..rules.iam.documents import MALFORMED
from ..rules.iam.permissions import (
    POLICY_ADMIN,
    POLICY_CONDITION_NEVER,
    POLICY_RESOURCE_MISMATCH,
    POLICY_RESOURCE_READ,
    POLICY_RESOURCE_WILDCARD,
    POLICY_UNKNOWN_ACTION,
    POLICY_UNKNOWN_KEY,
)
from .context import Context
from .data_reads import evaluate_data_reads
from .document import Document, Statement
from .effective import EffectivePermissions
from .escalation import ESCALATION_ACTIONS, evaluate_escalation
from .hygiene import MAX_FINDINGS, evaluate_size, find_duplicates, limit_findings
from .parser import parse_document
from .permissions import evaluate_breadth, evaluate_statement

PolicyKind = Literal["managed", "inline", "identity", "aws"]
"""`aws` is a managed policy of AWS: what it allows is evaluated, and not how it is written, which only AWS can mend."""

MANAGED_POLICY_LIMIT = 6144
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length"""
_LIMITS: Mapping[PolicyKind, tuple[int, str]] = {
    "managed": (MANAGED_POLICY_LIMIT, "a managed policy"),
    "inline": (INLINE_POLICIES_LIMIT, "all inline policies of a role together"),
    "identity": (INLINE_POLICIES_LIMIT, "any policy"),
}
_RELEVANT_ACTIONS = ESCALATION_ACTIONS.union(DATA_ACTIONS)
_WRITING_RULES = frozenset(
    {
        POLICY_CONDITION_NEVER,
        POLICY_RESOURCE_MISMATCH,
        POLICY_RESOURCE_READ,
        POLICY_RESOURCE_WILDCARD,
        POLICY_UNKNOWN_ACTION,
        POLICY_UNKNOWN_KEY,
    }
)
"""Rules about how a statement is written: one could name its resources, and what has no effect."""


def evaluate_policy(
    source: object, context: Context | None = None, kind: PolicyKind = "identity", others: Iterable[object] = ()
) -> list[Finding]:
    """The findings of one policy of permissions.

    `kind` decides its size limit. `others` are policies that everyone has who has this one: what they deny is not
    reported, and nor is anything of their own.
    """
    context = context or Context()
    document = source if isinstance(source, Document) else parse_document(source)
    denials = _parse_denials(others)
    if kind == "aws":
        found = _evaluate_statements(document.statements, context, denials)
        return limit_findings(finding for finding in found if finding.rule not in _WRITING_RULES)
    limit, what = _LIMITS[kind]
    findings = [*document.flaws, *evaluate_size(document, limit, what), *find_duplicates(document)]
    for statement in document.statements:
        findings += _check_elements(statement)
    findings += _evaluate_statements(document.statements, context, denials)
    return limit_findings(findings)


def evaluate_policies(
    source: Iterable[object], context: Context | None = None, others: Iterable[object] = ()
) -> list[Finding]:
    """The privilege escalation that all policies of one identity open together.

    One policy may complete what another one starts, or deny it. Of `others` only what they deny counts.
    """
    context = context or Context()
    documents = [each if isinstance(each, Document) else parse_document(each) for each in source]
    statements = [statement for document in documents for statement in document.statements]
    statements += _parse_denials(others)
    effective = EffectivePermissions.from_statements(statements, ESCALATION_ACTIONS, context.time, context.accounts)
    if any(allows_everything(statement) for statement in effective.allowed):
        return []  # reported for the policy that allows it; there is nothing left to gain
    return limit_findings(evaluate_escalation(effective))


def _parse_denials(source: Iterable[object]) -> list[Statement]:
    documents = (each if isinstance(each, Document) else parse_document(each) for each in source)
    return [statement for document in documents for statement in document.statements if statement.denies]


def _evaluate_statements(
    statements: Sequence[Statement], context: Context, denials: Sequence[Statement]
) -> Iterable[Finding]:
    together = (*statements, *denials)
    effective = EffectivePermissions.from_statements(together, _RELEVANT_ACTIONS, context.time, context.accounts)
    for statement, reason in effective.unsatisfiable:
        if any(statement is each for each in denials) or _denies_without_tls(statement):
            continue
        message = f"The statement applies to no request: {reason}."
        yield Finding(POLICY_CONDITION_NEVER, message, f"{statement.where}.Condition")
    everything = False
    reported = 0
    for statement in (*effective.allowed, *(each for each in statements if each.denies)):
        # Past the limit only breadth is evaluated: finding what was probably meant by a wrong name is slow.
        for finding in evaluate_statement(statement) if reported < MAX_FINDINGS else evaluate_breadth(statement):
            reported += 1
            everything = everything or finding.rule is POLICY_ADMIN
            yield finding
    if not everything:
        yield from evaluate_escalation(effective)
        yield from evaluate_data_reads(effective)


def _denies_without_tls(statement: Statement) -> bool:
    """Whether it denies requests without TLS, which few services take, S3 and SQS among them.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html (aws:SecureTransport)
    """
    return statement.denies and any(each.lower_key == "aws:securetransport" for each in statement.conditions)


def allows_everything(statement: Statement) -> bool:
    """Whether an Allow statement leaves nothing to gain: every action of every service, on everything."""
    return any(finding.rule is POLICY_ADMIN for finding in evaluate_breadth(statement))


def _check_elements(statement: Statement) -> Iterable[Finding]:
    for element in ("Principal", "NotPrincipal"):
        if element in statement.elements:
            message = f"An identity policy has no {element}: it applies to the identity that it is attached to."
            yield Finding(MALFORMED, message, statement.where)
    if not statement.elements & {"Resource", "NotResource"}:
        yield Finding(MALFORMED, "The statement has neither Resource nor NotResource.", statement.where)
