import json

import pytest

from eks_access.kubernetes.client import Response
from eks_access.manifest.models import KubernetesExpectation
from eks_access_probe.checks.kubernetes import build_path, format_target, is_requested
from eks_access_probe.checks.kubernetes_answers import classify_response, classify_review
from eks_access_probe.outcome import Verdict
from tests.support.world import forbidden, kubernetes_call, status

NO_SUCH_RESOURCE = "the server could not find the requested resource"


@pytest.mark.parametrize(
    ("response", "name", "verdict"),
    [
        (Response(200, {}, b'{"kind":"PartialObjectMetadataList"}'), None, Verdict.ALLOWED),
        (forbidden("secrets"), None, Verdict.DENIED),
        (status(401, "Unauthorized", "Unauthorized"), None, Verdict.NOT_AUTHENTICATED),
        (
            status(403, "Forbidden", 'secrets is forbidden: User "system:anonymous" cannot list resource "secrets"'),
            None,
            Verdict.NOT_AUTHENTICATED,
        ),
        (Response(403, {}, b"<html>Access to this site is blocked</html>"), None, Verdict.COULD_NOT_ASK),
        (
            status(404, "NotFound", 'configmaps "x" not found', {"name": "x", "kind": "configmaps"}),
            "x",
            Verdict.ALLOWED,
        ),
        (status(404, "NotFound", NO_SUCH_RESOURCE, {}), "x", Verdict.COULD_NOT_ASK),
        (status(404, "NotFound", NO_SUCH_RESOURCE, {}), None, Verdict.COULD_NOT_ASK),
        (Response(404, {}, b"404 page not found\n"), "x", Verdict.COULD_NOT_ASK),
        (status(429, "TooManyRequests", "too many requests, please try again later"), None, Verdict.THROTTLED),
        (status(500, "InternalError", "etcd is down"), None, Verdict.COULD_NOT_ASK),
        (status(503, "ServiceUnavailable", "the server is unable to handle the request"), None, Verdict.COULD_NOT_ASK),
    ],
)
def test_responses_to_a_read_are_classified(response: Response, name: str | None, verdict: Verdict) -> None:
    answer = classify_response(response, name)
    assert answer.verdict is verdict, answer
    assert answer.status == response.status


def test_nothing_of_an_object_that_was_read_is_kept() -> None:
    answer = classify_response(Response(200, {}, b'{"items":[{"data":{"password":"hunter2"}}]}'))
    assert "hunter2" not in repr(answer)


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ({"status": {"allowed": True, "reason": 'RBAC: allowed by ClusterRoleBinding "x"'}}, Verdict.ALLOWED),
        ({"status": {"allowed": False}}, Verdict.DENIED),
        ({"status": {"allowed": False, "evaluationError": 'clusterrole "x" not found'}}, Verdict.DENIED),
        ({"status": {"allowed": False, "evaluationError": "webhook: connection refused"}}, Verdict.COULD_NOT_ASK),
        ({"status": {"allowed": True, "evaluationError": "webhook: connection refused"}}, Verdict.ALLOWED),
        ({"kind": "SomethingElse"}, Verdict.COULD_NOT_ASK),
        (["not an object"], Verdict.COULD_NOT_ASK),
    ],
)
def test_responses_to_an_access_review_are_classified(body: object, verdict: Verdict) -> None:
    assert classify_review(Response(201, {}, json.dumps(body).encode())).verdict is verdict


def test_the_answer_to_a_review_has_the_authorizers_reason() -> None:
    body = {"status": {"allowed": False, "reason": "no", "evaluationError": "role missing"}}
    assert classify_review(Response(201, {}, json.dumps(body).encode())).message == "no; role missing"


def test_a_review_that_is_refused_is_inconclusive() -> None:
    answer = classify_review(forbidden("selfsubjectaccessreviews"))
    assert answer.verdict is Verdict.COULD_NOT_ASK, "the review was refused, not the call in it"
    assert classify_review(status(401, "Unauthorized", "Unauthorized")).verdict is Verdict.NOT_AUTHENTICATED


def call(verb: str, resource: str, **place: object) -> KubernetesExpectation:
    return KubernetesExpectation.model_validate(kubernetes_call(verb, resource, True, **place))


@pytest.mark.parametrize(
    ("e", "tried"),
    [
        (call("list", "pods"), True),
        (call("get", "configmaps", namespace="kube-system", name="aws-auth"), True),
        (call("get", "pods", namespace="default"), False),
        (call("get", "pods", subresource="log", namespace="default", name="x"), False),
        (call("watch", "pods"), False),
        (call("create", "pods"), False),
        (call("delete", "pods", name="x"), False),
        (call("impersonate", "users"), False),
    ],
)
def test_only_reads_are_really_requested(e: KubernetesExpectation, tried: bool) -> None:
    assert is_requested(e) is tried


@pytest.mark.parametrize(
    ("e", "expected_target", "expected_path"),
    [
        (call("list", "pods"), "pods", "/api/v1/pods"),
        (call("list", "deployments", apiGroup="apps"), "deployments.apps", "/apis/apps/v1/deployments"),
        (
            call("get", "configmaps", namespace="kube-system", name="aws-auth"),
            "configmaps aws-auth in kube-system",
            "/api/v1/namespaces/kube-system/configmaps/aws-auth",
        ),
        (call("get", "nodes", subresource="proxy"), "nodes/proxy", "/api/v1/nodes"),
    ],
)
def test_an_expectation_has_a_readable_target_and_a_path(
    e: KubernetesExpectation, expected_target: str, expected_path: str
) -> None:
    assert format_target(e) == expected_target
    assert build_path(e, "v1") == expected_path
