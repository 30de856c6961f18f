"""A tampered token or assertion must differ from the genuine one in what is tested, and in nothing else."""

import base64

import pytest

from eks_access.model.trust import TamperedRequest
from eks_access_probe.identity.credential_claims import find_assertion_problem, find_token_problem
from tests.support.tokens import token

LATER = {"iat": 1001, "nbf": 1001, "exp": 2001, "jti": "two"}


@pytest.mark.parametrize(
    ("tampered", "sent"),
    [
        ("audience-wrong", token(**LATER, aud="vault")),
        ("audience-wrong", token(**LATER, aud=["vault"])),
        ("audience-wrong", token(**LATER, aud="other.example", azp="other.example")),
        ("subject-wrong", token(**LATER, sub="system:serviceaccount:default:default")),
        ("subject-wrong", token(**LATER, sub="b", aud=["sts.amazonaws.com"])),
        ("subject-wrong", token(**LATER, sub="b", **{"kubernetes.io": {"namespace": "default"}})),
        ("subject-wrong", token(**LATER, sub="repo:acme/b", repository="acme/b", ref="refs/heads/x")),
        ("forged", token("b3RoZXI", **LATER)),
        ("forged", token("b3RoZXI")),
        ("forged", token("b3RoZXI", **{"kubernetes.io": {"namespace": "collector"}})),
    ],
)
def test_a_token_that_differs_in_the_tested_claim_alone_proves_it(tampered: TamperedRequest, sent: str) -> None:
    assert find_token_problem(tampered, token(), sent) == ""


@pytest.mark.parametrize(
    ("tampered", "sent", "problem"),
    [
        ("audience-wrong", token(), "is for the right one as well"),
        ("audience-wrong", token(**LATER), "is for the right one as well"),
        ("audience-wrong", token(aud=["sts.amazonaws.com", "vault"]), "is for the right one as well"),
        ("audience-wrong", token(aud="vault", sub="b"), "also differs from the genuine one in 'sub'"),
        ("audience-wrong", token(aud="vault", iss="https://other.example"), "'iss'"),
        ("audience-wrong", token(aud="vault", amr=["unauthenticated"]), "'amr'"),
        ("audience-wrong", token(aud="vault", email="b@example.com"), "'email'"),
        ("subject-wrong", token(**LATER), "does not differ from the genuine one in 'sub'"),
        ("subject-wrong", token(sub="b", aud="vault"), "also differs from the genuine one in 'aud'"),
        ("subject-wrong", token(sub="b", iss="https://other.example"), "'iss'"),
        ("subject-wrong", token(sub="b", azp="b"), "'azp'"),
        ("subject-wrong", token(sub="b", aud="vault", iss="x"), "'aud', 'iss'"),
        ("forged", token(), "it is the genuine one"),
        ("forged", token("b3RoZXI", aud="vault"), "also differs from the genuine one in 'aud'"),
        ("forged", token("b3RoZXI", iss="https://other.example"), "'iss'"),
        ("subject-wrong", "opaque", "not a JSON Web Token"),
        ("subject-wrong", "a.b.c", "not a JSON Web Token"),
        ("subject-wrong", "a.W10.c", "not a JSON Web Token"),
    ],
)
def test_a_token_that_differs_in_more_or_in_nothing_proves_nothing(
    tampered: TamperedRequest, sent: str, problem: str
) -> None:
    found = find_token_problem(tampered, token(), sent)
    assert problem in found
    assert bool(found) is bool(problem)
    assert "example.com" not in found, "values are not repeated"


def assertion(*, encrypted: bool = False, copies: int = 1, signature: str = "a", **changes: str) -> str:
    values = {
        "issuer": "https://corp.example/saml",
        "name": "jane@example.com",
        "recipient": "https://signin.aws.amazon.com/saml",
        "audience": "urn:amazon:webservices",
        "role": "arn:aws:iam::111122223333:role/x,arn:aws:iam::111122223333:saml-provider/corp",
        "until": "2030-01-01T00:00:00Z",
    } | changes
    one = f"""<Assertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion"><Issuer>{values["issuer"]}</Issuer>
      <Subject><NameID>{values["name"]}</NameID><SubjectConfirmation>
        <SubjectConfirmationData Recipient="{values["recipient"]}" NotOnOrAfter="{values["until"]}"/>
      </SubjectConfirmation></Subject>
      <Conditions><AudienceRestriction><Audience>{values["audience"]}</Audience></AudienceRestriction></Conditions>
      <AttributeStatement><Attribute Name="https://aws.amazon.com/SAML/Attributes/Role">
        <AttributeValue>{values["role"]}</AttributeValue></Attribute></AttributeStatement></Assertion>"""
    body = "<EncryptedAssertion/>" if encrypted else one * copies
    return base64.b64encode(f"<Response><Signature>{signature}</Signature>{body}</Response>".encode()).decode()


ELSEWHERE = "https://signin.amazonaws-us-gov.com/saml"


@pytest.mark.parametrize(
    ("tampered", "sent"),
    [
        ("audience-wrong", assertion(recipient=ELSEWHERE, until="2031-01-01T00:00:00Z", signature="b")),
        ("forged", assertion(signature="b")),
    ],
)
def test_an_assertion_that_differs_in_the_tested_value_alone_proves_it(tampered: TamperedRequest, sent: str) -> None:
    assert find_assertion_problem(tampered, assertion(), sent) == ""


@pytest.mark.parametrize(
    ("tampered", "sent", "problem"),
    [
        (
            "audience-wrong",
            assertion(until="2031-01-01T00:00:00Z"),
            "does not differ from the genuine one in 'Recipient'",
        ),
        ("audience-wrong", assertion(recipient=ELSEWHERE, audience="urn:x"), "'Audience'"),
        ("audience-wrong", assertion(recipient=ELSEWHERE, issuer="https://x"), "'Issuer'"),
        ("audience-wrong", assertion(recipient=ELSEWHERE, name="joe"), "'NameID'"),
        ("audience-wrong", assertion(recipient=ELSEWHERE, role="arn:x,arn:y"), "Attributes/Role'"),
        ("forged", assertion(), "it is the genuine one"),
        ("forged", assertion(role="arn:x,arn:y", signature="b"), "Attributes/Role'"),
        ("forged", assertion(encrypted=True), "is encrypted"),
        ("forged", assertion(copies=2), "no SAML response"),
        ("forged", "no base64", "no SAML response"),
        ("forged", base64.b64encode(b"<!DOCTYPE x [<!ENTITY a 'b'>]><Response/>").decode(), "no SAML response"),
    ],
)
def test_an_assertion_that_differs_in_more_or_in_nothing_proves_nothing(
    tampered: TamperedRequest, sent: str, problem: str
) -> None:
    assert problem in find_assertion_problem(tampered, assertion(), sent)
