"""Requests to a cluster, evaluated: access reviews of the user and groups that the role is mapped to.

EKS evaluates access policies by the IAM identity behind a user, which a review of a name does not carry. So the
policies that are associated now are evaluated here, by their published rules, beside the review.
"""

import threading
from collections.abc import Callable
from functools import partial

from eks_access.manifest.models import KubernetesExpectation
from eks_access.model.access_policies import find_granting_policy
from eks_access.model.kubernetes_rights import Request

from ..checks import kubernetes
from ..checks.aws_errors import asked as aws_asked
from ..checks.check import Check
from ..checks.cluster_session import ClusterSession
from ..checks.kubernetes_answers import access_review
from ..checks.undeclared import beyond
from ..identity.aws_clients import Aws
from ..outcome import Answer, Verdict
from . import evaluated
from .aws import refused
from .cluster_identity import Mapped, NotMappedError, ReadError, could_not_ask, differences, mapped

BY = "SubjectAccessReview"
REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"


class ClusterEvaluation:
    """One integration in one cluster. Safe to use from several threads."""

    def __init__(self, aws: Aws, session: ClusterSession) -> None:
        self._aws = aws
        self._session = session
        self._mapped: Mapped | None = None
        self._lock = threading.Lock()

    def identity(self) -> Check:
        """Whom the cluster takes the role for."""
        question = evaluated(kubernetes.identity(self._session).question, "the access entry or aws-auth")
        return Check(question, self._identify, self.renew)

    def calls(self) -> list[Check]:
        access, session = self._session.actor.access, self._session
        by = BY if not access.identity.access_policies else f"{BY} and the rules of access policies"
        own = [
            Check(evaluated(kubernetes.question(session, e), by), partial(self._review, e), self.renew)
            for e in access.kubernetes
        ]
        rest = beyond(session.actor.name, session.key, access, session.cluster, self._review)
        return [*own, Check(evaluated(rest.question, by), rest.ask, self.renew)]

    def renew(self) -> None:
        """What the role is mapped to is read again before the next question."""
        with self._lock:
            self._mapped = None
        self._session.renew()

    def _identify(self) -> Answer:
        def read() -> Answer:
            found = self._whom()
            told = f"username {found.username!r}; groups {', '.join(found.all_groups)}"
            policies = ", ".join(grant.policy for grant in found.grants)
            cluster = self._session.cluster
            return Answer(
                Verdict.ALLOWED,
                None,
                "",
                told + (f"; access policies {policies}" if policies else ""),
                tuple(differences(found, self._session.actor.access, cluster.method)),
            )

        return self._asked(read)

    def _review(self, e: KubernetesExpectation) -> Answer:
        return self._asked(partial(self._reviewed, e))

    def _reviewed(self, e: KubernetesExpectation) -> Answer:
        whom, wanted = self._whom(), kubernetes.attributes(e)
        policy = find_granting_policy(
            whom.grants,
            Request(e.verb, e.api_group, e.resource, e.subresource or "", e.name or "", e.namespace or ""),
        )
        if policy is not None:
            return Answer(Verdict.ALLOWED, None, "access policy", f"{policy}, by its published rules")
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": BY,
            "spec": {"user": whom.username, "groups": whom.all_groups, "resourceAttributes": wanted},
        }
        answer = access_review(self._session.request("POST", REVIEWS, body=body), BY)
        if answer.verdict is Verdict.DENIED and whom.unknown_policies:
            words = f"AWS publishes no rules of {', '.join(whom.unknown_policies)}, which may allow it"
            return Answer(Verdict.COULD_NOT_ASK, answer.status, BY, words)
        return answer if answer.verdict in (Verdict.ALLOWED, Verdict.DENIED) else could_not_ask(answer)

    def _whom(self) -> Mapped:
        with self._lock:
            if self._mapped is None:
                self._mapped = mapped(self._aws, self._session)
            return self._mapped

    @staticmethod
    def _asked(call: Callable[[], Answer]) -> Answer:
        def told() -> Answer:
            try:
                return call()
            except NotMappedError as nobody:
                return Answer(Verdict.NOT_AUTHENTICATED, None, "", str(nobody))
            except ReadError as unread:
                return could_not_ask(unread.answer)

        return kubernetes.asked(lambda: aws_asked(told, refused))
