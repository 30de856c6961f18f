"""The ways in, asked as the former integration: the trust policy, AWS with a live session, and each cluster.

Each is asked before the removal and after it. A refusal afterwards counts only for its cause: STS must refuse the
request itself, and not a stale credential; a cluster must not know the caller any more (401), which a refusal by its
authorizer (403) does not show.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from botocore.exceptions import BotoCoreError, ClientError

from eks_access.endpoint import LoopbackError
from eks_access.kubernetes.client import Response
from eks_access.manifest.models import AwsExpectation
from eks_access.redaction import redacted

from ..checks.aws import build_check
from ..checks.aws_errors import call_aws, is_denial, parse_error
from ..checks.check import Check
from ..checks.cluster_session import ClusterSession
from ..checks.kubernetes import call_cluster
from ..checks.kubernetes_answers import classify_response
from ..checks.side_effects import may_be_made
from ..identity.assume_role import AssumeRoleError
from ..identity.aws_clients import Aws
from ..outcome import Answer, Plane, Question, Verdict
from .former import FormerActor, FormerServiceAccount, create_session
from .kept import KeptSession
from .report import Line

ASSUME = "assume"
SESSION = "session"
_REVIEW = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
_REVIEWS = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


@dataclass(frozen=True)
class Way:
    """One way in: how it is shown, and the check, which is expected to be refused."""

    key: str
    plane: str
    where: str
    what: str
    check: Check

    def line(self, **values: object) -> Line:
        return Line.model_validate(
            {"key": self.key, "plane": self.plane, "where": self.where, "what": self.what, **values}
        )


def build_ways(actor: FormerActor, aws: Aws) -> list[Way]:
    """The ways in of the integration. A role that only an AWS service may assume is not assumed by anyone here."""
    ways = [] if actor.access.trust.kind == "service" else [_build_assume(actor), _build_session(actor, aws)]
    clusters = actor.access.clusters.items()
    if actor.access.trust.kind != "service" or actor.access.is_connected:
        ways += [_build_cluster(actor, create_session(actor, key, cluster)) for key, cluster in clusters]
    return ways


def take_sessions(actor: FormerActor) -> Iterator[str]:
    """Assumes the role and takes what has to be refused afterwards; yields why something is not available."""
    kept = actor.kept
    if actor.access.trust.kind != "service":
        try:
            credential = actor.load_credential()
            session = actor.assume(credential=credential)
        except (AssumeRoleError, ClientError, BotoCoreError, LoopbackError) as error:
            yield f"no session of the role could be taken: {redacted(str(error))}"
        else:
            actor.kept = kept = kept.model_copy(update={"credential": credential, "session": KeptSession.of(session)})
    for key, cluster in actor.access.clusters.items() if actor.access.is_connected else ():
        try:
            token = FormerServiceAccount(actor, key, cluster).take_token()
        except AssumeRoleError as error:
            yield f"no token of the service account in {key} could be taken: {redacted(str(error))}"
        else:
            actor.kept = kept = kept.model_copy(update={"tokens": {**kept.tokens, key: token}})


def _build_assume(actor: FormerActor) -> Way:
    def call() -> Answer:
        session = actor.assume(credential=actor.load_former_credential())
        return Answer(Verdict.ALLOWED, 200, "", f"assumed {session.arn}")

    question = Question(actor.name, Plane.TRUST, "assume", "the role", False, "the integration is off-boarded")
    check = Check(question, lambda: call_aws(call, classify_sts_refusal))
    return Way(ASSUME, "trust", "", "assume the role as the vendor did", check)


def classify_sts_refusal(error: ClientError) -> Answer:
    """Only AccessDenied is a refusal of this request; a token or an assertion that is not valid any more is none."""
    parsed = parse_error(error)
    if parsed.is_throttling:
        return parsed.answer(Verdict.THROTTLED)
    is_association_gone = parsed.code == "ResourceNotFoundException" and "association" in parsed.message
    refused = is_denial(parsed.code) or is_association_gone
    return parsed.answer(Verdict.DENIED if refused else Verdict.COULD_NOT_ASK)


def _build_session(actor: FormerActor, aws: Aws) -> Way:
    """A call of AWS that the integration was allowed to make, with its session from before."""
    expectation = find_allowed_call(actor)
    made = build_check(aws, actor, expectation)
    question = replace(made.question, allowed=False, granted_by=None, why="the integration is off-boarded")
    what = f"call {expectation.action} with a session from before"
    return Way(SESSION, "aws", "", what, Check(question, partial(_ask_inverted, made.ask), made.renew))


def find_allowed_call(actor: FormerActor) -> AwsExpectation:
    """One that it was allowed to make and that changes nothing; else the one that all who use EKS make."""
    allowed = (each for each in actor.access.aws if each.allowed and may_be_made(each.action, each.parameters))
    cluster = next(iter(actor.access.clusters.values()))
    fallback = AwsExpectation(
        action="eks:DescribeCluster",
        allowed=True,
        why="",
        parameters={"name": cluster.name},
        region=cluster.region,
    )
    return next(allowed, fallback)


def _ask_inverted(ask: Callable[[], Answer]) -> Answer:
    """A session that AWS does not know any more is refused as well: that is what becomes of a deleted role's."""
    answer = ask()
    is_unknown = answer.verdict is Verdict.NOT_AUTHENTICATED and answer.reason in _UNKNOWN_KEYS
    return replace(answer, verdict=Verdict.DENIED) if is_unknown else answer


_UNKNOWN_KEYS = ("InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "AuthFailure")
"""AWS does not know the access key (any more). That a session has expired, or a bad signature, is another cause."""


def _build_cluster(actor: FormerActor, session: ClusterSession) -> Way:
    def call() -> Answer:
        return classify_authentication(session.request("POST", _REVIEWS, body=_REVIEW))

    is_connected = actor.access.is_connected
    what = "sign in as its service account" if is_connected else "sign in with a session from before"
    question = Question(
        actor.name, Plane.KUBERNETES, "sign in", "to the cluster", False, "the integration is off-boarded", session.key
    )
    check = Check(question, lambda: call_cluster(call), session.renew)
    return Way(f"cluster:{session.key}", "cluster", session.key, what, check)


def classify_authentication(response: Response) -> Answer:
    """Whether the cluster still knows the caller: a 403 of its authorizer shows that it does."""
    answer = classify_response(response)
    match answer.verdict:
        case Verdict.NOT_AUTHENTICATED if answer.status == 401:
            return replace(answer, verdict=Verdict.DENIED)
        case Verdict.DENIED:
            return replace(answer, verdict=Verdict.ALLOWED)
        case Verdict.NOT_AUTHENTICATED:
            return replace(answer, verdict=Verdict.COULD_NOT_ASK)
        case _:
            return answer
