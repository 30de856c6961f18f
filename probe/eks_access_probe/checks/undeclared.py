"""What the user has in a cluster beyond its description: one line, over the rights of `rights`."""

from collections.abc import Callable

from eks_access.manifest.models import Cluster, IntegrationAccess, KubernetesExpectation
from eks_access.model.kubernetes_rights import Request

from ..outcome import Answer, Plane, Question, Verdict
from .check import Check
from .declared_rights import format_right, to_expectation, undeclared

CALL = "hold"
TARGET = "rights beyond the description"
SHOWN = 12

Review = Callable[[KubernetesExpectation], Answer]
"""Asks about one right, as whoever is meant."""


def beyond(name: str, cluster_key: str, access: IntegrationAccess, cluster: Cluster, review: Review) -> Check:
    rights = undeclared(access, cluster)
    question = Question(
        name,
        Plane.KUBERNETES,
        CALL,
        TARGET,
        False,
        "nobody decided on it: another binding, an access policy, a right of everybody",
        cluster_key,
        detail=f"access reviews of {len(rights)} rights",
    )
    return Check(question, lambda: _ask(rights, review))


def _ask(rights: list[Request], review: Review) -> Answer:
    found: list[Request] = []
    for number, right in enumerate(rights):
        answer = review(to_expectation(right))
        if answer.verdict is Verdict.ALLOWED:
            found.append(right)
        elif answer.verdict is not Verdict.DENIED:
            # The rest would meet the same hindrance; what was found so far stands.
            return _found(found, number) if found else answer
    return _found(found, len(rights)) if found else Answer(Verdict.DENIED, None, "", f"none of {len(rights)} rights")


def _found(found: list[Request], asked: int) -> Answer:
    named = ", ".join(map(format_right, found[:SHOWN]))
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return Answer(Verdict.ALLOWED, None, "", f"{len(found)} of {asked} rights asked about: {named}{more}")
