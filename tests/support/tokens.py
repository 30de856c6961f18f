"""JSON Web Tokens that are looked into, and never verified."""

import base64
import json
from typing import Any

CLAIMS = {
    "iss": "https://issuer.example",
    "aud": "sts.amazonaws.com",
    "sub": "system:serviceaccount:collector:collector",
    "iat": 1000,
    "nbf": 1000,
    "exp": 2000,
    "jti": "one",
}


def token(signature: str = "c2ln", /, **changes: Any) -> str:
    """A token with these claims; None leaves one out."""

    def encode(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    claims = {key: value for key, value in {**CLAIMS, **changes}.items() if value is not None}
    return ".".join((encode({"alg": "RS256"}), encode(claims), signature))
