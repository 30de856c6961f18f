"""EKS Connector: the checks in place of assuming its role, and which answers count."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from eks_access.kubernetes.client import Response
from eks_access.manifest.models import IntegrationAccess, KubernetesExpectation
from eks_access_probe.checks import connector, kubernetes
from eks_access_probe.checks.service_account_session import ServiceAccountSession
from eks_access_probe.identity.assume_role import Actor, AssumeRoleError
from eks_access_probe.identity.identities import Identities
from eks_access_probe.operator import aws as evaluated_aws
from eks_access_probe.outcome import Result, Verdict, evaluate_answer
from tests.support.world import access, aws_call, status

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
VIEWER = "arn:aws:iam::111122223333:role/Viewer"
AGENT = {"Effect": "Allow", "Principal": {"Service": "ssm.amazonaws.com"}, "Action": "sts:AssumeRole"}
ACCOUNT = "system:serviceaccount:eks-connector:eks-connector"


def integration(**changes: Any) -> IntegrationAccess:
    trust = {"kind": "service", "refuses": ["stranger"], "service": "ssm.amazonaws.com"}
    identity = {"username": ACCOUNT, "groups": [], "accessPolicies": []}
    return IntegrationAccess.model_validate(access("Q0E=", trust=trust, identity=identity, **changes))


class FakeAws:
    """IAM with this trust policy and these decisions."""

    def __init__(self, *statements: dict[str, Any], decision: str = "allowed") -> None:
        self._statements, self._decision = statements, decision

    def client(self, *_: Any) -> "FakeAws":
        return self

    def profile_credentials(self, profile: str) -> str:
        return profile

    def get_role(self, RoleName: str) -> Any:
        return {"Role": {"RoleName": RoleName, "AssumeRolePolicyDocument": {"Statement": list(self._statements)}}}

    def simulate_principal_policy(self, **asked: Any) -> Any:
        self.asked = asked
        return {"EvaluationResults": [{"EvalDecision": self._decision}]}


def actor(clients: Any, kubeconfig: Path = Path("none"), **changes: Any) -> Actor:
    operator = {"profile": "admin", "kubeconfigs": {"api": str(kubeconfig)}}
    known = Identities.model_validate({"version": 1, "integrations": {"acme": {"operator": operator}}})
    return Actor(clients, "acme", integration(**changes), known)


@pytest.mark.parametrize(
    ("found", "result", "message"),
    [
        ({"status": "ACTIVE", "ends": -1}, Result.AS_EXPECTED, "connected"),
        ({"status": "PENDING", "ends": 48}, Result.AS_EXPECTED, "not connected yet"),
        ({"status": "PENDING", "ends": 5}, Result.AS_EXPECTED, "warning: .* expires in 5 hours"),
        ({"status": "PENDING", "ends": -1}, Result.MISMATCH, "expired unused"),
        ({"status": "FAILED", "ends": 48}, Result.MISMATCH, "expired unused"),
    ],
)
def test_a_registration_must_be_connected_or_have_a_valid_activation(
    found: dict[str, Any], result: Result, message: str
) -> None:
    config = {"activationExpiry": NOW + timedelta(hours=found["ends"])}
    answer = connector.evaluate_registration({"status": found["status"], "connectorConfig": config}, NOW)
    (question, *_) = [check.question for check in connector.build_registration_checks(FakeAws(), actor(FakeAws()))]  # type: ignore[arg-type]
    assert evaluate_answer(question, answer) is result
    assert re.search(message, " ".join([answer.message, *answer.differences]))


def test_an_eks_cluster_is_not_a_registration() -> None:
    assert "an EKS cluster" in connector.evaluate_registration({"status": "ACTIVE"}, NOW).differences[0]


@pytest.mark.parametrize(
    ("statements", "result"),
    [
        ((AGENT,), Result.AS_EXPECTED),
        (({**AGENT, "Action": ["sts:AssumeRole"]},), Result.AS_EXPECTED),
        (({**AGENT, "Principal": {"Service": ["ssm.amazonaws.com", "ec2.amazonaws.com"]}},), Result.MISMATCH),
        ((AGENT, {**AGENT, "Principal": {"AWS": "*"}}), Result.MISMATCH),
        ((), Result.MISMATCH),
    ],
)
def test_the_trust_policy_is_for_the_service_alone(statements: tuple[dict[str, Any], ...], result: Result) -> None:
    aws: Any = FakeAws(*statements)
    check = connector.build_trust_check(aws, actor(aws))
    assert evaluate_answer(check.question, check.ask()) is result


@pytest.mark.parametrize(("decision", "verdict"), [("allowed", Verdict.ALLOWED), ("implicitDeny", Verdict.DENIED)])
def test_the_roles_calls_are_evaluated_and_marked_as_evaluated(decision: str, verdict: Verdict) -> None:
    aws: Any = FakeAws(decision=decision)
    (check, _) = evaluated_aws.build_role_checks(
        aws, actor(aws, aws=[aws_call("eks:ListClusters", False)]), "aws", "111122223333"
    )
    assert check.ask().verdict is verdict
    assert not check.question.exercised
    assert (aws.asked["ActionNames"], aws.asked["ResourceArns"]) == (["eks:ListClusters"], ["*"])
    assert aws.asked["PolicySourceArn"] == integration().role.arn


def test_explicit_resource_arns_are_used_for_the_simulation() -> None:
    aws: Any = FakeAws()
    arn = "arn:aws:eks:us-east-1:111122223333:cluster/onprem"
    call = aws_call("ssmmessages:CreateControlChannel", True, ResourceArns=[arn])
    (check, _) = evaluated_aws.build_role_checks(aws, actor(aws, aws=[call]), "aws", "111122223333")
    assert check.ask().verdict is Verdict.ALLOWED
    assert aws.asked["ResourceArns"] == [arn]


def test_the_role_cannot_be_assumed_and_a_missing_operator_is_reported() -> None:
    with pytest.raises(AssumeRoleError, match="only an AWS service"):
        actor(FakeAws()).assume()
    known = Identities.model_validate({"version": 1, "integrations": {"acme": {"profile": "x"}}})
    other: Any = FakeAws()
    with pytest.raises(AssumeRoleError, match="has no 'operator'"):
        Actor(other, "acme", integration(), known).operator_keys()


def test_an_operators_kubeconfig_of_another_cluster_is_refused(tmp_path: Path) -> None:
    named = {"name": "x"}
    config = {
        "current-context": "x",
        "contexts": [{**named, "context": {"cluster": "x", "user": "x"}}],
        "clusters": [{**named, "cluster": {"server": "https://elsewhere.example"}}],
        "users": [{**named, "user": {"token": "t"}}],
    }
    path = tmp_path / "kubeconfig"
    path.write_text(json.dumps(config))
    session = ServiceAccountSession(actor(FakeAws(), path), "api", integration().clusters["api"])
    with pytest.raises(AssumeRoleError, match=r"leads to https://elsewhere\.example"):
        session._create_token()


class Session:
    """A cluster that gives this answer."""

    def __init__(self, answer: Response) -> None:
        self._answer = answer
        self.headers: dict[str, str] = {}

    def request(self, *_: str, headers: dict[str, str], **__: Any) -> Response:
        self.headers = headers
        return self._answer


def as_viewer(*, allowed: bool) -> KubernetesExpectation:
    call = {"verb": "list", "apiGroup": "", "resource": "secrets", "subresource": None, "namespace": None}
    return KubernetesExpectation.model_validate({**call, "name": None, "allowed": allowed, "why": "x", "user": VIEWER})


def test_a_call_as_a_viewer_impersonates_it() -> None:
    session: Any = Session(Response(200, {}, b"{}"))
    assert kubernetes._request(session, as_viewer(allowed=True)).verdict is Verdict.ALLOWED
    assert session.headers == {"Impersonate-User": VIEWER}


def test_a_denial_counts_only_if_the_impersonated_user_is_denied() -> None:
    own: Any = Session(
        status(403, "Forbidden", f'secrets is forbidden: User "{VIEWER}" cannot list resource "secrets"')
    )
    assert kubernetes._request(own, as_viewer(allowed=False)).verdict is Verdict.DENIED
    message = f'users "{VIEWER}" is forbidden: User "{ACCOUNT}" cannot impersonate resource "users"'
    before: Any = Session(status(403, "Forbidden", message))
    assert kubernetes._request(before, as_viewer(allowed=False)).verdict is Verdict.COULD_NOT_ASK
    assert kubernetes._request(before, as_viewer(allowed=True)).verdict is Verdict.DENIED
