"""Evaluated checks of requests to a cluster: access reviews of the user and groups that the role is mapped to.

EKS evaluates access policies by the IAM identity of a user, which a review of a username does not carry. So the
policies that are associated now are evaluated here, by their published rules, in addition to the review.
"""

import threading
from collections.abc import Callable
from functools import partial

from eks_access.manifest.models import KubernetesExpectation
from eks_access.model.access_policies import find_granting_policy

from ..checks import kubernetes, undeclared
from ..checks.aws_errors import call_aws
from ..checks.check import Check
from ..checks.cluster_session import ClusterSession
from ..checks.grant_sources import to_request
from ..checks.kubernetes_answers import classify_review
from ..identity.aws_clients import Aws
from ..outcome import Answer, Verdict
from .cluster_identity import ClusterIdentity, NotMappedError, ReadError, find_differences, load_cluster_identity
from .evaluation import as_inconclusive, classify_operator_error, mark_evaluated

BY = "SubjectAccessReview"
REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"


class ClusterEvaluation:
    """Evaluates the checks of one integration in one cluster. Thread-safe."""

    def __init__(self, aws: Aws, session: ClusterSession) -> None:
        self._aws = aws
        self._session = session
        self._identity: ClusterIdentity | None = None
        self._lock = threading.Lock()

    def build_identity_check(self) -> Check:
        """The cluster must map the role to the declared user, groups and access policies."""
        question = kubernetes.build_identity_check(self._session).question
        return Check(mark_evaluated(question, "the access entry or aws-auth"), self._compare_identity, self.renew)

    def build_checks(self) -> list[Check]:
        """One check for each expectation of the manifest, and one for undeclared permissions."""
        access, session = self._session.actor.access, self._session
        by = BY if not access.identity.access_policies else f"{BY} and the rules of access policies"
        declared = [
            Check(mark_evaluated(kubernetes.build_question(session, e), by), partial(self._evaluate, e), self.renew)
            for e in access.kubernetes
        ]
        rest = undeclared.build_check(session.actor.name, session.key, access, session.cluster, self._evaluate)
        return [*declared, Check(mark_evaluated(rest.question, by), rest.ask, self.renew)]

    def renew(self) -> None:
        """Discard the cluster identity, so that the next check loads it again."""
        with self._lock:
            self._identity = None
        self._session.renew()

    def _compare_identity(self) -> Answer:
        def call() -> Answer:
            identity = self._load_identity()
            message = f"username {identity.username!r}; groups {', '.join(identity.all_groups)}"
            policies = ", ".join(grant.policy for grant in identity.grants)
            cluster = self._session.cluster
            return Answer(
                Verdict.ALLOWED,
                None,
                "",
                message + (f"; access policies {policies}" if policies else ""),
                tuple(find_differences(identity, self._session.actor.access, cluster.method)),
            )

        return self._call(call)

    def _evaluate(self, e: KubernetesExpectation) -> Answer:
        return self._call(partial(self._review, e))

    def _review(self, e: KubernetesExpectation) -> Answer:
        identity, attributes = self._load_identity(), kubernetes.build_attributes(e)
        policy = find_granting_policy(identity.grants, to_request(e))
        if policy is not None:
            return Answer(Verdict.ALLOWED, None, "access policy", f"{policy}, by its published rules")
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": BY,
            "spec": {"user": identity.username, "groups": identity.all_groups, **attributes},
        }
        answer = classify_review(self._session.request("POST", REVIEWS, body=body), BY)
        if answer.verdict is Verdict.DENIED and identity.unknown_policies:
            message = f"AWS does not publish the rules of {', '.join(identity.unknown_policies)}, which may allow it"
            return Answer(Verdict.COULD_NOT_ASK, answer.status, BY, message)
        return answer if answer.verdict in (Verdict.ALLOWED, Verdict.DENIED) else as_inconclusive(answer)

    def _load_identity(self) -> ClusterIdentity:
        with self._lock:
            if self._identity is None:
                self._identity = load_cluster_identity(self._aws, self._session)
            return self._identity

    @staticmethod
    def _call(call: Callable[[], Answer]) -> Answer:
        def with_identity() -> Answer:
            try:
                return call()
            except NotMappedError as error:
                return Answer(Verdict.NOT_AUTHENTICATED, None, "", str(error))
            except ReadError as error:
                return as_inconclusive(error.answer)

        return kubernetes.call_cluster(lambda: call_aws(with_identity, classify_operator_error))
