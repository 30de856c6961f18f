"""Judges trust policies: who may assume a role, and whether its conditions keep everyone else out.

Every statement is judged, with what Deny statements take away from it. A condition counts by what it lets through: its
operator, its values, and whether its key has anything to do with who is asking.
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
from ..document import parse
from ..hygiene import evaluate_size, few, find_duplicates
from ..satisfiability import impossible
from ..statement import Document, Principal, PrincipalKind, Statement
from .accounts import evaluate_accounts
from .assume import ASSUMING, Trust, assumed, told
from .denials import Denials
from .providers import BUILT_IN
from .saml import evaluate_assertion
from .services import evaluate_service
from .tokens import evaluate_token, issuer_of

_MOST = 1000
"""Principals of one statement that are judged: a policy of the longest size that IAM takes has fewer."""
_MOST_TESTS = 330
_LASTING = ("accounts.google.com:", "cognito-identity.amazonaws.com:", "graph.facebook.com:", "www.amazon.com:")
"""Keys of tokens that stay with a session, and are there when it assumes another role."""


def evaluate_trust(given: object, context: Context | None = None) -> list[Finding]:
    """What is wrong with a role's trust policy; nothing where it is as it should be."""
    context = context or Context()
    document = given if isinstance(given, Document) else parse(given)
    denials = Denials.of(document.statements)
    findings = list(document.flaws)
    findings += evaluate_size(document, TRUST_POLICY_LIMIT, "a trust policy")
    findings += find_duplicates(document)
    for statement in document.statements:
        if statement.allows:
            findings += _evaluate(statement, denials, context)
    return few(findings)


def evaluate_session(seconds: int, context: Context | None = None) -> list[Finding]:
    """Whether a role's sessions may last too long (`max_session_duration`)."""
    limit = (context or Context()).session_seconds
    if seconds <= limit:
        return []
    message = (
        f"Sessions may last {seconds} seconds ({seconds / 3600:g} hours); the limit is {limit} ({limit / 3600:g})."
    )
    return [Finding(TRUST_SESSION_DURATION, message, "MaxSessionDuration")]


def _evaluate(statement: Statement, denials: Denials, context: Context) -> Iterator[Finding]:
    actions = assumed(statement)
    yield from _form(statement)
    if not actions:
        return
    if "NotPrincipal" in statement.elements:
        named = told(each.value for each in statement.not_principals)
        message = f"NotPrincipal with Allow lets in everyone but {named or 'nobody'}."
        yield Finding(TRUST_NOT_PRINCIPAL, message, statement.where)
    tests = (*statement.conditions[:_MOST_TESTS], *denials.demands(actions))
    trust = Trust(statement, denials.leaves(statement.principals[:_MOST], actions), tests, context)
    if not trust.principals:
        return
    reason = impossible(tests, context.time) or _out_of_place(trust)
    if reason:
        yield trust.finding(
            TRUST_CONDITION_NEVER, f"Nobody can assume the role by this statement: {reason}.", "Condition"
        )
        return
    yield from _principals(trust)


def _principals(trust: Trust) -> Iterator[Finding]:
    accounts = tuple(each for each in trust.principals if each.kind in (PrincipalKind.ANYONE, PrincipalKind.AWS))
    if accounts:
        yield from evaluate_accounts(trust, accounts)
    for principal in trust.principals:
        if principal.kind is PrincipalKind.SERVICE:
            yield from evaluate_service(trust, principal.value)
        elif principal.kind is PrincipalKind.FEDERATED:
            yield from _federated(trust, principal)


def _federated(trust: Trust, principal: Principal) -> Iterator[Finding]:
    name = principal.value
    account = name.split(":", 5)[4] if name.count(":") >= 5 else ""
    if "*" in name or "?" in name:
        yield trust.finding(
            TRUST_ANYONE,
            f"Federated {name!r:.120} is a pattern: tokens and assertions of any provider would do.",
            "Principal",
        )
        return
    if name.startswith("arn:") and trust.context.accounts and account and account not in trust.context.accounts:
        yield trust.finding(
            TRUST_PROVIDER,
            f"{name!r:.160} is in account {account}, and a role takes tokens and assertions only of its own account's"
            " providers.",
            "Principal",
        )
    if ":saml-provider/" in name:
        yield from evaluate_assertion(trust, name)
    elif ":oidc-provider/" in name or name.lower() in BUILT_IN:
        yield from evaluate_token(trust, name)
    else:
        yield trust.finding(
            TRUST_PROVIDER,
            f"{name!r:.120} is no federated principal; it must be {told(sorted(BUILT_IN), 5)}, or look like"
            " 'arn:<partition>:iam::<account>:oidc-provider/<url without https://>'.",
            "Principal",
        )


def _form(statement: Statement) -> Iterator[Finding]:
    """What IAM would not take, and actions that have no place here."""
    for element in ("Resource", "NotResource"):
        if element in statement.elements:
            message = f"A trust policy has no {element}: the resource is the role itself."
            yield Finding(MALFORMED, message, statement.where)
    if not statement.elements & {"Principal", "NotPrincipal"}:
        yield Finding(MALFORMED, "A trust policy's statement names no principal.", statement.where)
    strangers = [each.value for each in statement.principals if each.kind is PrincipalKind.CANONICAL]
    if strangers:
        message = f"{told(strangers)} is a canonical user, which only S3 knows; name the account, role or user."
        yield Finding(MALFORMED, message, f"{statement.where}.Principal")
    wild = [action for action in statement.actions if "*" in action or "?" in action]
    if wild or statement.not_actions:
        written = told(wild) if wild else f"NotAction {told(statement.not_actions)}"
        message = f"{written} allows more than to assume the role: session tags and source identities too."
        yield Finding(TRUST_ACTIONS, message, f"{statement.where}.Action")
    known = {*(action.lower() for action in ASSUMING), "sts:tagsession", "sts:setsourceidentity", "sts:setcontext"}
    strange = [each for each in statement.actions if each not in wild and each.strip().lower() not in known]
    if strange:
        message = f"{told(strange)} has no effect in a trust policy; {', '.join(ASSUMING)} open the role."
        yield Finding(TRUST_ACTIONS, message, f"{statement.where}.Action")


def _out_of_place(trust: Trust) -> str | None:
    """A test on a key that this kind of principal's request never carries."""
    if any(each.kind is PrincipalKind.FEDERATED for each in trust.principals):
        return None
    for test in trust.tests:
        carried = test.lower_key.startswith(_LASTING) or not issuer_of(test.key)
        if not carried and not test.operator.negated and not test.operator.lets_absent_through:
            return f"{test} is about a token, and an AWS principal signs in without one"
    return None
