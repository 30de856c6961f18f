"""Classifies the responses of an API server: whether the caller was authorized."""

import json
import re
from collections.abc import Mapping
from typing import Any

from eks_access.kubernetes.client import Response

from ..outcome import Answer, Verdict

ANONYMOUS = "system:anonymous"
_ROLE_MISSING = re.compile(r'^(cluster)?role(\.rbac\.authorization\.k8s\.io)? "[^"]*" not found$')


def classify_response(response: Response, name: str | None = None) -> Answer:
    """The answer to a read that was made; `name` is that of the requested object."""
    if response.status < 400:
        return Answer(Verdict.ALLOWED, response.status)
    status = _parse_status(response.body)
    reason, message = str(status.get("reason", "")), str(status.get("message", ""))

    def answer(verdict: Verdict, prefix: str = "") -> Answer:
        text = message or response.body[:200].decode("utf-8", "replace").strip()
        return Answer(verdict, response.status, reason, f"{prefix}{text}")

    match response.status:
        case 401:
            return answer(Verdict.NOT_AUTHENTICATED)
        case 403 if f'"{ANONYMOUS}"' in message:
            return answer(Verdict.NOT_AUTHENTICATED)
        case 403 if reason == "Forbidden":
            return answer(Verdict.DENIED)
        case 403:
            return answer(
                Verdict.COULD_NOT_ASK, "refused before the cluster's authorizer, by a proxy or firewall, for example: "
            )
        case 404 if name is not None and _is_not_found_of(status, name):
            return answer(Verdict.ALLOWED, "authorized; there is no such object: ")
        case 404:
            return answer(Verdict.COULD_NOT_ASK, "the cluster does not serve this resource: ")
        case 429:
            return answer(Verdict.THROTTLED)
        case _:
            return answer(Verdict.COULD_NOT_ASK)


def classify_review(response: Response, kind: str = "SelfSubjectAccessReview") -> Answer:
    """The answer in an access review, of the caller itself (SelfSubjectAccessReview) or of another user.

    With an `evaluationError` one of the authorizers failed, and the permissions that it grants are not known, so that a
    denial is inconclusive; unless the error is that a bound role is missing, which grants nothing.
    https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/subject-access-review-v1/#SubjectAccessReviewStatus
    """
    if response.status >= 400:
        # The review itself failed, which is inconclusive for the reviewed call.
        answer = classify_response(response)
        if answer.verdict is Verdict.DENIED:
            return Answer(Verdict.COULD_NOT_ASK, answer.status, answer.reason, answer.message)
        return answer
    review = _parse_status(response.body).get("status")
    if not isinstance(review, Mapping) or not isinstance(review.get("allowed"), bool):
        return Answer(Verdict.COULD_NOT_ASK, response.status, "", "the response is not an access review")
    evidence = "; ".join(str(review[key]) for key in ("reason", "evaluationError") if review.get(key))
    if review["allowed"]:
        return Answer(Verdict.ALLOWED, response.status, kind, evidence)
    is_incomplete = review.get("evaluationError") and not _ROLE_MISSING.search(str(review["evaluationError"]))
    return Answer(Verdict.COULD_NOT_ASK if is_incomplete else Verdict.DENIED, response.status, kind, evidence)


def _is_not_found_of(status: Mapping[str, Any], name: str) -> bool:
    """Whether a NotFound is that of the object; the one of an unknown resource or path names none."""
    details = status.get("details")
    return isinstance(details, Mapping) and details.get("name") == name


def _parse_status(body: bytes) -> Mapping[str, Any]:
    try:
        status = json.loads(body)
    except ValueError:
        return {}
    return status if isinstance(status, dict) else {}
