"""Rules of any policy document."""

from ...finding import Rule, Severity

_USER_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide"

MALFORMED = Rule(
    "iam-document-malformed",
    "A policy document follows IAM's grammar",
    Severity.MEDIUM,
    "Correct what the message names. IAM rejects the document, or interprets it differently from how it looks.",
    f"{_USER_GUIDE}/reference_policies_grammar.html",
)
CHARACTERS = Rule(
    "iam-document-characters",
    "A policy document has only characters that IAM accepts, and no look-alikes of Latin letters",
    Severity.MEDIUM,
    "Retype the text in Latin letters. What looks like the right word names something else.",
    "https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html",
)
SIZE = Rule(
    "iam-document-size",
    "A policy document stays within its size limit",
    Severity.MEDIUM,
    "Split the policy, name fewer resources, or use wildcards where they cover nothing else.",
    f"{_USER_GUIDE}/reference_iam-quotas.html",
)
SIZE_NEAR = Rule(
    "iam-document-size-near",
    "A policy document has room to grow",
    Severity.LOW,
    "Split the policy, name fewer resources, or use wildcards where they cover nothing else.",
    f"{_USER_GUIDE}/reference_iam-quotas.html",
)
DUPLICATE = Rule(
    "iam-document-duplicate",
    "A policy document has no duplicates",
    Severity.LOW,
    "Remove what is already covered: it looks like a difference, and counts against the size limit.",
    f"{_USER_GUIDE}/access-analyzer-reference-policy-checks.html",
)
