"""Redacts credentials in texts: tokens, assertions, signatures."""

import re

_SECRETS = re.compile(
    r"k8s-aws-v1\.[\w-]+"  # an EKS token
    r"|\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?"  # a JSON Web Token
    r"|\bPH[\w+/]{60,}={0,2}"  # a SAML response: base64 of what begins with <
    r"|(?i:(?<=bearer ))[\w.~+/=-]+"
    r"|(?i:(?<=x-amz-security-token=))[^&\s\"']+"
    r"|(?i:(?<=x-amz-signature=))[^&\s\"']+"
)
_MAX_LENGTH = 1000


def redacted(text: str) -> str:
    """The text with credentials replaced by `[redacted]`, and truncated."""
    safe = _SECRETS.sub("[redacted]", text)
    return safe if len(safe) <= _MAX_LENGTH else f"{safe[:_MAX_LENGTH]}…"
