"""Web identity: a token of an OpenID Connect provider, for an audience, of a subject."""

from collections.abc import Iterator, Sequence

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
from ..conditions import Binding, Test, binding, demands_presence
from ..glob import is_anything, is_pattern
from ..principal_conditions import why_open
from .assume import WEB_IDENTITY, Trust, told
from .providers import BUILT_IN, Claim, Provider, provider_of, subject_claim

_NOT_ISSUERS = ("aws:", "sts:", "saml:", "iam:", "ec2:", "lambda:")


def evaluate_token(trust: Trust, principal: str) -> Iterator[Finding]:
    """`principal` is a provider's ARN, or the name of a built-in one."""
    issuer = principal.partition(":oidc-provider/")[2] or principal
    provider = provider_of(issuer)
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
            f" ({told(trust.statement.actions)}), so that nobody can assume the role.",
            "Action",
        )
        return
    foreign = [test for test in trust.tests if (named := issuer_of(test.key)) and not _same(named, issuer)]
    if foreign:
        yield from _wrong_issuer(trust, issuer, foreign)
    unknown = [test for test in trust.tests if _is_unknown(test, issuer, provider)]
    if unknown:
        yield trust.finding(
            TRUST_CONDITION_NEVER,
            f"{unknown[0]}: IAM does not pass this claim of {provider.name} on; it knows"
            f" {', '.join(sorted(provider.known))}.",
            "Condition",
        )
    if any(test.lower_key == "sts:externalid" and not test.operator.lets_absent_through for test in trust.tests):
        yield trust.finding(
            TRUST_CONDITION_NEVER,
            f"sts:ExternalId cannot be given with {WEB_IDENTITY}, so that nobody meets it.",
            "Condition",
        )
    excused = {issuer_claim(test.key) for test in (*foreign, *unknown)}
    if not excused & set(provider.audience):
        yield from _audience(trust, issuer, provider)
    if not excused & {"sub", *(claim for claim, _ in provider.claims)}:
        yield from _subject(trust, issuer, provider)


def issuer_of(key: str) -> str:
    """The provider that a condition key belongs to; nothing where it belongs to none."""
    issuer, _, claim = key.rpartition(":")
    if not claim or key.lower().startswith(_NOT_ISSUERS) or "." not in issuer:
        return ""
    # oidc.circleci.com/org/<id>:oidc.circleci.com/project-id has one claim, with dots of its own.
    return issuer


def issuer_claim(key: str) -> str:
    return key.rpartition(":")[2].lower()


def _same(named: str, issuer: str) -> bool:
    return named.lower().rstrip("/") == issuer.lower().rstrip("/")


def _is_unknown(test: Test, issuer: str, provider: Provider) -> bool:
    named = issuer_of(test.key)
    return bool(named and provider.known and _same(named, issuer) and issuer_claim(test.key) not in provider.known)


def _wrong_issuer(trust: Trust, issuer: str, foreign: Sequence[Test]) -> Iterator[Finding]:
    first = foreign[0]
    named = issuer_of(first.key)
    also = [
        each.value for each in trust.statement.principals if _same(each.value.partition(":oidc-provider/")[2], named)
    ]
    if also:
        why = f"holds for tokens of {also[0]!r} only, and both must hold; write a statement for each provider"
    elif named.lower().removeprefix("https://") == issuer.lower():
        why = "has https:// in its key, which no request has"
    else:
        why = f"is about {named}, and the provider is {issuer}"
    passes = first.operator.lets_absent_through or first.operator.negated
    effect = "it holds for every token" if passes else "no token of this provider meets it"
    yield trust.finding(TRUST_ISSUER, f"{first} {why}: {effect}.", "Condition")


def _tests(trust: Trust, issuer: str, claim: str) -> list[Test]:
    return [
        test
        for test in trust.tests
        if issuer_claim(test.key) == claim.lower() and (named := issuer_of(test.key)) and _same(named, issuer)
    ]


def _binding(trust: Trust, test: Test) -> Binding:
    rest = [each for each in trust.tests if each is not test]
    return binding(test, present=demands_presence(rest, test.lower_key))


def _audience(trust: Trust, issuer: str, provider: Provider) -> Iterator[Finding]:
    tests = [test for claim in provider.audience for test in _tests(trust, issuer, claim)]
    keys = " or ".join(f"{issuer}:{claim}" for claim in provider.audience)
    if not tests:
        yield trust.finding(
            TRUST_AUDIENCE, f"A token of {issuer} that was made for any audience will do: no {keys}.", "Condition"
        )
        return
    reasons = [_open(trust, test) for test in tests]
    if all(reasons):
        yield trust.finding(
            TRUST_CONDITION_OPEN, f"{tests[0]} does not hold the token to an audience: {reasons[0]}.", "Condition"
        )


def _open(trust: Trust, test: Test) -> str:
    found = _binding(trust, test)
    if found is Binding.NEVER:
        return ""
    if found is not Binding.PINS:
        return why_open(found, test)
    wild = [value for value in test.values if test.operator.globs and is_pattern(value)]
    return f"{wild[0]!r} matches more than one" if wild else ""


def _subject(trust: Trust, issuer: str, provider: Provider) -> Iterator[Finding]:
    """One claim that says whose token it is, is enough. The best one counts."""
    asked: list[tuple[Test, Claim | None]] = [(test, None) for test in _tests(trust, issuer, "sub")]
    asked += [(test, shape) for claim, shape in provider.claims for test in _tests(trust, issuer, claim)]
    if not asked:
        others = [test for test in trust.tests if (named := issuer_of(test.key)) and _same(named, issuer)]
        others = [test for test in others if issuer_claim(test.key) not in provider.audience]
        beside = f"; {others[0]} leaves it open whose" if others else ""
        yield trust.finding(
            TRUST_SUBJECT,
            f"Whoever gets a token from {issuer} can assume the role: no {issuer}:sub{beside}.",
            "Condition",
        )
        return
    evaluated = [_evaluated(trust, provider, test, shape) for test, shape in asked]
    best = min(evaluated, key=lambda each: each is not None and (1 if each.rule is TRUST_SUBJECT_WIDE else 2))
    if best is not None:
        yield best


def _evaluated(trust: Trust, provider: Provider, test: Test, shape: Claim | None) -> Finding | None:
    found = _binding(trust, test)
    if found is Binding.NEVER:
        return None  # told as a condition that nobody meets
    if found is not Binding.PINS:
        rule = TRUST_SUBJECT if found is Binding.ANYTHING else TRUST_CONDITION_OPEN
        return trust.finding(rule, f"{test} does not say whose token it is: {why_open(found, test)}.", "Condition")
    wide = None
    for value in test.values:
        claim = shape or subject_claim(provider, value)
        if is_anything(value) or not claim.is_closed(value):
            return trust.finding(
                TRUST_SUBJECT,
                f"{test.key} {value!r} lets others than one's own in; it must name them, as in {claim.looks!r}.",
                "Condition",
            )
        if not claim.is_narrow(value):
            wide = trust.finding(
                TRUST_SUBJECT_WIDE, f"{test.key} {value!r} is wider than one, as in {claim.looks!r}.", "Condition"
            )
    return wide
