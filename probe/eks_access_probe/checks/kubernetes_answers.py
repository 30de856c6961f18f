"""What an API server's answer says about whether the caller was allowed."""

import json
import re
from collections.abc import Mapping
from typing import Any

from eks_access.kubernetes.client import Response

from ..outcome import Answer, Verdict

ANONYMOUS = "system:anonymous"
_ROLE_MISSING = re.compile(r'^(cluster)?role(\.rbac\.authorization\.k8s\.io)? "[^"]*" not found$')


def read(response: Response, name: str | None = None) -> Answer:
    """The answer to a read that was really tried; `name` is the object that was asked for."""
    if response.status < 400:
        return Answer(Verdict.ALLOWED, response.status)
    status = _status(response.body)
    reason, message = str(status.get("reason", "")), str(status.get("message", ""))

    def answer(verdict: Verdict, before: str = "") -> Answer:
        words = message or response.body[:200].decode("utf-8", "replace").strip()
        return Answer(verdict, response.status, reason, f"{before}{words}")

    match response.status:
        case 401:
            return answer(Verdict.NOT_AUTHENTICATED)
        case 403 if f'"{ANONYMOUS}"' in message:
            return answer(Verdict.NOT_AUTHENTICATED)
        case 403 if reason == "Forbidden":
            return answer(Verdict.DENIED)
        case 403:
            return answer(Verdict.COULD_NOT_ASK, "refused by something before the cluster's authorizer: ")
        case 404 if name is not None and _is_about(status, name):
            return answer(Verdict.ALLOWED, "authorized; there is no such object: ")
        case 404:
            return answer(Verdict.COULD_NOT_ASK, "the cluster does not serve this resource: ")
        case 429:
            return answer(Verdict.THROTTLED)
        case _:
            return answer(Verdict.COULD_NOT_ASK)


def access_review(response: Response, kind: str = "SelfSubjectAccessReview") -> Answer:
    """The answer in an access review, of oneself or of somebody else.

    With an `evaluationError` one of the authorizers could not be asked, and what it would have allowed is not known;
    unless it is that a bound role is missing, which grants nothing.
    https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/subject-access-review-v1/#SubjectAccessReviewStatus
    """
    if response.status >= 400:
        # The review itself failed, which says nothing about what was asked in it.
        answer = read(response)
        if answer.verdict is Verdict.DENIED:
            return Answer(Verdict.COULD_NOT_ASK, answer.status, answer.reason, answer.message)
        return answer
    review = _status(response.body).get("status")
    if not isinstance(review, Mapping) or not isinstance(review.get("allowed"), bool):
        return Answer(Verdict.COULD_NOT_ASK, response.status, "", "the answer is no access review")
    words = "; ".join(str(review[key]) for key in ("reason", "evaluationError") if review.get(key))
    if review["allowed"]:
        return Answer(Verdict.ALLOWED, response.status, kind, words)
    incomplete = review.get("evaluationError") and not _ROLE_MISSING.search(str(review["evaluationError"]))
    return Answer(Verdict.COULD_NOT_ASK if incomplete else Verdict.DENIED, response.status, kind, words)


def _is_about(status: Mapping[str, Any], name: str) -> bool:
    """Whether a NotFound is about the object; that of an unknown resource or path names none."""
    details = status.get("details")
    return isinstance(details, Mapping) and details.get("name") == name


def _status(body: bytes) -> Mapping[str, Any]:
    try:
        status = json.loads(body)
    except ValueError:
        return {}
    return status if isinstance(status, dict) else {}
