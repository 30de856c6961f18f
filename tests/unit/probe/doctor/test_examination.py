"""Each thing that can be in the way of a deployment, with its advice, and the same without it."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import EndpointConnectionError

from eks_access.kubernetes.client import KubernetesApi, Response, UnreachableError
from eks_access.kubernetes.token import presigned_token
from eks_access.stack.configuration import Environment
from eks_access_probe.doctor.examination import Examination, Subject, examine
from eks_access_probe.doctor.finding import Check, Finding, Status, worst
from eks_access_probe.identity.aws_clients import Aws
from tests.support.doctor import (
    ACCOUNT,
    ROLE,
    SERVER,
    SESSION,
    USER,
    Answers,
    dated,
    environment,
    json_answer,
    may,
    names,
    refused,
    unauthorized,
)
from tests.support.vendors import ARGUMENTS
from tests.support.world import World, answer, json_error, xml_error

OBJECTS = {
    "conductorone": {
        "hosting": "self_hosted_irsa",
        "oidc_issuer": "oidc.example.com",
        "deploy_connector": {"client_id": "a1", "client_secret": "b1"},
    }
}
ENDPOINT = "http://127.0.0.1:9"
ENTRY = (
    f"arn:aws:eks:us-east-1:{ACCOUNT}:access-entry/prod-0/role/{ACCOUNT}/eks-access-opentrace"
    "/00000000-0000-0000-0000-000000000000"
)


@pytest.fixture
def answers(world: World, certificate_authority: str, monkeypatch: pytest.MonkeyPatch) -> Answers:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIADEPLOYER")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "deployers-own-key")
    answers = Answers(world, certificate_authority)

    def request(api: KubernetesApi, method: str, path: str, **options: Any) -> Response:
        special = world.kubernetes(api.server, method, path)
        return answers.review(options["body"]) if special is None else special

    monkeypatch.setattr(KubernetesApi, "request", request)
    return answers


def run(declared: Environment | None, environ: dict[str, str] | None = None, **subject: Any) -> Examination:
    options = {"endpoint": ENDPOINT, "only_loopback": True, **subject}
    return examine(Aws(ENDPOINT), Subject("us-east-1", declared, **options), environ or {})


def only(done: Examination, check: Check) -> Finding:
    """The one finding of a check that is not in order."""
    (finding,) = (each for each in done.findings if each.check is check and each.status is not Status.OK)
    return finding


def test_an_environment_that_is_in_order_has_no_problem_and_everything_was_examined(answers: Answers) -> None:
    done = run(environment())
    assert names(done.findings) == []
    assert worst(done.findings) is Status.OK
    assert {each.check for each in done.findings} == {
        Check.CREDENTIALS,
        Check.ACCOUNT,
        Check.CLOCK,
        Check.PROXY,
        Check.CLUSTER,
        Check.INTEGRATION,
        Check.AWS_RIGHTS,
        Check.KUBERNETES_RIGHTS,
    }
    assert done.modes == {"prod": "API"}


def test_without_an_environment_the_regions_clusters_are_examined_and_no_rights(answers: Answers) -> None:
    done = run(None)
    assert names(done.findings) == []
    assert "SimulatePrincipalPolicy" not in answers.world.calls
    by_check = {each.check: each for each in done.findings}
    assert by_check[Check.CLUSTER].subject == "prod-0"
    assert by_check[Check.AWS_RIGHTS].status is Status.NOT_NEEDED
    answers.world.answers["ListClusters"] = lambda _: json_error(403, "AccessDeniedException", "no eks:ListClusters")
    assert only(run(None), Check.CLUSTER).status is Status.UNKNOWN
    assert names(run(None, clusters=("prod-0",)).findings) == [], "a cluster that is named need not be listed"


def test_without_a_region_no_cluster_is_read(answers: Answers) -> None:
    done = examine(Aws(ENDPOINT), Subject(None, endpoint=ENDPOINT, only_loopback=True), {})
    assert names(done.findings) == [(Check.CLUSTER, Status.UNKNOWN)]
    assert set(answers.world.calls) == {"GetCallerIdentity"}


def test_modes_are_complete_only_if_every_cluster_was_read(answers: Answers) -> None:
    assert run(environment()).are_modes_complete
    answers.world.answers["DescribeCluster"] = lambda _: json_error(400, "ServerException", "no")
    assert not run(environment()).are_modes_complete


# Credentials


def error(code: str, message: str = "no") -> Callable[[Any], AWSResponse]:
    return lambda _: xml_error(403, code, message)


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("ExpiredToken", "They have expired"),
        ("InvalidClientTokenId", "does not exist any more"),
        ("SignatureDoesNotMatch", "not that of the access key, or the clock is wrong"),
        ("SomethingNew", "Sign in"),
    ],
)
def test_credentials_that_aws_refuses_are_a_problem_and_the_rest_is_unknown(
    answers: Answers, code: str, advice: str
) -> None:
    answers.world.answers["GetCallerIdentity"] = error(code)
    done = run(environment())
    finding = only(done, Check.CREDENTIALS)
    assert (finding.status, code in finding.summary, advice in finding.advice) == (Status.PROBLEM, True, True)
    unknown = {each.check for each in done.findings if each.status is Status.UNKNOWN}
    assert {Check.CLUSTER, Check.INTEGRATION, Check.AWS_RIGHTS, Check.KUBERNETES_RIGHTS} <= unknown
    assert "DescribeCluster" not in answers.world.calls


def test_without_credentials_the_time_is_asked_for_unsigned(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    answers.world.answers["GetCallerIdentity"] = lambda _: dated(timedelta(hours=1), "<ErrorResponse/>", 403)
    done = run(environment())
    assert "the environment has no credentials" in only(done, Check.CREDENTIALS).summary
    assert only(done, Check.CLOCK).status is Status.PROBLEM


def test_an_unknown_profile_is_a_problem(answers: Answers) -> None:
    assert "no-such" in only(run(environment(), profile="no-such"), Check.CREDENTIALS).summary
    assert names(run(environment(), profile="acme").findings) == []


def test_aws_that_does_not_answer_is_a_problem_with_the_network_as_advice(answers: Answers) -> None:
    def fail(_: Any) -> AWSResponse:
        raise EndpointConnectionError(endpoint_url="https://sts")

    answers.world.answers["GetCallerIdentity"] = fail
    finding = only(run(environment()), Check.CREDENTIALS)
    assert (finding.status, "HTTPS_PROXY" in finding.advice) == (Status.PROBLEM, True)


@pytest.mark.parametrize("page", [b"<html><br>Sign in</html>", b"<html>Sign in</html>"])
def test_the_page_of_a_portal_in_the_place_of_aws_is_a_problem(answers: Answers, page: bytes) -> None:
    answers.world.answers["GetCallerIdentity"] = lambda _: answer(200, page, "text/html")
    finding = only(run(environment()), Check.CREDENTIALS)
    assert (finding.status, "Check the network" in finding.advice) == (Status.PROBLEM, True)


def test_credentials_of_another_account_are_a_problem_and_nothing_of_that_account_is_read(answers: Answers) -> None:
    answers.account, answers.caller = "999999999999", "arn:aws:iam::999999999999:user/x"
    done = run(environment())
    finding = only(done, Check.ACCOUNT)
    assert finding.summary == f"the credentials are of account 999999999999, and the environment is account {ACCOUNT}"
    assert "DescribeCluster" not in answers.world.calls


def test_a_clock_that_is_wrong_is_a_problem(answers: Answers) -> None:
    answers.behind = timedelta(minutes=6)
    assert "seconds behind AWS" in only(run(environment()), Check.CLOCK).summary
    answers.behind = timedelta(minutes=4)
    assert names(run(environment()).findings) == []


# Clusters


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"status": "CREATING"}, Status.PROBLEM, "prod-0 is CREATING"),
        ({"connectorConfig": {"activationId": "x"}}, Status.PROBLEM, "EKS Connector connects it"),
        ({"endpoint": "https://prod.example.com"}, Status.PROBLEM, "is not on this machine"),
        ({"accessConfig": {"authenticationMode": "NEW"}}, Status.UNKNOWN, "'NEW', which this version does not know"),
        ({"accessConfig": None}, Status.UNKNOWN, "which this version does not know"),
    ],
)
def test_a_cluster_that_cannot_be_used_is_a_problem(
    answers: Answers, changes: dict[str, Any], status: Status, words: str
) -> None:
    answers.cluster |= changes
    done = run(environment())
    finding = only(done, Check.CLUSTER)
    assert (finding.status, finding.subject, words in finding.summary) == (status, "prod", True)
    assert only(done, Check.KUBERNETES_RIGHTS).status is Status.UNKNOWN


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        ("ResourceNotFoundException", Status.PROBLEM, "there is no cluster prod-0 in us-east-1"),
        ("AccessDeniedException", Status.PROBLEM, "you may not read it"),
        ("ServerException", Status.UNKNOWN, "EKS answered ServerException"),
    ],
)
def test_a_cluster_that_eks_does_not_describe_is_reported_for_its_cause(
    answers: Answers, code: str, status: Status, words: str
) -> None:
    answers.world.answers["DescribeCluster"] = lambda _: json_error(400, code, "no")
    finding = only(run(environment()), Check.CLUSTER)
    assert (finding.status, words in finding.summary) == (status, True)


def test_a_mode_that_is_declared_otherwise_is_a_problem(answers: Answers) -> None:
    finding = only(run(environment("CONFIG_MAP")), Check.CLUSTER)
    assert finding.summary == "its authentication mode is API, and the environment has CONFIG_MAP"
    assert names(run(environment("API")).findings) == []


@pytest.mark.parametrize(("private", "advice"), [(True, "Its endpoint is private"), (False, "publicAccessCidrs")])
def test_a_cluster_that_does_not_answer_is_a_problem_with_advice_by_its_endpoint(
    answers: Answers, private: bool, advice: str
) -> None:
    answers.cluster["resourcesVpcConfig"] = {"endpointPublicAccess": not private, "endpointPrivateAccess": True}

    def unreachable(server: str, *_: str) -> Response:
        raise UnreachableError(server, TimeoutError("timed out"))

    answers.world.kubernetes = unreachable
    finding = only(run(environment()), Check.CLUSTER)
    assert f"no answer from {SERVER}" in finding.summary
    assert advice in finding.advice


@pytest.mark.parametrize(
    ("mode", "caller", "advice"),
    [
        ("API", USER, f"--principal-arn={USER}"),
        ("API_AND_CONFIG_MAP", SESSION, f"--principal-arn=arn:aws:iam::{ACCOUNT}:role/Deployer"),
        ("CONFIG_MAP", USER, f"map {USER} in aws-auth"),
    ],
)
def test_a_caller_that_the_cluster_does_not_know_gets_the_way_in_that_its_mode_has(
    answers: Answers, mode: str, caller: str, advice: str
) -> None:
    answers.cluster["accessConfig"] = {"authenticationMode": mode}
    answers.caller = caller
    answers.world.kubernetes = lambda *_: unauthorized()
    finding = only(run(environment()), Check.CLUSTER)
    assert "401 Unauthorized" in finding.summary
    assert advice in finding.advice


def test_a_session_whose_token_is_too_large_is_a_problem(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "x" * 4096)

    def sign(server: str, *_: str) -> Response:
        presigned_token(Aws(ENDPOINT).environment_credentials(), cluster_name="prod-0", region="us-east-1")
        raise AssertionError("the token is small enough")

    answers.world.kubernetes = sign
    assert "accepts at most 4096" in only(run(environment()), Check.CLUSTER).summary


def test_a_page_in_between_is_no_cluster_and_an_old_cluster_is_one(answers: Answers) -> None:
    answers.world.kubernetes = lambda *_: Response(200, {}, b"<html>Sign in</html>")
    assert "is not a Kubernetes API server" in only(run(environment()), Check.CLUSTER).summary
    answers.world.kubernetes = lambda _, __, path: Response(404, {}, b"") if "authentication" in path else None
    assert names(run(environment()).findings) == []


def test_a_cluster_outside_of_eks_is_examined_by_its_kubeconfig(answers: Answers, tmp_path: Any) -> None:
    file = tmp_path / "kubeconfig"
    cluster = {"name": "onprem", "provider": "OTHER", "kubeconfig_file": str(file)}
    declared = environment(integrations={"eks-connector": {"clusters": {"onprem": cluster}}})
    finding = only(run(declared), Check.CLUSTER)
    assert (finding.status, finding.subject) == (Status.PROBLEM, "onprem")
    assert "cannot be read" in finding.summary
    content = {
        "clusters": [{"name": "c", "cluster": {"server": SERVER}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    file.write_text(json.dumps(content))
    done = run(declared)
    assert names(done.findings) == []
    assert {each.subject for each in done.findings if each.check is Check.KUBERNETES_RIGHTS} == {"onprem"}


def test_a_kubeconfig_that_is_a_secret_is_unknown(answers: Answers) -> None:
    declared = environment()
    secret = "\ue000secret.kubeconfig\ue001"
    clusters: Any = {"prod": {**declared.clusters["prod"], "kubeconfig": secret}}
    done = run(Environment(declared.aws, clusters, declared.integrations))
    assert only(done, Check.CLUSTER).status is Status.UNKNOWN
    assert secret not in str(done.findings)


# Integrations


def test_an_integration_that_the_cluster_cannot_have_is_a_problem_and_the_others_are_examined(answers: Answers) -> None:
    answers.cluster["accessConfig"] = {"authenticationMode": "CONFIG_MAP"}
    declared = environment(opentrace={**ARGUMENTS["opentrace"], "profile": "vendor"}, cado=ARGUMENTS["cado"])
    done = run(declared)
    finding = only(done, Check.INTEGRATION)
    assert (finding.subject, "has no access policies" in finding.summary) == ("opentrace", True)
    assert names(done.findings) == [(Check.INTEGRATION, Status.PROBLEM)]


# Rights in AWS


def test_an_action_that_is_denied_is_named_with_what_needs_it(answers: Answers) -> None:
    answers.denied = {"iam:PutRolePolicy", "eks:DeleteAccessEntry"}
    finding = only(run(environment()), Check.AWS_RIGHTS)
    assert finding.status is Status.PROBLEM
    assert finding.details == (
        f"eks:DeleteAccessEntry on {ENTRY}: for the access entry of opentrace in prod (to remove it)",
        f"iam:PutRolePolicy on arn:aws:iam::{ACCOUNT}:role/eks-access-opentrace: for the role of opentrace (`pulumi up`"
        " fails without it)",
    )
    assert USER in finding.advice


def test_a_session_is_simulated_as_its_role_with_the_path(answers: Answers) -> None:
    answers.caller = SESSION
    assert names(run(environment()).findings) == []
    assert {form["PolicySourceArn"][0] for form in answers.simulated} == {ROLE}
    answers.world.answers["GetRole"] = refused("iam:GetRole")
    finding = only(run(environment()), Check.AWS_RIGHTS)
    assert (finding.status, "iam:GetRole, which is refused to you" in finding.summary) == (Status.UNKNOWN, True)


@pytest.mark.parametrize(
    ("caller", "words"),
    [(f"arn:aws:iam::{ACCOUNT}:root", "root user"), (f"arn:aws:sts::{ACCOUNT}:federated-user/x", "federated-user/x")],
)
def test_principals_without_policies_to_simulate_are_unknown(answers: Answers, caller: str, words: str) -> None:
    answers.caller = caller
    finding = only(run(environment()), Check.AWS_RIGHTS)
    assert (finding.status, words in finding.summary) == (Status.UNKNOWN, True)


def test_a_refused_simulation_is_unknown_and_not_a_missing_right(answers: Answers) -> None:
    answers.world.answers["SimulatePrincipalPolicy"] = refused("iam:SimulatePrincipalPolicy")
    finding = only(run(environment()), Check.AWS_RIGHTS)
    assert finding.status is Status.UNKNOWN
    assert "iam:SimulatePrincipalPolicy is refused to you" in finding.summary
    assert finding.details == ()


@pytest.mark.parametrize(
    ("result", "status", "words"),
    [
        ("<EvalDecision>explicitDeny</EvalDecision>", Status.PROBLEM, "denied explicitly"),
        (
            "<EvalDecision>implicitDeny</EvalDecision><OrganizationsDecisionDetail><AllowedByOrganizations>false"
            "</AllowedByOrganizations></OrganizationsDecisionDetail>",
            Status.PROBLEM,
            "by a policy of the organization",
        ),
        (
            "<EvalDecision>implicitDeny</EvalDecision><PermissionsBoundaryDecisionDetail>"
            "<AllowedByPermissionsBoundary>false</AllowedByPermissionsBoundary></PermissionsBoundaryDecisionDetail>",
            Status.PROBLEM,
            "not allowed by your permissions boundary",
        ),
        (
            "<EvalDecision>implicitDeny</EvalDecision><MissingContextValues><member>aws:SourceIp</member>"
            "</MissingContextValues>",
            Status.UNKNOWN,
            "a policy has conditions on aws:SourceIp",
        ),
    ],
)
def test_the_cause_of_a_denial_is_named(answers: Answers, result: str, status: Status, words: str) -> None:
    simulate = answers.world.answers["SimulatePrincipalPolicy"]

    def decide(request: Any) -> AWSResponse:
        return answer(200, simulate(request).content.replace(b"<EvalDecision>allowed</EvalDecision>", result.encode()))

    answers.world.answers["SimulatePrincipalPolicy"] = decide
    finding = only(run(environment()), Check.AWS_RIGHTS)
    assert finding.status is status
    assert all(words in detail for detail in finding.details)


def test_an_action_that_the_simulation_leaves_out_is_unknown(answers: Answers) -> None:
    simulate = answers.world.answers["SimulatePrincipalPolicy"]

    def forget(request: Any) -> AWSResponse:
        return answer(200, simulate(request).content.replace(b"iam:CreateRole<", b"iam:Other<"))

    answers.world.answers["SimulatePrincipalPolicy"] = forget
    finding = only(run(environment()), Check.AWS_RIGHTS)
    assert (finding.status, len(finding.details)) == (Status.UNKNOWN, 1)
    assert finding.details[0].startswith("iam:CreateRole was not answered by the simulation")


# Rights in clusters


def without(*denied: str) -> Callable[[dict[str, Any]], bool]:
    """Allows everything but these requests, and everything at once."""
    return lambda asked: asked["verb"] != "*" and not may(*denied)(asked)


def test_an_administrator_is_asked_about_two_rights_alone(answers: Answers) -> None:
    asked: list[dict[str, Any]] = []

    def allow(attributes: dict[str, Any]) -> bool:
        asked.append(attributes)
        return True

    answers.reviews = allow
    run(environment())
    assert [each["verb"] for each in asked] == ["*", "*"]


def test_a_request_that_is_denied_is_named_with_the_object_that_needs_it(answers: Answers) -> None:
    answers.reviews = without("create clusterroles", "delete clusterrolebindings")
    finding = only(run(environment()), Check.KUBERNETES_RIGHTS)
    assert (finding.status, finding.subject) == (Status.PROBLEM, "prod")
    first, second = finding.details
    assert first.startswith(
        "create clusterroles.rbac.authorization.k8s.io: for ClusterRole opentrace-read of opentrace"
    )
    assert first.endswith("(`pulumi up` fails without it)")
    assert second.startswith("delete clusterrolebindings.rbac.authorization.k8s.io: for ClusterRoleBinding opentrace-")


def test_a_role_with_more_than_the_deployer_has_needs_escalate_and_bind(answers: Answers) -> None:
    declared = environment(cado=ARGUMENTS["cado"])
    answers.reviews = without("escalate clusterroles")
    lacking = only(run(declared), Check.KUBERNETES_RIGHTS).details
    assert lacking[0].startswith(
        "escalate clusterroles.rbac.authorization.k8s.io, or the rights of ClusterRole cado-list"
    )
    assert "you lack get pods, list pods" in lacking[0]
    answers.reviews = without("bind clusterroles")
    assert only(run(declared), Check.KUBERNETES_RIGHTS).details[0].startswith("bind clusterroles")
    answers.reviews = without()
    assert names(run(declared).findings) == []


def test_rights_that_rbac_gives_the_deployer_need_no_escalation(answers: Answers) -> None:
    declared = environment(cado=ARGUMENTS["cado"])
    answers.reviews = without("escalate clusterroles", "bind clusterroles")
    answers.rules = [
        {"verbs": ["*"], "apiGroups": [""], "resources": ["pods"]},
        {"verbs": ["create", "get"], "apiGroups": ["*"], "resources": ["pods/exec"]},
    ]
    assert names(run(declared).findings) == []
    answers.rules[1]["verbs"] = ["create"]
    (line,) = only(run(declared), Check.KUBERNETES_RIGHTS).details
    assert "you lack get pods/exec" in line
    answers.rules[1] |= {"verbs": ["*"], "resourceNames": ["one"]}
    assert len(only(run(declared), Check.KUBERNETES_RIGHTS).details) == 1, "a rule for one name is not one for all"


def test_a_break_glass_role_without_a_binding_needs_no_bind(answers: Answers) -> None:
    declared = environment(cado={**ARGUMENTS["cado"], "exec_enabled": False})
    answers.reviews = without("bind clusterroles")
    answers.rules = [{"verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods"]}]
    assert names(run(declared).findings) == []


@pytest.mark.parametrize(
    "response",
    [
        Response(403, {}, b'{"message": "forbidden"}'),
        Response(201, {}, b'{"status": {"allowed": false, "evaluationError": "webhook timed out"}}'),
        Response(200, {}, b"<html>"),
    ],
)
def test_a_review_that_the_cluster_does_not_decide_is_unknown(answers: Answers, response: Response) -> None:
    answers.world.kubernetes = lambda _, __, path: response if "authorization" in path else None
    finding = only(run(environment()), Check.KUBERNETES_RIGHTS)
    assert (finding.status, finding.details) == (Status.UNKNOWN, ())


# Proxies


def test_a_proxy_before_a_private_endpoint_is_a_problem_where_the_stack_needs_the_official_plugin(
    answers: Answers,
) -> None:
    proxy = {"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "127.0.0.1"}
    answers.cluster["resourcesVpcConfig"] = {"endpointPublicAccess": False, "endpointPrivateAccess": True}
    answers.cluster["endpoint"] = "https://prod.eks.amazonaws.com"
    done = run(environment(integrations=OBJECTS), proxy, only_loopback=False)
    assert done.official_kinds >= {"Secret", "Deployment"}
    assert only(done, Check.PROXY).subject == "prod"
    proxy["NO_PROXY"] += ",.eks.amazonaws.com"
    assert names(run(environment(integrations=OBJECTS), proxy, only_loopback=False).findings) == []


def test_no_finding_has_a_secret_of_the_deployer(answers: Answers) -> None:
    answers.world.answers["GetCallerIdentity"] = error("Odd", "secret_access_key=deployers-own-key")
    assert "deployers-own-key" not in str(run(environment()).findings)


def test_a_cluster_that_is_asked_for_and_is_not_there_is_a_problem(answers: Answers) -> None:
    assert only(run(environment(), clusters=("stage",)), Check.CLUSTER).subject == "stage"
    assert names(run(environment(), clusters=("prod",)).findings) == []
    answers.world.answers["ListClusters"] = lambda _: json_answer({"clusters": []})
    assert only(run(None), Check.CLUSTER).status is Status.NOT_NEEDED
