"""Compares a tampered token or assertion with the genuine one: a refusal shows something only about what differs. Pure.

Nothing is verified here; STS does that. Messages name claims, never their values.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from eks_access.model.trust import TamperedRequest

Claims = Mapping[str, Any]

_TESTED: Mapping[TamperedRequest, frozenset[str]] = {
    # IAM compares `:aud` with the token's azp, if it has one.
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
    "audience-wrong": frozenset({"aud", "azp"}),
    "subject-wrong": frozenset({"sub"}),
    "forged": frozenset(),
}
"""What must differ in each tampered request; in a forged one nothing but the signature does."""
_OF_EACH_TOKEN = frozenset({"iat", "nbf", "exp", "jti", "auth_time", "nonce", "at_hash", "c_hash", "sid"})
"""Claims about the token itself, which differ in any two: https://openid.net/specs/openid-connect-core-1_0.html#IDToken"""
_OF_THE_SUBJECT = frozenset(
    {
        # https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims
        *("email", "email_verified", "name", "given_name", "family_name", "preferred_username", "picture", "locale"),
        # https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens
        "kubernetes.io",
        # https://docs.github.com/en/actions/reference/security/oidc#oidc-token-claims
        *("actor", "actor_id", "base_ref", "environment", "event_name", "head_ref", "job_workflow_ref"),
        *("job_workflow_sha", "ref", "ref_protected", "ref_type", "repository", "repository_id", "repository_owner"),
        *("repository_owner_id", "repository_visibility", "run_attempt", "run_id", "run_number", "runner_environment"),
        *("sha", "workflow", "workflow_ref", "workflow_sha"),
    }
)
"""Claims that say more about the subject. They differ with it, and are not needed in a forged token: no trust policy of
this package compares them. Tokens of one subject for two audiences have the same."""
_SAML_TESTED: Mapping[TamperedRequest, frozenset[str]] = {"audience-wrong": frozenset({"Recipient"})}
"""`SAML:aud` is the assertion's Recipient."""
_SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"


def find_token_problem(tampered: TamperedRequest, genuine: str, sent: str) -> str:
    """Why the refusal of the tampered token would show nothing; empty if it would.

    Both are JSON Web Tokens.
    """
    try:
        expected, found = _decode_token(genuine), _decode_token(sent)
    except ValueError:
        return "the tokens cannot be compared: one of them is not a JSON Web Token"
    ignored = _OF_EACH_TOKEN | (frozenset() if tampered == "audience-wrong" else _OF_THE_SUBJECT)
    if tampered == "audience-wrong" and _audiences(expected) & _audiences(found):
        return "the token for another audience is for the right one as well"
    return _compare(tampered, _TESTED[tampered], ignored, expected, found) or _compare_signatures(genuine, sent)


def find_assertion_problem(tampered: TamperedRequest, genuine: str, sent: str) -> str:
    """Why the refusal of the tampered assertion would show nothing; empty if it would.

    Both are SAML responses in base64.
    """
    try:
        expected, found = _decode_assertion(genuine), _decode_assertion(sent)
    except ValueError:
        return "the assertions cannot be compared: one of them is no SAML response, or is encrypted"
    tested = _SAML_TESTED.get(tampered, frozenset())
    return _compare(tampered, tested, frozenset(), expected, found) or _compare_signatures(genuine, sent)


def _compare(
    tampered: TamperedRequest, tested: frozenset[str], ignored: frozenset[str], expected: Claims, found: Claims
) -> str:
    names = expected.keys() | found.keys()
    differing = {name for name in names if expected.get(name) != found.get(name)} - ignored
    if others := sorted(differing - tested):
        listed = ", ".join(map(repr, others))
        return f"it also differs from the genuine one in {listed}, so a refusal may have another cause than {tampered}"
    if tested and not differing:
        return f"it does not differ from the genuine one in {' or '.join(map(repr, sorted(tested)))}"
    return ""


def _compare_signatures(genuine: str, sent: str) -> str:
    return "it is the genuine one" if genuine == sent else ""


def _audiences(claims: Claims) -> frozenset[str]:
    """The audiences as IAM compares them."""
    value = claims.get("azp") or claims.get("aud")
    return frozenset(map(str, value)) if isinstance(value, list) else frozenset({str(value)})


def _decode_token(token: str) -> Claims:
    """The claims of a token.

    Raises:
        ValueError: it is not a JSON Web Token.
    """
    _header, payload, _signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    if not isinstance(claims, dict):
        raise ValueError("the payload is no object")
    # A single audience may be written as a list.
    audience = claims.get("aud")
    return claims | ({"aud": audience[0]} if isinstance(audience, list) and len(audience) == 1 else {})


def _decode_assertion(response: str) -> Claims:
    """What STS reads of an assertion, without its times, by names that users know.

    Raises:
        ValueError: it is no SAML response, or has no assertion in plain text.
    """
    try:
        document = base64.b64decode(response, validate=True)
        if b"<!DOCTYPE" in document:
            raise ValueError("a SAML response has no document type")
        assertions = list(ElementTree.fromstring(document).iter(f"{_SAML}Assertion"))
    except (binascii.Error, ElementTree.ParseError) as error:
        raise ValueError(str(error)) from error
    if len(assertions) != 1:
        raise ValueError("a response has one assertion")
    (assertion,) = assertions
    confirmations = assertion.iter(f"{_SAML}SubjectConfirmationData")
    names = [(name.get("Format"), name.text) for name in assertion.iter(f"{_SAML}NameID")]
    claims: dict[str, Any] = {
        "Issuer": [issuer.text for issuer in assertion.iter(f"{_SAML}Issuer")],
        "NameID": names,
        "Recipient": [confirmation.get("Recipient") for confirmation in confirmations],
        "Audience": sorted(audience.text or "" for audience in assertion.iter(f"{_SAML}Audience")),
    }
    for attribute in assertion.iter(f"{_SAML}Attribute"):
        values = sorted(value.text or "" for value in attribute.iter(f"{_SAML}AttributeValue"))
        claims[str(attribute.get("Name"))] = values
    return claims
