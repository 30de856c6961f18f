"""A web identity token is taken only with the right signature and time, and read as AWS reads it."""

from collections.abc import Callable
from pathlib import Path

import jwt
import pytest

from sandbox.aws.identity_provider import (
    FORGED,
    GOOGLE,
    IdentityProviders,
    InvalidTokenError,
    condition_keys,
    verified_claims,
)


@pytest.fixture(scope="module")
def providers(tmp_path_factory: pytest.TempPathFactory) -> IdentityProviders:
    made = IdentityProviders(tmp_path_factory.mktemp("idp"))
    made.create(GOOGLE, FORGED)
    return made


def test_a_token_of_the_issuer_is_taken(providers: IdentityProviders) -> None:
    claims = verified_claims(providers.mint(audience="client", subject="1"), providers)
    assert (claims["iss"], claims["aud"], claims["sub"]) == ("https://accounts.google.com", "client", "1")


def unsigned(providers: IdentityProviders) -> str:
    claims = jwt.decode(providers.mint(audience="a", subject="1"), options={"verify_signature": False})
    return jwt.encode(claims, "", algorithm="none")


def signed_with_the_public_key(providers: IdentityProviders) -> str:
    """The known attack on verifiers that take the algorithm from the token."""
    claims = jwt.decode(providers.mint(audience="a", subject="1"), options={"verify_signature": False})
    return jwt.encode(claims, "a-shared-secret-of-thirty-two-bytes", algorithm="HS256")


WRONG: dict[str, tuple[Callable[[IdentityProviders], str], str, str]] = {
    "signed by another key": (
        lambda providers: providers.mint(audience="a", subject="1", signed_by=FORGED),
        "InvalidIdentityToken",
        "verification key",
    ),
    "not signed": (unsigned, "InvalidIdentityToken", "verification key"),
    "signed with another algorithm": (signed_with_the_public_key, "InvalidIdentityToken", "verification key"),
    "of an unknown issuer": (
        lambda providers: providers.mint(issuer="id.example", audience="a", subject="1", signed_by=FORGED),
        "InvalidIdentityToken",
        "No OpenIDConnect provider found in your account for https://id.example",
    ),
    "of an issuer named after the forger": (
        lambda providers: providers.mint(issuer=FORGED, audience="a", subject="1"),
        "InvalidIdentityToken",
        "No OpenIDConnect provider",
    ),
    "of an issuer that is a path": (
        lambda providers: providers.mint(issuer="../idp/forged", audience="a", subject="1", signed_by=FORGED),
        "InvalidIdentityToken",
        "No OpenIDConnect provider",
    ),
    "over": (
        lambda providers: providers.mint(audience="a", subject="1", lifetime=-60),
        "ExpiredTokenException",
        "must be before the expiration",
    ),
    "no token": (lambda _: "not.a.token", "InvalidIdentityToken", "not a valid JWT"),
}


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG)
def test_a_wrong_token_is_refused_for_its_reason(
    case: tuple[Callable[[IdentityProviders], str], str, str], providers: IdentityProviders
) -> None:
    mint, code, words = case
    with pytest.raises(InvalidTokenError) as refused:
        verified_claims(mint(providers), providers)
    assert refused.value.code == code
    assert words in refused.value.message


def test_without_an_authorized_party_the_audience_is_aud_and_there_is_no_oaud() -> None:
    keys = condition_keys({"iss": "https://accounts.google.com", "aud": "client", "sub": "1"})
    assert keys == {"accounts.google.com:aud": "client", "accounts.google.com:sub": "1"}


def test_a_single_audience_in_a_list_as_kubernetes_writes_it_is_that_audience() -> None:
    keys = condition_keys({"iss": "https://oidc.example", "aud": ["sts.amazonaws.com"], "sub": "1"})
    assert keys["oidc.example:aud"] == "sts.amazonaws.com"


def test_with_an_authorized_party_that_is_aud_and_the_audience_is_oaud() -> None:
    keys = condition_keys({"iss": "accounts.google.com", "aud": "https://service", "azp": "42", "sub": "42"})
    assert keys["accounts.google.com:aud"] == "42"
    assert keys["accounts.google.com:oaud"] == "https://service"


def test_keys_are_readable_by_their_owner_only(providers: IdentityProviders) -> None:
    modes: set[int] = {path.stat().st_mode & 0o777 for path in Path(providers.folder).iterdir()}
    assert modes == {0o600}
