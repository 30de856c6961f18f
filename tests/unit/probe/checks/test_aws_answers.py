from collections.abc import Callable
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import EndpointConnectionError, ParamValidationError, ReadTimeoutError

from eks_access_probe.checks.aws import find_method, find_operation
from eks_access_probe.checks.aws_errors import call_aws, classify_service_error
from eks_access_probe.identity.assume_role import AssumeRoleError
from eks_access_probe.identity.aws_clients import Aws, Keys
from eks_access_probe.outcome import Answer, Verdict
from tests.support.world import ec2_error, json_error, xml_error

CALLS: dict[str, dict[str, Any]] = {
    "eks:DescribeCluster": {"name": "x"},
    "iam:GetRole": {"RoleName": "x"},
    "ec2:DescribeInstances": {},
    "ssm:SendCommand": {"DocumentName": "x"},
}


def ask(action: str, answer: AWSResponse) -> Answer:
    """The answer of a call with this response of the service, parsed by the real client."""
    service, operation = find_operation(action)
    client = Aws("http://127.0.0.1:9").client(service, "us-east-1", Keys("AKIA", "secret", None))
    client.meta.events.register("before-send", lambda **_: answer)
    method = find_method(client, operation)
    assert method is not None, f"{action} is a call of {service}"

    def call() -> Answer:
        method(**CALLS[action])
        return Answer(Verdict.ALLOWED, 200)

    return call_aws(call, classify_service_error)


@pytest.mark.parametrize(
    ("action", "answer", "verdict"),
    [
        # Denied by IAM, in each protocol's format.
        ("eks:DescribeCluster", json_error(403, "AccessDeniedException", "not authorized"), Verdict.DENIED),
        ("iam:GetRole", xml_error(403, "AccessDenied", "not authorized"), Verdict.DENIED),
        ("ec2:DescribeInstances", ec2_error(403, "UnauthorizedOperation", "not authorized"), Verdict.DENIED),
        ("ssm:SendCommand", json_error(400, "AccessDeniedException", "not authorized"), Verdict.DENIED),
        # Authorized by IAM, then validated by the service.
        ("eks:DescribeCluster", json_error(404, "ResourceNotFoundException", "no cluster x"), Verdict.ALLOWED),
        ("iam:GetRole", xml_error(404, "NoSuchEntity", "The role with name x cannot be found."), Verdict.ALLOWED),
        ("eks:DescribeCluster", json_error(400, "InvalidParameterException", "invalid principal"), Verdict.ALLOWED),
        ("ssm:SendCommand", json_error(400, "InvalidInstanceId", "Instances not in a valid state"), Verdict.ALLOWED),
        # Not authenticated.
        ("iam:GetRole", xml_error(403, "InvalidClientTokenId", "token invalid"), Verdict.NOT_AUTHENTICATED),
        (
            "eks:DescribeCluster",
            json_error(400, "UnrecognizedClientException", "token invalid"),
            Verdict.NOT_AUTHENTICATED,
        ),
        ("ec2:DescribeInstances", ec2_error(401, "AuthFailure", "not able to validate"), Verdict.NOT_AUTHENTICATED),
        ("iam:GetRole", xml_error(403, "ExpiredToken", "token expired"), Verdict.NOT_AUTHENTICATED),
        # Inconclusive.
        ("iam:GetRole", xml_error(400, "ValidationError", "invalid roleName"), Verdict.COULD_NOT_ASK),
        ("iam:GetRole", xml_error(400, "InvalidAction", "Unknown action"), Verdict.COULD_NOT_ASK),
    ],
)
def test_responses_of_aws_services_are_classified(action: str, answer: AWSResponse, verdict: Verdict) -> None:
    found = ask(action, answer)
    assert found.verdict is verdict, found
    assert found.status == answer.status_code, "the evidence holds the real status"
    assert found.reason, "the evidence holds the service's own code"


@pytest.mark.parametrize("code", ["ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded"])
def test_throttling_is_not_a_denial(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # the client's own bounded retries
    assert ask("eks:DescribeCluster", json_error(400, code, "Rate exceeded")).verdict is Verdict.THROTTLED


def test_a_server_error_is_inconclusive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    assert ask("eks:DescribeCluster", json_error(500, "ServerException", "boom")).verdict is Verdict.COULD_NOT_ASK


def test_the_evidence_of_an_authorized_call_has_the_services_response() -> None:
    found = ask("iam:GetRole", xml_error(404, "NoSuchEntity", "The role with name x cannot be found."))
    assert (
        found.evidence == "404 NoSuchEntity: authorized; the service then said: The role with name x cannot be found."
    )


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:9"), Verdict.UNREACHABLE),
        (ReadTimeoutError(endpoint_url="http://127.0.0.1:9"), Verdict.UNREACHABLE),
        (ParamValidationError(report="Missing required parameter"), Verdict.COULD_NOT_ASK),
        (AssumeRoleError("no profile"), Verdict.COULD_NOT_ASK),
    ],
)
def test_a_failure_of_the_client_is_not_a_denial(error: Exception, verdict: Verdict) -> None:
    def call() -> Answer:
        raise error

    assert call_aws(call, classify_service_error).verdict is verdict


@pytest.mark.parametrize(
    ("action", "service", "operation"),
    [
        ("eks:ListAccessEntries", "eks", "ListAccessEntries"),
        ("s3:ListBucket", "s3", "ListObjectsV2"),
        ("iam:GetOpenIDConnectProvider", "iam", "GetOpenIDConnectProvider"),
    ],
)
def test_an_action_is_mapped_to_its_api_operation(action: str, service: str, operation: str) -> None:
    assert find_operation(action) == (service, operation)
    client = Aws("http://127.0.0.1:9").client(service, "us-east-1", None)
    assert find_method(client, operation) is not None, "the client has the call"


def test_an_action_without_an_api_operation_has_no_method() -> None:
    client = Aws("http://127.0.0.1:9").client("iam", "us-east-1", None)
    found: Callable[..., Any] | None = find_method(client, find_operation("iam:PassRole")[1])
    assert found is None
