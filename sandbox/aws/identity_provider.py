"""The sandbox's own identity provider: an RSA key per issuer, and the JSON Web Tokens signed with it.

Google's and a vendor's real keys are not to be had; what STS does with a token is the same with this one.
"""

import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

GOOGLE = "accounts.google.com"
SERVICE_ACCOUNTS = "oidc.sandbox.test"
"""The issuer of service accounts' tokens, for roles that trust them (IRSA). On EKS each cluster has one of its own."""
FORGED = "forged"
"""The name of a key that no issuer publishes."""
CLOCK_SKEW_SECONDS = 5


def issuer_host(issuer: str) -> str:
    return issuer.split("://", 1)[-1].rstrip("/")


@dataclass(frozen=True)
class IdentityProviders:
    folder: Path

    def create(self, *names: str) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in names:
            key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            path = self.key_file(name)
            path.touch(mode=0o600)
            path.write_bytes(
                key.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
            )

    def mint(
        self,
        *,
        issuer: str = GOOGLE,
        audience: str,
        subject: str,
        azp: str | None = None,
        lifetime: int = 3600,
        signed_by: str | None = None,
    ) -> str:
        """A fresh token. `signed_by` takes another key than the issuer's; a negative lifetime has ended
        already.
        """
        now = int(time.time())
        claims = {
            "iss": f"https://{issuer_host(issuer)}",
            "aud": audience,
            "sub": subject,
            "iat": min(now, now + lifetime - 1),
            "exp": now + lifetime,
            "jti": secrets.token_hex(8),
        } | ({"azp": azp} if azp else {})
        key = self.key_file(signed_by or issuer_host(issuer)).read_bytes()
        return jwt.encode(claims, key, algorithm="RS256", headers={"kid": issuer_host(issuer)})

    def public_key(self, host: str) -> rsa.RSAPublicKey | None:
        """The key that the issuer of this host publishes, or None for an issuer that is not known."""
        path = self.key_file(host)
        if host == FORGED or path.parent != self.folder or not path.is_file():
            return None
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        public = key.public_key()
        return public if isinstance(public, rsa.RSAPublicKey) else None

    def key_file(self, name: str) -> Path:
        return self.folder / f"{name}.pem"


@dataclass(frozen=True)
class InvalidTokenError(Exception):
    """A token that STS does not take: the code and the message of its answer."""

    code: str
    message: str


def verified_claims(token: str, providers: IdentityProviders) -> dict[str, Any]:
    """The claims of a token whose signature and time are right.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
    """
    try:
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError as cause:
        raise InvalidTokenError(
            "InvalidIdentityToken",
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
        ) from cause
    issuer = str(claims.get("iss", ""))
    key = providers.public_key(issuer_host(issuer))
    if key is None:
        raise InvalidTokenError("InvalidIdentityToken", f"No OpenIDConnect provider found in your account for {issuer}")
    try:
        jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            leeway=CLOCK_SKEW_SECONDS,
            options={"verify_aud": False, "require": ["exp", "iat", "aud", "sub"]},
        )
    except jwt.ExpiredSignatureError as cause:
        raise InvalidTokenError(
            "ExpiredTokenException",
            f"Token expired: current date/time {int(time.time())} must be before the expiration"
            f" date/time {claims['exp']}",
        ) from cause
    except jwt.InvalidTokenError as cause:
        raise InvalidTokenError(
            "InvalidIdentityToken",
            "Couldn't retrieve verification key from your identity provider,"
            "  please reference AssumeRoleWithWebIdentity documentation for requirements",
        ) from cause
    return claims


def condition_keys(claims: dict[str, Any]) -> dict[str, Any]:
    """The condition keys STS makes of the claims: `:aud` is `azp` where there is one, and `:oaud` then the
    `aud`.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
    """
    host = issuer_host(str(claims["iss"]))
    keys = {f"{host}:sub": claims["sub"], f"{host}:aud": claims.get("azp") or audience(claims)}
    if claims.get("azp"):
        keys[f"{host}:oaud"] = audience(claims)
    if "amr" in claims:
        keys[f"{host}:amr"] = claims["amr"]
    return keys


def audience(claims: dict[str, Any]) -> Any:
    """Kubernetes writes a single audience as a list of one."""
    aud = claims["aud"]
    return aud[0] if isinstance(aud, list) and len(aud) == 1 else aud
