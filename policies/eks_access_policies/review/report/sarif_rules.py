"""The rules of the SARIF report, one for each kind of change that it contains, and the mapping of severities."""

from dataclasses import dataclass

from ...finding import Severity


@dataclass(frozen=True)
class SarifRule:
    title: str
    help: str


SARIF_RULES = {
    "trust-opened": SarifRule(
        "More callers can assume a role",
        "A trust policy accepts a principal that it did not accept before, or no longer requires a condition. Check"
        " that the named principals are intended, and that the condition is not needed.",
    ),
    "aws-gained": SarifRule(
        "A principal may do more in AWS",
        "Actions are newly allowed, or on more resources. Check that the integration needs each of them.",
    ),
    "escalation-opened": SarifRule(
        "A principal can escalate its privileges",
        "The allowed actions together let the principal get rights that no policy grants it. Restrict one of them to"
        " the intended resources, or remove it.",
    ),
    "kubernetes-gained": SarifRule(
        "A principal may do more in a cluster",
        "Verbs are newly allowed, or in more namespaces. Check that the integration needs each of them there.",
    ),
    "identity-gained": SarifRule(
        "An identity enters a cluster, or changes there",
        "A group, a username, an account, an identity provider or the role of a service account is new. Check that it"
        " is meant, and what is bound to it outside of the stack.",
    ),
    "access-unknown": SarifRule(
        "The access that a change grants could not be determined",
        "Something that decides about access is known only after the deployment, or is secret. Read it before you"
        " approve, or review again after the deployment.",
    ),
}
"""By the key of a change."""

LEVELS = {
    Severity.LOW: "note",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "error",
    Severity.CRITICAL: "error",
}
"""SARIF's levels."""
SCORES = {Severity.LOW: "2.0", Severity.MEDIUM: "5.5", Severity.HIGH: "8.0", Severity.CRITICAL: "9.5"}
"""GitHub's `security-severity`: over 9.0 is critical, 7.0 high, 4.0 medium.
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning"""
