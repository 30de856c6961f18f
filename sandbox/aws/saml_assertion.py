"""What STS reads in a SAML response, and what it refuses of one.

Only what the signature covers is read: anything else in the document could have been put there by anybody.
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_saml.html
"""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidSignature as BadSignature
from lxml import etree
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from .identity_provider import CLOCK_SKEW_SECONDS, InvalidTokenError
from .saml_provider import ATTRIBUTES, AUDIENCE, DS, METADATA, SAML, SIGN_IN

SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_NAMES = {"saml": SAML, "md": METADATA, "ds": DS}


@dataclass(frozen=True)
class Assertion:
    issuer: str
    subject: str
    subject_type: str
    recipient: str
    roles: frozenset[frozenset[str]]
    """Pairs of a role's and a provider's ARN, which come in either order."""
    session_name: str

    def condition_keys(self) -> dict[str, str]:
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html"""
        keys = {"saml:aud": self.recipient, "saml:iss": self.issuer}
        return keys | self.lasting_keys()

    def lasting_keys(self) -> dict[str, str]:
        """Those that later requests of the session have too."""
        return {"saml:sub": self.subject, "saml:sub_type": self.subject_type}


def verified(encoded: str, metadata: str) -> Assertion:
    """The assertion of a response that the provider of this metadata has signed, for AWS, and not too long ago.

    Raises:
        InvalidTokenError: as STS answers.
    """
    provider = _parsed(metadata.encode())
    certificates = provider.findall(".//md:IDPSSODescriptor//ds:X509Certificate", _NAMES)
    assertion = _signed(encoded, ["".join((found.text or "").split()) for found in certificates])
    issuer = _text(assertion, "saml:Issuer")
    if issuer != provider.get("entityID"):
        raise InvalidTokenError("InvalidIdentityToken", "Issuer not present in specified provider")
    confirmation = assertion.find("saml:Subject/saml:SubjectConfirmation/saml:SubjectConfirmationData", _NAMES)
    conditions = assertion.find("saml:Conditions", _NAMES)
    if confirmation is None or conditions is None:
        raise InvalidTokenError("InvalidIdentityToken", "Invalid base64 SAMLResponse")
    for element in (confirmation, conditions):
        _check_time(element)
    audiences = {found.text for found in conditions.findall("saml:AudienceRestriction/saml:Audience", _NAMES)}
    if not audiences & {AUDIENCE, SIGN_IN}:
        raise InvalidTokenError("InvalidIdentityToken", "Response does not contain the required audience")
    session_names = _attribute(assertion, "RoleSessionName")
    if len(session_names) != 1:
        raise InvalidTokenError("InvalidIdentityToken", "RoleSessionName is required in AuthnResponse")
    if not SESSION_NAME.fullmatch(session_names[0]):
        raise InvalidTokenError(
            "InvalidIdentityToken", "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"
        )
    name = assertion.find("saml:Subject/saml:NameID", _NAMES)
    return Assertion(
        issuer=issuer,
        subject=(name.text or "") if name is not None else "",
        subject_type=str(name.get("Format", "")).rpartition(":")[2] if name is not None else "",
        recipient=str(confirmation.get("Recipient", "")),
        roles=frozenset(frozenset(pair.split(",")) for pair in _attribute(assertion, "Role")),
        session_name=session_names[0],
    )


def _parsed(document: bytes) -> etree._Element:
    return etree.fromstring(document, etree.XMLParser(resolve_entities=False, no_network=True))


def _signed(encoded: str, certificates: list[str]) -> etree._Element:
    try:
        document = base64.b64decode(encoded, validate=True)
        response = _parsed(document)
    except (binascii.Error, ValueError, etree.XMLSyntaxError) as cause:
        raise InvalidTokenError("InvalidIdentityToken", "Invalid base64 SAMLResponse") from cause
    where = SignatureConfiguration(location=f"./{{{SAML}}}Assertion/")
    for certificate in certificates:
        pem = f"-----BEGIN CERTIFICATE-----\n{certificate}\n-----END CERTIFICATE-----"
        try:
            result = XMLVerifier().verify(response, x509_cert=pem, id_attribute="ID", expect_config=where)
        except (SignXMLException, BadSignature, ValueError):
            continue
        signed = result.signed_xml if not isinstance(result, list) else None
        if signed is not None and signed.tag == f"{{{SAML}}}Assertion":
            return signed
    raise InvalidTokenError("InvalidIdentityToken", "Response signature invalid")


def _check_time(element: etree._Element) -> None:
    now, skew = datetime.now(UTC), timedelta(seconds=CLOCK_SKEW_SECONDS)
    until, since = element.get("NotOnOrAfter"), element.get("NotBefore")
    if until is None or datetime.fromisoformat(str(until)) + skew <= now:
        raise InvalidTokenError("ExpiredTokenException", "Token must be redeemed within 5 minutes of issuance")
    if since is not None and datetime.fromisoformat(str(since)) - skew > now:
        raise InvalidTokenError("InvalidIdentityToken", "Assertion is not yet valid")


def _text(element: etree._Element, path: str) -> str:
    found = element.find(path, _NAMES)
    return (found.text or "") if found is not None else ""


def _attribute(assertion: etree._Element, name: str) -> list[str]:
    values = assertion.findall(f"saml:AttributeStatement/saml:Attribute[@Name='{ATTRIBUTES}{name}']/*", _NAMES)
    return [value.text or "" for value in values]
