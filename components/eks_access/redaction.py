"""Takes out of a text what would let its reader act as somebody."""

import re

_SECRETS = re.compile(
    r"k8s-aws-v1\.[\w-]+"  # an EKS token
    r"|\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?"  # a JSON Web Token
    r"|\bPH[\w+/]{60,}={0,2}"  # a SAML response: base64 of what begins with <
    r"|(?i:(?<=bearer ))[\w.~+/=-]+"
    r"|(?i:(?<=x-amz-security-token=))[^&\s\"']+"
    r"|(?i:(?<=x-amz-signature=))[^&\s\"']+"
)
_LONGEST = 1000


def redacted(text: str) -> str:
    shown = _SECRETS.sub("[redacted]", text)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"
