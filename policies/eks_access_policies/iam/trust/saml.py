"""Evaluates trust in a SAML provider: an assertion must be addressed to AWS's sign-in."""

from collections.abc import Iterator

from eks_access.model.trust.saml import SIGN_IN

from ...finding import Finding
from ...rules.iam.trust import TRUST_AUDIENCE, TRUST_CONDITION_NEVER, TRUST_CONDITION_OPEN, TRUST_PROVIDER
from ..conditions import Constraint, classify_constraint, requires_presence
from ..glob import is_pattern
from ..principal_conditions import explain_open
from .trust_statement import SAML, TrustStatement, format_quoted

_HOSTS = {partition: url.removeprefix("https://").partition("/")[0] for partition, url in SIGN_IN.items()}


def evaluate_assertion(trust: TrustStatement, provider: str) -> Iterator[Finding]:
    """`provider` is a SAML provider's ARN."""
    if not trust.allows(SAML):
        yield trust.finding(
            TRUST_PROVIDER,
            f"{provider!r} signs in with {SAML}, which is not among the actions"
            f" ({format_quoted(trust.statement.actions)}), so no principal can assume the role.",
            "Action",
        )
        return
    partition = provider.split(":", 2)[1] if provider.startswith("arn:") else trust.context.partition
    expected = SIGN_IN.get(partition, SIGN_IN["aws"])
    conditions = [condition for condition in trust.conditions if condition.lower_key == "saml:aud"]
    if not conditions:
        yield trust.finding(
            TRUST_AUDIENCE,
            f"An assertion of {provider!r} for another service is accepted: no condition on SAML:aud, which must be"
            f" {expected!r}.",
            "Condition",
        )
        return
    for condition in conditions:
        rest = [each for each in trust.conditions if each is not condition]
        constraint = classify_constraint(condition, present=requires_presence(rest, "saml:aud"))
        if constraint is Constraint.NEVER:
            continue
        if constraint is not Constraint.PINS:
            reason = explain_open(constraint, condition)
            yield trust.finding(
                TRUST_CONDITION_OPEN, f"{condition} does not restrict the assertion to AWS: {reason}.", "Condition"
            )
            continue
        host = _HOSTS.get(partition, _HOSTS["aws"])
        loose = [value for value in condition.values if is_pattern(value) and f"{host}/" not in value]
        if condition.operator.takes_patterns and loose:
            yield trust.finding(
                TRUST_CONDITION_OPEN,
                f"{condition} does not restrict the assertion to AWS: {loose[0]!r} must contain {host + '/'!r}.",
                "Condition",
            )
        elif not any(host in value for value in condition.values):
            yield trust.finding(
                TRUST_CONDITION_NEVER,
                f"{condition} is never satisfied: SAML:aud is the assertion's Recipient, in partition {partition}"
                f" {expected!r} or a regional one.",
                "Condition",
            )
