"""The sandbox's SAML identity providers: a key and a certificate each, their metadata, and the assertions they sign.

A company's real provider is not to be had; what STS does with an assertion is the same with these.
"""

import base64
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.signer import XMLSigner

SIGN_IN = "https://signin.aws.amazon.com/saml"
AUDIENCE = "urn:amazon:webservices"
ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"
SAML, PROTOCOL = "urn:oasis:names:tc:SAML:2.0:assertion", "urn:oasis:names:tc:SAML:2.0:protocol"
METADATA, DS = "urn:oasis:names:tc:SAML:2.0:metadata", "http://www.w3.org/2000/09/xmldsig#"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
REDEEM_SECONDS = 300
LIFETIME = timedelta(days=30)


@dataclass(frozen=True)
class SamlProviders:
    folder: Path

    def create(self, *names: str) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in names:
            key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            path = self.folder / f"{name}.pem"
            path.touch(mode=0o600)
            path.write_bytes(
                key.private_bytes(
                    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                )
            )
            certificate = _certificate(name, key)
            (self.folder / f"{name}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def metadata(self, name: str) -> str:
        """What is uploaded to IAM: the provider's name for itself, and its certificate."""
        md, ds = f"{{{METADATA}}}", f"{{{DS}}}"
        root = etree.Element(f"{md}EntityDescriptor", {"entityID": entity_id(name)}, nsmap={"md": METADATA, "ds": DS})
        descriptor = etree.SubElement(root, f"{md}IDPSSODescriptor", {"protocolSupportEnumeration": PROTOCOL})
        use = etree.SubElement(descriptor, f"{md}KeyDescriptor", {"use": "signing"})
        data = etree.SubElement(etree.SubElement(use, f"{ds}KeyInfo"), f"{ds}X509Data")
        der = x509.load_pem_x509_certificate(self._certificate(name)).public_bytes(serialization.Encoding.DER)
        etree.SubElement(data, f"{ds}X509Certificate").text = base64.b64encode(der).decode()
        etree.SubElement(descriptor, f"{md}NameIDFormat").text = PERSISTENT
        binding = {"Binding": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect", "Location": entity_id(name)}
        etree.SubElement(descriptor, f"{md}SingleSignOnService", binding)
        return etree.tostring(root, encoding="unicode")

    def mint(
        self,
        name: str,
        *,
        role_arn: str,
        provider_arn: str,
        session_name: str,
        subject: str | None = None,
        recipient: str = SIGN_IN,
        audience: str = AUDIENCE,
        lifetime: int = REDEEM_SECONDS,
        signed_by: str | None = None,
    ) -> str:
        """A response with a fresh, signed assertion, in base64 as STS takes it.

        `signed_by` takes another provider's key; a negative lifetime has ended already.
        """
        assertion = _assertion(name, role_arn, provider_arn, session_name, subject, recipient, audience, lifetime)
        signer = XMLSigner(
            signature_algorithm=SignatureMethod.RSA_SHA256,
            digest_algorithm=DigestAlgorithm.SHA256,
            c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
        )
        key = signed_by or name
        signed = signer.sign(
            assertion,
            key=(self.folder / f"{key}.pem").read_bytes(),
            cert=self._certificate(key).decode(),
            reference_uri=assertion.get("ID"),
            id_attribute="ID",
        )
        response = etree.Element(f"{{{PROTOCOL}}}Response", _head(datetime.now(UTC)), nsmap={"samlp": PROTOCOL})
        etree.SubElement(response, f"{{{SAML}}}Issuer", nsmap={"saml": SAML}).text = entity_id(name)
        status = etree.SubElement(response, f"{{{PROTOCOL}}}Status")
        success = {"Value": "urn:oasis:names:tc:SAML:2.0:status:Success"}
        etree.SubElement(status, f"{{{PROTOCOL}}}StatusCode", success)
        response.append(signed)
        return base64.b64encode(etree.tostring(response)).decode()

    def _certificate(self, name: str) -> bytes:
        return (self.folder / f"{name}.crt").read_bytes()


def entity_id(name: str) -> str:
    return f"https://{name.lower()}.sandbox.example/saml"


def _assertion(
    name: str,
    role_arn: str,
    provider_arn: str,
    session_name: str,
    subject: str | None,
    recipient: str,
    audience: str,
    lifetime: int,
) -> etree._Element:
    now = datetime.now(UTC)
    ends = _time(now + timedelta(seconds=lifetime))
    begins = _time(min(now, now + timedelta(seconds=lifetime)) - timedelta(seconds=60))
    root = etree.Element(f"{{{SAML}}}Assertion", _head(now), nsmap={"saml": SAML})

    def add(parent: etree._Element, tag: str, text: str | None = None, **attributes: str) -> etree._Element:
        element = etree.SubElement(parent, f"{{{SAML}}}{tag}", attributes)
        element.text = text
        return element

    add(root, "Issuer", entity_id(name))
    # Where the signature belongs: https://docs.oasis-open.org/security/saml/v2.0/saml-schema-assertion-2.0.xsd
    etree.SubElement(root, f"{{{DS}}}Signature", {"Id": "placeholder"}, nsmap={"ds": DS})
    about = add(root, "Subject")
    add(about, "NameID", subject or session_name, Format=PERSISTENT)
    confirmation = add(about, "SubjectConfirmation", Method="urn:oasis:names:tc:SAML:2.0:cm:bearer")
    add(confirmation, "SubjectConfirmationData", NotOnOrAfter=ends, Recipient=recipient)
    conditions = add(root, "Conditions", NotBefore=begins, NotOnOrAfter=ends)
    add(add(conditions, "AudienceRestriction"), "Audience", audience)
    statement = add(root, "AuthnStatement", AuthnInstant=_time(now), SessionIndex=f"_{secrets.token_hex(8)}")
    context = add(statement, "AuthnContext")
    add(context, "AuthnContextClassRef", "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified")
    attributes = add(root, "AttributeStatement")
    for attribute, value in (("Role", f"{role_arn},{provider_arn}"), ("RoleSessionName", session_name)):
        add(add(attributes, "Attribute", Name=ATTRIBUTES + attribute), "AttributeValue", value)
    return root


def _head(now: datetime) -> dict[str, str]:
    return {"ID": f"_{secrets.token_hex(16)}", "Version": "2.0", "IssueInstant": _time(now)}


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _certificate(name: str, key: rsa.RSAPrivateKey) -> x509.Certificate:
    now, subject = datetime.now(UTC), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + LIFETIME)
        .sign(key, hashes.SHA256())
    )
