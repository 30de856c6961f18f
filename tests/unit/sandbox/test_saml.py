"""A SAML assertion is taken only as its provider signed it, for AWS, in time; and read as AWS reads it."""

import base64
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.aws.identity_provider import FORGED, InvalidTokenError
from sandbox.aws.saml_assertion import Assertion, verified
from sandbox.aws.saml_provider import SIGN_IN, SamlProviders, entity_id

ROLE, PROVIDER = "arn:aws:iam::111122223333:role/r", "arn:aws:iam::111122223333:saml-provider/corp"


@pytest.fixture(scope="module")
def providers(tmp_path_factory: pytest.TempPathFactory) -> SamlProviders:
    made = SamlProviders(tmp_path_factory.mktemp("saml"))
    made.create("corp", "other", FORGED)
    return made


def minted(providers: SamlProviders, name: str = "corp", **changes: Any) -> str:
    wanted = {"role_arn": ROLE, "provider_arn": PROVIDER, "session_name": "jane@example.com"} | changes
    return providers.mint(name, **wanted)


def taken(providers: SamlProviders, encoded: str) -> Assertion:
    return verified(encoded, providers.metadata("corp"))


def test_an_assertion_of_the_provider_is_taken(providers: SamlProviders) -> None:
    assertion = taken(providers, minted(providers, subject="jane"))
    assert assertion.session_name == "jane@example.com"
    assert assertion.roles == {frozenset((ROLE, PROVIDER))}
    assert assertion.condition_keys() == {
        "saml:aud": SIGN_IN,
        "saml:iss": entity_id("corp"),
        "saml:sub": "jane",
        "saml:sub_type": "persistent",
    }


def test_a_session_keeps_only_who_the_user_is(providers: SamlProviders) -> None:
    assert set(taken(providers, minted(providers)).lasting_keys()) == {"saml:sub", "saml:sub_type"}


def changed(old: bytes, new: bytes) -> Callable[[SamlProviders], str]:
    def change(providers: SamlProviders) -> str:
        document = base64.b64decode(minted(providers))
        assert old in document, "the change is one"
        return base64.b64encode(document.replace(old, new)).decode()

    return change


def wrapped(providers: SamlProviders) -> str:
    """The known attack on verifiers that read another assertion than the signed one."""
    document = base64.b64decode(minted(providers))
    start = document.index(b"<saml:Assertion")
    end = document.index(b"</saml:Assertion>") + len(b"</saml:Assertion>")
    signed = document[start:end]
    evil = signed.replace(b"jane@example.com", b"root@example.com").replace(b'ID="_', b'ID="_evil')
    evil = evil[: evil.index(b"<ds:Signature")] + evil[evil.index(b"</ds:Signature>") + len(b"</ds:Signature>") :]
    return base64.b64encode(document[:start] + evil + signed + document[end:]).decode()


WRONG: dict[str, tuple[Callable[[SamlProviders], str], str, str]] = {
    "signed by another key": (
        lambda providers: minted(providers, signed_by=FORGED),
        "InvalidIdentityToken",
        "Response signature invalid",
    ),
    "of another provider": (
        lambda providers: minted(providers, "other"),
        "InvalidIdentityToken",
        "Response signature invalid",
    ),
    "by the provider's key in another's name": (
        lambda providers: minted(providers, "other", signed_by="corp"),
        "InvalidIdentityToken",
        "Issuer not present",
    ),
    "changed after it was signed": (
        changed(b"jane@example.com", b"root@example.com"),
        "InvalidIdentityToken",
        "Response signature invalid",
    ),
    "without its signature": (
        changed(b"ds:Signature", b"ds:Nature"),
        "InvalidIdentityToken",
        "Response signature invalid",
    ),
    "over": (
        lambda providers: minted(providers, lifetime=-60),
        "ExpiredTokenException",
        "must be redeemed within 5 minutes",
    ),
    "for another audience": (
        lambda providers: minted(providers, audience="https://somewhere.example"),
        "InvalidIdentityToken",
        "required audience",
    ),
    "with a session name that STS does not take": (
        lambda providers: minted(providers, session_name="jane doe"),
        "InvalidIdentityToken",
        "must match",
    ),
    "no base64": (lambda _: "%%%", "InvalidIdentityToken", "Invalid base64 SAMLResponse"),
    "no XML": (lambda _: "bm90IHhtbA==", "InvalidIdentityToken", "Invalid base64 SAMLResponse"),
}


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG)
def test_a_wrong_assertion_is_refused_for_its_reason(
    case: tuple[Callable[[SamlProviders], str], str, str], providers: SamlProviders
) -> None:
    mint, code, words = case
    with pytest.raises(InvalidTokenError) as refused:
        taken(providers, mint(providers))
    assert (refused.value.code, words in refused.value.message) == (code, True), refused.value.message


def test_an_assertion_beside_the_signed_one_is_never_read(providers: SamlProviders) -> None:
    assertion = taken(providers, wrapped(providers))
    assert (assertion.session_name, assertion.subject) == ("jane@example.com", "jane@example.com"), "what was signed"


def test_the_metadata_is_long_enough_for_iam(providers: SamlProviders) -> None:
    assert 1000 <= len(providers.metadata("corp")) <= 10_000_000


def test_keys_are_readable_by_their_owner_only(providers: SamlProviders) -> None:
    assert {path.stat().st_mode & 0o777 for path in providers.folder.glob("*.pem")} == {0o600}
