"""Removes credentials from text before it is shown or logged: whatever would let a reader act as a principal."""

import re

MAX_LENGTH = 1000
"""Characters of a message that are shown; what follows is cut off."""
MASK = "[redacted]"

_SECRET_NAMES = (
    r"(?:secret[_-]?access[_-]?key|secret[_-]?key|session[_-]?token|security[_-]?token"
    r"|web[_-]?identity[_-]?token|saml[_-]?(?:assertion|response)|activation[._-]?code|client[_-]?key[_-]?data"
    r"|(?:access|refresh|auth|api|vault)[_-]?token|api[_-]?key|secret[_-]?string)"
)
"""Names of secrets as AWS, kubeconfigs, their credential plugins and this package write them, in JSON, XML, URLs,
options and the environment."""
_COMMON_NAMES = r"\b(?:token|id[_-]?token|passw(?:or)?d|client[_-]?secret)"
"""Names that are ordinary words too: a value counts as secret only if it is quoted, as in JSON and Python, or given to
the name as an argument or assignment is."""

_QUOTED = r"""(?P<quote>\\*["'])(?:(?!(?P=quote))(?:\\.|[^\\]))*"""
_SEPARATOR = r"""\\*["']?\s*(?:=>|[:=]|%3D)\s*b?"""
_UNMASKED = r"(?!\[redacted\])"

_NAME_HINTS = ("secret", "token", "saml", "activation", "client", "api")
_COMMON_HINTS = ("token", "passw", "secret")
_PATTERNS: tuple[tuple[tuple[str, ...], re.Pattern[str], str], ...] = (
    # PEM private keys, also of a text that is cut off, and the same in base64, as kubeconfigs and Secrets have them.
    (
        ("private key-----",),
        re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
        MASK,
    ),
    (
        ("ls0tls1crudjti",),
        re.compile(r"\bLS0tLS1CRUdJTiB(?:SU0EgUFJJV|QUklWQVRF|FQyBQUklW|FTkNSWVBURUQ|PUEVOU1NI)[\w+/]*={0,2}"),
        MASK,
    ),
    # SAML assertions: XML, and base64 of what begins with "<".
    (("assertion",), re.compile(r"<(?:\w+:)?Assertion\b.*?(?:</(?:\w+:)?Assertion>|\Z)", re.DOTALL), MASK),
    (("ph",), re.compile(r"\bPH[\w+/]{60,}={0,2}"), MASK),
    # EKS tokens and JSON Web Tokens.
    (("k8s-aws-v1.",), re.compile(r"k8s-aws-v1\.[\w-]+"), MASK),
    (("eyj",), re.compile(r"\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?"), MASK),
    # Authorization headers.
    (("bearer ",), re.compile(r"(?i)(?<=\bbearer )[\w.~+/=-]+"), MASK),
    (
        ("authorization",),
        re.compile(r"""(?i)(\bauthorization["']?\s*[:=]\s*["']?(?:basic|token) )[\w.~+/=-]+"""),
        rf"\1{MASK}",
    ),
    (
        ("aws4-hmac-sha256", "signedheaders="),
        re.compile(r"(?i)((?:AWS4-HMAC-SHA256|SignedHeaders=[^\s,]*,)\s*(?:Credential|Signature)=)[^\s,\"']+"),
        rf"\1{MASK}",
    ),
    # Presigned requests, as a URL, quoted in another URL, or as headers.
    (
        ("x-amz-",),
        re.compile(
            r"(?i)(x-amz-(?:signature|credential|security-token)(?:=|%3D|\\*[\"']?\s*[:=]\s*+b?+\\*+[\"']?+))"
            rf"{_UNMASKED}(?:(?!%26)[^&\s\"'\\])+"
        ),
        rf"\1{MASK}",
    ),
    # Values by name: quoted, XML elements, assignments; after a colon only what is too long for a word of prose.
    (_NAME_HINTS, re.compile(rf"(?i)({_SECRET_NAMES}{_SEPARATOR}){_QUOTED}"), rf"\1\g<quote>{MASK}"),
    (_NAME_HINTS, re.compile(rf"(?i)(<{_SECRET_NAMES}>\s*)[^<]+"), rf"\1{MASK}"),
    (
        _NAME_HINTS,
        re.compile(rf"(?i)({_SECRET_NAMES}\s*(?:=|%3D)\s*){_UNMASKED}[^\s\"'&,;<>\\]+"),
        rf"\1{MASK}",
    ),
    (
        _NAME_HINTS,
        re.compile(rf"(?i)({_SECRET_NAMES}\s*:\s*){_UNMASKED}[^\s\"'&,;<>\\]{{16,}}"),
        rf"\1{MASK}",
    ),
    (_COMMON_HINTS, re.compile(rf"(?i)({_COMMON_NAMES}{_SEPARATOR}){_QUOTED}"), rf"\1\g<quote>{MASK}"),
    (_COMMON_HINTS, re.compile(rf"(?i)({_COMMON_NAMES}=){_UNMASKED}[^\s\"'&,;<>\\]+"), rf"\1{MASK}"),
    (
        _COMMON_HINTS,
        re.compile(
            rf"(?i)((?<!\S)--(?:(?:[a-z]+-)*(?:token|password)|(?:[a-z]+-)+secret)\s+){_UNMASKED}[^\s-][^\s\"']*"
        ),
        rf"\1{MASK}",
    ),
    # Tokens of other services, by their prefixes.
    (
        ("gh", "glpat-", "hv", "xox", "pul-"),
        re.compile(
            r"\b(?:gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{15,}|hv[sbr]\.[\w-]{15,}|xox[abeprs]-[\w-]{10,}"
            r"|pul-[0-9a-f]{20,})"
        ),
        MASK,
    ),
    # User information in URLs: a name alone may be a token.
    (("://",), re.compile(r"(?<=://)[^/\s@\"'?#]+(?=@)"), MASK),
)
"""Lower-case substrings without which the pattern cannot match (most texts have none), the pattern, its replacement."""


def redacted(text: str, *, limit: int | None = MAX_LENGTH) -> str:
    """The text with its credentials masked, and cut off after `limit` characters; None for no limit."""
    lowered = text.lower()
    for hints, pattern, replacement in _PATTERNS:
        if any(hint in lowered for hint in hints):
            text = pattern.sub(replacement, text)
    return text if limit is None or len(text) <= limit else f"{text[:limit]}…"
