"""Evaluates trust in an OpenID Connect provider: its tokens, their audience and their subject."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ...finding import Finding
from ...rules.iam.trust import (
    TRUST_AUDIENCE,
    TRUST_CONDITION_NEVER,
    TRUST_CONDITION_OPEN,
    TRUST_ISSUER,
    TRUST_PROVIDER,
    TRUST_SUBJECT,
    TRUST_SUBJECT_WIDE,
)
from ..conditions import Condition, Constraint, classify_constraint, requires_presence
from ..glob import is_anything, is_pattern
from ..principal_conditions import explain_open
from .providers import BUILT_IN, Claim, Provider, find_provider, provider_of_subject
from .trust_statement import WEB_IDENTITY, TrustStatement, format_quoted

_SESSION_NAME = "sts:rolesessionname"
_WORKFLOW = re.compile(r"[^*?:/]+/[^*?:/]+/[^*?]+")
"""One file of one repository: `org/repository/.github/workflows/…`, at any ref."""
_NOT_ISSUERS = ("aws:", "sts:", "saml:", "iam:", "ec2:", "lambda:")


def evaluate_token(trust: TrustStatement, principal: str) -> Iterator[Finding]:
    """Evaluate a provider as the principal: its ARN, or the name of a built-in one."""
    issuer = principal.partition(":oidc-provider/")[2] or principal
    provider = _find_provider(trust, issuer)
    if ":oidc-provider/" in principal and issuer.lower() in BUILT_IN:
        yield trust.finding(
            TRUST_PROVIDER,
            f"{issuer} is built into IAM: name it as {{'Federated': {issuer!r}}}. A provider of one's own for it breaks"
            " the sign-in.",
            "Principal",
        )
    if not trust.allows(WEB_IDENTITY):
        yield trust.finding(
            TRUST_PROVIDER,
            f"{principal!r} signs in with {WEB_IDENTITY}, which is not among the actions"
            f" ({format_quoted(trust.statement.actions)}), so no principal can assume the role.",
            "Action",
        )
        return
    foreign = [
        condition
        for condition in trust.conditions
        if (named := parse_issuer(condition.key)) and not _same(named, issuer)
    ]
    if foreign:
        yield from _create_issuer_finding(trust, issuer, foreign)
    unknown = [condition for condition in trust.conditions if _is_unknown(condition, issuer, provider)]
    if unknown:
        yield trust.finding(
            TRUST_CONDITION_NEVER,
            f"{unknown[0]}: IAM does not pass on this claim of {provider.name}; it supports"
            f" {', '.join(sorted(provider.known))}.",
            "Condition",
        )
    if any(
        condition.lower_key == "sts:externalid" and not condition.operator.passes_if_absent
        for condition in trust.conditions
    ):
        yield trust.finding(
            TRUST_CONDITION_NEVER,
            f"sts:ExternalId cannot be passed with {WEB_IDENTITY}, so the condition is never satisfied.",
            "Condition",
        )
    reported_claims = {parse_claim(condition.key) for condition in (*foreign, *unknown)}
    if not reported_claims & set(provider.audience):
        yield from _evaluate_audience(trust, issuer, provider)
    if not reported_claims & {"sub", *(claim for claim, _ in provider.claims)}:
        yield from _evaluate_subject(trust, issuer, provider)


def _find_provider(trust: TrustStatement, issuer: str) -> Provider:
    """The issuer's provider, as one's own where the audience is."""
    provider = find_provider(issuer)
    own = provider.tenant_audience
    is_own = own is not None and any(
        _binding(trust, condition) is Constraint.PINS and all(map(own.names_tenant, condition.values))
        for claim in provider.audience
        for condition in _find_conditions(trust, issuer, claim)
    )
    return replace(provider, is_own=True) if is_own else provider


def parse_issuer(key: str) -> str:
    """The provider that a condition key belongs to; empty if it belongs to none."""
    issuer, _, claim = key.rpartition(":")
    if not claim or key.lower().startswith(_NOT_ISSUERS) or "." not in issuer:
        return ""
    # oidc.circleci.com/org/<id>:oidc.circleci.com/project-id has one claim, with dots of its own.
    return issuer


def parse_claim(key: str) -> str:
    """The claim in a condition key (`sub` of `<provider>:sub`), in lower case."""
    return key.rpartition(":")[2].lower()


def _same(named: str, issuer: str) -> bool:
    return named.lower().rstrip("/") == issuer.lower().rstrip("/")


def _is_unknown(condition: Condition, issuer: str, provider: Provider) -> bool:
    named = parse_issuer(condition.key)
    return bool(named and provider.known and _same(named, issuer) and parse_claim(condition.key) not in provider.known)


def _create_issuer_finding(trust: TrustStatement, issuer: str, foreign: Sequence[Condition]) -> Iterator[Finding]:
    first = foreign[0]
    named = parse_issuer(first.key)
    also = [
        each.value for each in trust.statement.principals if _same(each.value.partition(":oidc-provider/")[2], named)
    ]
    if also:
        why = f"applies to tokens of {also[0]!r} only, and all conditions must be met; use one statement per provider"
    elif named.lower().removeprefix("https://") == issuer.lower():
        why = "has https:// in its key, which no request has"
    else:
        why = f"is about {named}, and the provider is {issuer}"
    passes = first.operator.passes_if_absent or first.operator.is_negated
    effect = "every token satisfies it" if passes else "no token of this provider satisfies it"
    yield trust.finding(TRUST_ISSUER, f"{first} {why}: {effect}.", "Condition")


def _find_conditions(trust: TrustStatement, issuer: str, claim: str) -> list[Condition]:
    return [
        condition
        for condition in trust.conditions
        if parse_claim(condition.key) == claim.lower()
        and (named := parse_issuer(condition.key))
        and _same(named, issuer)
    ]


def _binding(trust: TrustStatement, condition: Condition) -> Constraint:
    rest = [each for each in trust.conditions if each is not condition]
    return classify_constraint(condition, present=requires_presence(rest, condition.lower_key))


def _evaluate_audience(trust: TrustStatement, issuer: str, provider: Provider) -> Iterator[Finding]:
    conditions = [condition for claim in provider.audience for condition in _find_conditions(trust, issuer, claim)]
    keys = " or ".join(f"{issuer}:{claim}" for claim in provider.audience)
    if not conditions:
        yield trust.finding(
            TRUST_AUDIENCE, f"A token of {issuer} for any audience is accepted: no condition on {keys}.", "Condition"
        )
        return
    reasons = [_explain_open_audience(trust, condition) for condition in conditions]
    if all(reasons):
        yield trust.finding(
            TRUST_CONDITION_OPEN,
            f"{conditions[0]} does not restrict the token to an audience: {reasons[0]}.",
            "Condition",
        )


def _explain_open_audience(trust: TrustStatement, condition: Condition) -> str:
    found = _binding(trust, condition)
    if found is Constraint.NEVER:
        return ""
    if found is not Constraint.PINS:
        return explain_open(found, condition)
    wild = [value for value in condition.values if condition.operator.takes_patterns and is_pattern(value)]
    return f"{wild[0]!r} matches more than one" if wild else ""


def _evaluate_subject(trust: TrustStatement, issuer: str, provider: Provider) -> Iterator[Finding]:
    """One condition that identifies the subject is enough; the strictest one counts."""
    if provider.names_customers_by_session:
        yield from _evaluate_session_name(trust, provider)
        return
    subject_conditions: list[tuple[Condition, Claim | None]] = [
        (condition, None) for condition in _find_conditions(trust, issuer, "sub")
    ]
    subject_conditions += [
        (condition, shape) for claim, shape in provider.claims for condition in _find_conditions(trust, issuer, claim)
    ]
    if not subject_conditions:
        yield _create_missing_subject_finding(trust, issuer, provider)
        return
    evaluated = [
        _evaluate_subject_condition(trust, provider, condition, shape) for condition, shape in subject_conditions
    ]
    best = min(evaluated, key=lambda each: each is not None and (1 if each.rule is TRUST_SUBJECT_WIDE else 2))
    if best is not None and not (best.rule is TRUST_SUBJECT_WIDE and _names_code(trust, issuer, provider)):
        yield best


def _create_missing_subject_finding(trust: TrustStatement, issuer: str, provider: Provider) -> Finding:
    others = [
        condition
        for condition in trust.conditions
        if (named := parse_issuer(condition.key))
        and _same(named, issuer)
        and parse_claim(condition.key) not in provider.audience
    ]
    beside = f"; {others[0]} does not identify the subject" if others else ""
    if others and parse_claim(others[0].key) == provider.code:
        beside += ": any repository can call a public workflow"
    if provider.is_own:
        message = f"Any job of the organization with a token from {issuer} can assume the role"
        return trust.finding(TRUST_SUBJECT_WIDE, f"{message}: no condition on {issuer}:sub{beside}.", "Condition")
    return trust.finding(
        TRUST_SUBJECT,
        f"Anyone with a token from {issuer} can assume the role: no condition on {issuer}:sub{beside}.",
        "Condition",
    )


def _names_code(trust: TrustStatement, issuer: str, provider: Provider) -> bool:
    """Whether only one workflow's jobs are accepted: then it is enough that they are of one's own repositories."""
    return any(
        _binding(trust, condition) is Constraint.PINS and all(_WORKFLOW.match(value) for value in condition.values)
        for condition in _find_conditions(trust, issuer, provider.code)
        if provider.code
    )


def _evaluate_session_name(trust: TrustStatement, provider: Provider) -> Iterator[Finding]:
    """Every customer of the vendor has the same subject, so that only the session name tells them apart."""
    conditions = [condition for condition in trust.conditions if condition.lower_key == _SESSION_NAME]
    if any(
        _binding(trust, each) in (Constraint.PINS, Constraint.NEVER)
        and not any(each.operator.takes_patterns and is_pattern(value) for value in each.values)
        for each in conditions
    ):
        return
    beside = f"; {conditions[0]} does not name one" if conditions else ""
    yield trust.finding(
        TRUST_SUBJECT,
        f"{provider.name} may assume the role for any of its customers: no condition on sts:RoleSessionName with the"
        f" name that it shows{beside}.",
        "Condition",
    )


def _evaluate_subject_condition(
    trust: TrustStatement, provider: Provider, condition: Condition, shape: Claim | None
) -> Finding | None:
    found = _binding(trust, condition)
    if found is Constraint.NEVER:
        return None  # reported as a condition that is never satisfied
    if found is not Constraint.PINS:
        rule = TRUST_SUBJECT if found is Constraint.ANYTHING else TRUST_CONDITION_OPEN
        return trust.finding(
            TRUST_SUBJECT_WIDE if provider.is_own else rule,
            f"{condition} does not identify the subject: {explain_open(found, condition)}.",
            "Condition",
        )
    wide = None
    for value in condition.values:
        actual = provider_of_subject(provider, value)
        claim = shape or actual.subject
        names_tenant = not is_anything(value) and claim.names_tenant(value)
        if not names_tenant and not actual.is_own:
            return trust.finding(
                TRUST_SUBJECT,
                f"{condition.key} {value!r} does not name one's own subjects; it must, as in {claim.example!r}.",
                "Condition",
            )
        if not (names_tenant and claim.names_subject(value)):
            wide = trust.finding(
                TRUST_SUBJECT_WIDE,
                f"{condition.key} {value!r} {claim.wide}; name one, as in {claim.example!r}.",
                "Condition",
            )
    return wide
