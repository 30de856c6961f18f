"""The trust policy: the vendor's own request is let in, and every changed one is refused for the right cause.

A refusal counts only where the trust policy (or, for a forged token, the check of the token) refused. The same
error for another cause, such as a token that has ended, proves nothing.
"""

from botocore.exceptions import ClientError

from eks_access.model.trust import TamperedRequest

from ..identity.assume_role import Actor
from ..outcome import Answer, Plane, Question, Verdict
from .aws_errors import THROTTLING, answer_of, asked
from .check import Check

ASSUME = "assume the role"
CHANGED: dict[TamperedRequest, tuple[str, str]] = {
    "external-id-missing": ("without the ExternalId", "another customer of the vendor could name this role"),
    "external-id-wrong": ("with a wrong ExternalId", "another customer of the vendor could name this role"),
    "audience-wrong": ("with a token for another audience", "any application of the identity provider could come in"),
    "subject-wrong": ("with a token of another subject", "anyone with a token for the audience could come in"),
    "forged": ("with a forged token", "anyone could come in"),
    "another-session-name": ("under another user's name", "any user could act as any other"),
    "non-sso-principal": (
        "under the user's name, signed in elsewhere",
        "whoever runs an identity provider could come in under any name",
    ),
    "stranger": ("as another account's principal", "only the vendor's own principal is trusted"),
}


def allowed(actor: Actor) -> Check:
    question = Question(actor.name, Plane.TRUST, ASSUME, "as the vendor", True, "how the integration comes in")
    return Check(question, lambda: _ask(actor, None))


def refused(actor: Actor) -> list[Check]:
    return [_refused(actor, change) for change in actor.access.trust.refuses]


def _refused(actor: Actor, change: TamperedRequest) -> Check:
    how, why = CHANGED[change]
    question = Question(actor.name, Plane.TRUST, ASSUME, how, False, why, detail=change)
    return Check(question, lambda: _ask(actor, change))


def _ask(actor: Actor, change: TamperedRequest | None) -> Answer:
    def call() -> Answer:
        session = actor.session() if change is None else actor.assume(change)
        return Answer(Verdict.ALLOWED, 200, "", f"became {session.arn}")

    return asked(call, lambda error: classify(change, error))


def classify(change: TamperedRequest | None, error: ClientError) -> Answer:
    answer = answer_of(error)
    if answer.reason in THROTTLING or answer.status == 429:
        return answer(Verdict.THROTTLED)
    if _refuses_for_its_cause(change, answer.reason, answer.message):
        return answer(Verdict.DENIED)
    if _lacks_own_permission(answer.message):
        return answer(Verdict.COULD_NOT_ASK, "the caller's own policy refuses, before the trust is asked: ")
    return answer(Verdict.COULD_NOT_ASK)


def _refuses_for_its_cause(change: TamperedRequest | None, code: str, message: str) -> bool:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html (Errors)"""
    if change is not None and _lacks_own_permission(message):
        return False
    match change:
        case None:
            return code in ("AccessDenied", "InvalidIdentityToken", "IDPRejectedClaim", *_BY_EKS_AUTH)
        case "forged":
            return code == "InvalidIdentityToken"
        case "audience-wrong":
            # An OIDC provider of the account judges the audience itself; a built-in one leaves it to the trust policy.
            incorrect = code == "InvalidIdentityToken" and "audience" in message.lower()
            return code == "AccessDenied" or incorrect
        case "subject-wrong" if code == "ResourceNotFoundException":
            return "association" in message
        case _:
            return code == "AccessDenied"


_BY_EKS_AUTH = ("AccessDeniedException", "InvalidTokenException", "ResourceNotFoundException")
"""Nothing is associated with the service account, or the role does not trust EKS Pod Identity.

https://docs.aws.amazon.com/eks/latest/APIReference/API_auth_AssumeRoleForPodIdentity.html (Errors)"""


def _lacks_own_permission(message: str) -> bool:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html"""
    return "no identity-based policy allows" in message
