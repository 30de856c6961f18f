"""SAML: an assertion of a provider, addressed to AWS's sign-in."""

from collections.abc import Iterator

from eks_access.model.trust.saml import SIGN_IN

from ...finding import Finding
from ...rules.iam.trust import TRUST_AUDIENCE, TRUST_CONDITION_NEVER, TRUST_CONDITION_OPEN, TRUST_PROVIDER
from ..conditions import Binding, binding, demands_presence
from ..glob import is_pattern
from ..principal_conditions import why_open
from .assume import SAML, Trust, told

_HOSTS = {partition: url.removeprefix("https://").partition("/")[0] for partition, url in SIGN_IN.items()}


def evaluate_assertion(trust: Trust, provider: str) -> Iterator[Finding]:
    """`provider` is a SAML provider's ARN."""
    if not trust.allows(SAML):
        yield trust.finding(
            TRUST_PROVIDER,
            f"{provider!r} signs in with {SAML}, which is not among the actions ({told(trust.statement.actions)}), so"
            " that nobody can assume the role.",
            "Action",
        )
        return
    partition = provider.split(":", 2)[1] if provider.startswith("arn:") else trust.context.partition
    expected = SIGN_IN.get(partition, SIGN_IN["aws"])
    tests = [test for test in trust.tests if test.lower_key == "saml:aud"]
    if not tests:
        yield trust.finding(
            TRUST_AUDIENCE,
            f"An assertion of {provider!r} that was made for another service will do: no SAML:aud, which must be"
            f" {expected!r}.",
            "Condition",
        )
        return
    for test in tests:
        rest = [each for each in trust.tests if each is not test]
        found = binding(test, present=demands_presence(rest, "saml:aud"))
        if found is Binding.NEVER:
            continue
        if found is not Binding.PINS:
            reason = why_open(found, test)
            yield trust.finding(
                TRUST_CONDITION_OPEN, f"{test} does not hold the assertion to AWS: {reason}.", "Condition"
            )
            continue
        host = _HOSTS.get(partition, _HOSTS["aws"])
        loose = [value for value in test.values if is_pattern(value) and f"{host}/" not in value]
        if test.operator.globs and loose:
            yield trust.finding(
                TRUST_CONDITION_OPEN,
                f"{test} does not hold the assertion to AWS: {loose[0]!r} must contain {host + '/'!r}.",
                "Condition",
            )
        elif not any(host in value for value in test.values):
            yield trust.finding(
                TRUST_CONDITION_NEVER,
                f"{test}: SAML:aud is the assertion's Recipient, which in partition {partition} is {expected!r}, or a"
                " region's own; nobody meets this.",
                "Condition",
            )
