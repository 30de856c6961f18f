"""Evaluates trust policies: which principals may assume a role, and whether its conditions exclude all others.

Every statement is evaluated, minus what Deny statements take away from it. A condition counts by what it excludes: its
operator, its values, and whether its key identifies the caller.
"""

from collections.abc import Iterator

from eks_access.model.iam import TRUST_POLICY_LIMIT

from ...finding import Finding
from ...rules.iam.documents import MALFORMED
from ...rules.iam.trust import (
    TRUST_ACTIONS,
    TRUST_ANYONE,
    TRUST_CONDITION_NEVER,
    TRUST_NOT_PRINCIPAL,
    TRUST_PROVIDER,
    TRUST_SESSION_DURATION,
)
from ..context import Context
from ..document import Document, Principal, PrincipalKind, Statement
from ..hygiene import evaluate_size, find_duplicates, limit_findings
from ..parser import parse_document
from ..satisfiability import explain_unsatisfiable
from .accounts import evaluate_accounts
from .denials import Denials
from .providers import BUILT_IN
from .saml import evaluate_assertion
from .services import evaluate_service
from .tokens import evaluate_token, parse_issuer
from .trust_statement import ASSUME_ROLE_ACTIONS, TrustStatement, covered_assume_actions, format_quoted

_MAX_PRINCIPALS = 1000
"""Principals of one statement that are evaluated: a policy within IAM's size limit has fewer."""
_MAX_CONDITIONS = 330
_SESSION_KEYS = ("accounts.google.com:", "cognito-identity.amazonaws.com:", "graph.facebook.com:", "www.amazon.com:")
"""Token keys that stay with a session, and are present when it assumes another role."""


def evaluate_trust(source: object, context: Context | None = None) -> list[Finding]:
    """The findings of a role's trust policy."""
    context = context or Context()
    document = source if isinstance(source, Document) else parse_document(source)
    denials = Denials.from_statements(document.statements)
    findings = list(document.flaws)
    findings += evaluate_size(document, TRUST_POLICY_LIMIT, "a trust policy")
    findings += find_duplicates(document)
    for statement in document.statements:
        if statement.allows:
            findings += _evaluate_statement(statement, denials, context)
    return limit_findings(findings)


def evaluate_session(seconds: int, context: Context | None = None) -> list[Finding]:
    """The finding of a role's `max_session_duration`, if its sessions may last longer than the context allows."""
    limit = (context or Context()).session_seconds
    if seconds <= limit:
        return []
    message = (
        f"Sessions may last {seconds} seconds ({seconds / 3600:g} hours); the limit is {limit} ({limit / 3600:g})."
    )
    return [Finding(TRUST_SESSION_DURATION, message, "MaxSessionDuration")]


def _evaluate_statement(statement: Statement, denials: Denials, context: Context) -> Iterator[Finding]:
    actions = covered_assume_actions(statement)
    yield from _check_elements(statement)
    if not actions:
        return
    if "NotPrincipal" in statement.elements:
        named = format_quoted(each.value for each in statement.not_principals)
        message = f"NotPrincipal with Allow lets everyone assume the role except {named or 'no principal'}."
        yield Finding(TRUST_NOT_PRINCIPAL, message, statement.where)
    conditions = (*statement.conditions[:_MAX_CONDITIONS], *denials.required_conditions(actions))
    trust = TrustStatement(
        statement, denials.not_denied(statement.principals[:_MAX_PRINCIPALS], actions), conditions, context
    )
    if not trust.principals:
        return
    reason = explain_unsatisfiable(conditions, context.time) or _explain_token_key(trust)
    if reason:
        yield trust.finding(
            TRUST_CONDITION_NEVER, f"No principal can assume the role by this statement: {reason}.", "Condition"
        )
        return
    yield from _evaluate_principals(trust)


