"""One check a cluster for permissions that the user has but the description does not grant."""

from collections.abc import Callable

from eks_access.manifest.models import Cluster, IntegrationAccess, KubernetesExpectation
from eks_access.model.kubernetes_rights import Request

from ..outcome import Answer, Plane, Question, Verdict
from .check import Check
from .declared_rights import find_undeclared_rights, format_right, to_expectation

CALL = "hold"
TARGET = "rights beyond the description"
"""The check's call in JSON and JUnit reports, by which reports are compared: it stays as it is."""
LABEL = "has no undeclared permissions"
"""The check in tables."""
MAX_SHOWN = 12

Review = Callable[[KubernetesExpectation], Answer]
"""Makes an access review of one right."""


def build_check(name: str, cluster_key: str, access: IntegrationAccess, cluster: Cluster, review: Review) -> Check:
    """The user must have none of the rights that the description does not declare."""
    rights = find_undeclared_rights(access, cluster)
    question = Question(
        name,
        Plane.KUBERNETES,
        CALL,
        TARGET,
        False,
        "the description does not grant it: another binding, an access policy, or a right of every user does",
        cluster_key,
        detail=f"access reviews of {len(rights)} rights",
        label=LABEL,
    )
    return Check(question, lambda: _review_all(rights, review))


def _review_all(rights: list[Request], review: Review) -> Answer:
    found: list[Request] = []
    for number, right in enumerate(rights):
        answer = review(to_expectation(right))
        if answer.verdict is Verdict.ALLOWED:
            found.append(right)
        elif answer.verdict is not Verdict.DENIED:
            # The other reviews would fail for the same reason; what was found so far is conclusive.
            return _answer(found, number) if found else answer
    return _answer(found, len(rights)) if found else Answer(Verdict.DENIED, None, "", f"none of {len(rights)} rights")


def _answer(found: list[Request], reviewed: int) -> Answer:
    listed = ", ".join(map(format_right, found[:MAX_SHOWN]))
    more = f" and {len(found) - MAX_SHOWN} more" if len(found) > MAX_SHOWN else ""
    return Answer(Verdict.ALLOWED, None, "", f"{len(found)} of {reviewed} reviewed rights: {listed}{more}")
