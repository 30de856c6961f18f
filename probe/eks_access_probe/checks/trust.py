"""Checks of the trust policy: the vendor's own request is allowed, and every tampered one is refused for its cause.

A refusal counts only if the trust policy (or, for a forged token, the validation of the token) refused. The same error
for another cause is inconclusive: an expired token, say, or a deny of the caller's own policy, of its permissions
boundary or session policy, of an organization's policy or of the network's endpoint.
"""

from botocore.exceptions import ClientError

from eks_access.model.trust import TamperedRequest

from ..identity.assume_role import Actor
from ..identity.credential_claims import find_assertion_problem, find_token_problem
from ..outcome import Answer, Plane, Question, Verdict
from .aws_errors import UNNAMED_POLICY, call_aws, find_refusing_policy, parse_error
from .check import Check

ASSUME = "assume the role"
_TAMPERED: dict[TamperedRequest, tuple[str, str]] = {
    "external-id-missing": ("without the ExternalId", "another customer of the vendor could name this role"),
    "external-id-wrong": ("with a wrong ExternalId", "another customer of the vendor could name this role"),
    "audience-wrong": (
        "with a token for another audience",
        "any application of the identity provider could assume the role",
    ),
    "subject-wrong": (
        "with a token of another subject",
        "any principal with a token for the audience could assume the role",
    ),
    "forged": ("with a forged token", "anyone could assume the role"),
    "another-session-name": ("under another user's name", "any user could act as any other"),
    "non-sso-principal": (
        "under the user's name, signed in elsewhere",
        "any identity provider could assume the role under any user's name",
    ),
    "stranger": ("as another account's principal", "only the vendor's own principal is trusted"),
}


def build_assume_check(actor: Actor) -> Check:
    """The vendor's own request to assume the role, which must be allowed."""
    question = Question(actor.name, Plane.TRUST, ASSUME, "as the vendor", True, "how the vendor assumes the role")
    return Check(question, lambda: _assume(actor, None))


def build_tampered_checks(actor: Actor) -> list[Check]:
    """The tampered requests that the trust policy must refuse."""
    return [_build_tampered_check(actor, tampered) for tampered in actor.access.trust.refuses]


def _build_tampered_check(actor: Actor, tampered: TamperedRequest) -> Check:
    how, why = _TAMPERED[tampered]
    question = Question(actor.name, Plane.TRUST, ASSUME, how, False, why, detail=tampered)
    return Check(question, lambda: _assume(actor, tampered))


def _assume(actor: Actor, tampered: TamperedRequest | None) -> Answer:
    def call() -> Answer:
        if tampered is None:
            session = actor.session()
        else:
            sent = actor.load_credential(tampered)
            if sent is not None and (problem := _find_problem(actor, tampered, sent)):
                return Answer(Verdict.COULD_NOT_ASK, None, "", f"not asked: {problem}")
            session = actor.assume(tampered, credential=sent)
        return Answer(Verdict.ALLOWED, 200, "", f"assumed {session.arn}")

    return call_aws(call, lambda error: classify_sts_error(tampered, error))


def _find_problem(actor: Actor, tampered: TamperedRequest, sent: str) -> str:
    """Why a refusal of this token or assertion would show nothing; empty if it would show what it is to show."""
    genuine = actor.load_credential() or ""
    compare = find_assertion_problem if actor.access.trust.kind == "saml" else find_token_problem
    return compare(tampered, genuine, sent)


def classify_sts_error(tampered: TamperedRequest | None, error: ClientError) -> Answer:
    """The answer in an error of STS or EKS Auth; `tampered` is None for the vendor's own request."""
    parsed = parse_error(error)
    if parsed.is_throttling:
        return parsed.answer(Verdict.THROTTLED)
    if not _is_refused_for_its_cause(tampered, parsed.code, parsed.message):
        return parsed.answer(Verdict.COULD_NOT_ASK)
    policy = find_refusing_policy(parsed.message)
    if policy in (None, *_TRUST_POLICIES) or (tampered is None and policy in _POLICIES_OF_THE_ROLE):
        return parsed.answer(Verdict.DENIED)
    return parsed.answer(Verdict.COULD_NOT_ASK, f"refused by {_add_article(policy)}, not by the trust policy: ")


_TRUST_POLICIES = ("role trust policy", "resource-based policy")
"""How AWS calls the trust policy in a refusal. STS names no policy where the caller is of another account or signs
nothing, and then it is the trust policy: policies of the caller are named.
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html"""
_POLICIES_OF_THE_ROLE = ("resource control policy",)
"""Policies of the role's own organization: they refuse the vendor itself, for whatever is wrong with its request."""


def _add_article(policy: str) -> str:
    return policy if policy == UNNAMED_POLICY else f"{'an' if policy[0] in 'aeiou' else 'a'} {policy}"


def _is_refused_for_its_cause(tampered: TamperedRequest | None, code: str, message: str) -> bool:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html (Errors)"""
    match tampered:
        case None:
            return code in ("AccessDenied", "InvalidIdentityToken", "IDPRejectedClaim", *_EKS_AUTH_REFUSALS)
        case "forged":
            return code == "InvalidIdentityToken"
        case "audience-wrong":
            # An OIDC provider in IAM validates the audience itself; a built-in one leaves it to the trust policy.
            is_wrong_audience = code == "InvalidIdentityToken" and "audience" in message.lower()
            return code == "AccessDenied" or is_wrong_audience
        case "subject-wrong" if code == "ResourceNotFoundException":
            return "association" in message
        case _:
            return code == "AccessDenied"


_EKS_AUTH_REFUSALS = ("AccessDeniedException", "InvalidTokenException", "ResourceNotFoundException")
"""The service account has no association, or the role does not trust EKS Pod Identity.

https://docs.aws.amazon.com/eks/latest/APIReference/API_auth_AssumeRoleForPodIdentity.html (Errors)"""