def _evaluate_principals(trust: TrustStatement) -> Iterator[Finding]:
    accounts = tuple(each for each in trust.principals if each.kind in (PrincipalKind.ANYONE, PrincipalKind.AWS))
    if accounts:
        yield from evaluate_accounts(trust, accounts)
    for principal in trust.principals:
        if principal.kind is PrincipalKind.SERVICE:
            yield from evaluate_service(trust, principal.value)
        elif principal.kind is PrincipalKind.FEDERATED:
            yield from _evaluate_federated(trust, principal)


def _evaluate_federated(trust: TrustStatement, principal: Principal) -> Iterator[Finding]:
    name = principal.value
    account = name.split(":", 5)[4] if name.count(":") >= 5 else ""
    if "*" in name or "?" in name:
        yield trust.finding(
            TRUST_ANYONE,
            f"Federated {name!r:.120} is a pattern: tokens and assertions of any provider are accepted.",
            "Principal",
        )
        return
    if name.startswith("arn:") and trust.context.accounts and account and account not in trust.context.accounts:
        yield trust.finding(
            TRUST_PROVIDER,
            f"{name!r:.160} is in account {account}, and a role accepts tokens and assertions only of the providers in"
            " its own account.",
            "Principal",
        )
    if ":saml-provider/" in name:
        yield from evaluate_assertion(trust, name)
    elif ":oidc-provider/" in name or name.lower() in BUILT_IN:
        yield from evaluate_token(trust, name)
    else:
        yield trust.finding(
            TRUST_PROVIDER,
            f"{name!r:.120} is not a federated principal; it must be {format_quoted(sorted(BUILT_IN), 5)}, or have the"
            " form 'arn:<partition>:iam::<account>:oidc-provider/<url without https://>'.",
            "Principal",
        )


def _check_elements(statement: Statement) -> Iterator[Finding]:
    """Yield findings for what IAM would reject, and for actions that have no effect in a trust policy."""
    for element in ("Resource", "NotResource"):
        if element in statement.elements:
            message = f"A trust policy has no {element}: the resource is the role itself."
            yield Finding(MALFORMED, message, statement.where)
    if not statement.elements & {"Principal", "NotPrincipal"}:
        yield Finding(MALFORMED, "A trust policy's statement names no principal.", statement.where)
    canonical_users = [each.value for each in statement.principals if each.kind is PrincipalKind.CANONICAL]
    if canonical_users:
        named = format_quoted(canonical_users)
        message = f"{named} is a canonical user, which only S3 supports; name the account, role or user."
        yield Finding(MALFORMED, message, f"{statement.where}.Principal")
    wild = [action for action in statement.actions if "*" in action or "?" in action]
    if wild or statement.not_actions:
        written = format_quoted(wild) if wild else f"NotAction {format_quoted(statement.not_actions)}"
        message = f"{written} allows more than assuming the role: session tags and source identities too."
        yield Finding(TRUST_ACTIONS, message, f"{statement.where}.Action")
    known = {
        *(action.lower() for action in ASSUME_ROLE_ACTIONS),
        "sts:tagsession",
        "sts:setsourceidentity",
        "sts:setcontext",
    }
    unknown = [each for each in statement.actions if each not in wild and each.strip().lower() not in known]
    if unknown:
        message = (
            f"{format_quoted(unknown)} has no effect in a trust policy; the actions that assume a role are"
            f" {', '.join(ASSUME_ROLE_ACTIONS)}."
        )
        yield Finding(TRUST_ACTIONS, message, f"{statement.where}.Action")


def _explain_token_key(trust: TrustStatement) -> str | None:
    """Why no AWS principal satisfies a condition on a token's key, which its requests never carry; None if it can."""
    if any(each.kind is PrincipalKind.FEDERATED for each in trust.principals):
        return None
    for condition in trust.conditions:
        is_carried = condition.lower_key.startswith(_SESSION_KEYS) or not parse_issuer(condition.key)
        if not is_carried and not condition.operator.is_negated and not condition.operator.passes_if_absent:
            return f"{condition} is about a token, and AWS principals sign in without one"
    return None
