"""What a review's lines fall under: the rules of SARIF, and the `rule` of JSON. Data."""

from dataclasses import dataclass

from ..finding import Severity


@dataclass(frozen=True)
class Kind:
    title: str
    help: str


KINDS = {
    "trust-opened": Kind(
        "More callers can become a principal",
        "A trust policy takes a principal that it did not take, or no longer asks for a condition. Check that whoever"
        " is named is meant, and that the condition's absence is.",
    ),
    "aws-gained": Kind(
        "A principal may do more in AWS",
        "Actions are allowed that were not, or on more resources. Check that the integration needs each of them.",
    ),
    "escalation-opened": Kind(
        "A principal can widen its own rights",
        "The actions that are allowed together let whoever holds them get rights that nobody gave them. Narrow one of"
        " them to the resources that are meant, or leave it out.",
    ),
    "kubernetes-gained": Kind(
        "A principal may do more in a cluster",
        "Verbs are allowed that were not, or in more namespaces. Check that the integration needs each of them there.",
    ),
    "access-unknown": Kind(
        "What a change grants is not known",
        "Something that decides about access is known only after the deployment, or is hidden. Read it before you"
        " approve, or review again after the deployment.",
    ),
}

LEVELS = {
    Severity.LOW: "note",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "error",
    Severity.CRITICAL: "error",
}
"""As SARIF has them."""
SCORES = {Severity.LOW: "2.0", Severity.MEDIUM: "5.5", Severity.HIGH: "8.0", Severity.CRITICAL: "9.5"}
"""GitHub's `security-severity`: over 9.0 is critical, 7.0 high, 4.0 medium.
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning"""
