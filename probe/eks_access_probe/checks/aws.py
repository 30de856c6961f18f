"""AWS calls: each IAM action as the API call of that name, with parameters that change nothing.

IAM authorizes the caller before the service looks up what the parameters name. So AccessDenied is a refusal, and any
other response about the parameters shows that the caller was authorized.
"""

from typing import Any

from eks_access.manifest.models import AwsExpectation

from ..identity.assume_role import Actor
from ..identity.aws_clients import Aws
from ..outcome import Answer, Plane, Question, Verdict
from .aws_errors import call_aws, classify_service_error
from .check import Check
from .grant_sources import find_statement_source

SERVICES = {
    "aps": "amp",
    "cloudwatch": "cloudwatch",
    "elasticfilesystem": "efs",
    "elasticloadbalancing": "elbv2",
    "elasticmapreduce": "emr",
    "es": "opensearch",
    "states": "stepfunctions",
    "tag": "resourcegroupstaggingapi",
}
"""The client's service for an IAM service prefix, if their names differ."""

OPERATIONS = {
    "lambda:InvokeFunction": "Invoke",
    "s3:GetBucketTagging": "GetBucketTagging",
    "s3:ListAllMyBuckets": "ListBuckets",
    "s3:ListBucket": "ListObjectsV2",
    "s3:ListBucketVersions": "ListObjectVersions",
    "s3:GetEncryptionConfiguration": "GetBucketEncryption",
}
"""The API operation for an IAM action, if their names differ.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""


def build_check(aws: Aws, actor: Actor, expectation: AwsExpectation) -> Check:
    """The check of an AWS call by making it: only for calls that change nothing (`side_effects.may_be_made`)."""
    region = expectation.region or actor.region
    return Check(build_question(actor, expectation, region), lambda: _call(aws, actor, expectation, region))


def build_question(actor: Actor, expectation: AwsExpectation, region: str) -> Question:
    """The expectation as a question; its detail has the parameters and the region of the call."""
    shown = [f"{name}={value}" for name, value in expectation.parameters.items() if isinstance(value, str | int)]
    return Question(
        actor.name,
        Plane.AWS,
        "call",
        expectation.action,
        expectation.allowed,
        expectation.why,
        detail=" ".join([*shown, f"in {region}"]),
        granted_by=find_statement_source(actor.access, expectation) if expectation.allowed else None,
    )


def _call(aws: Aws, actor: Actor, expectation: AwsExpectation, region: str) -> Answer:
    service, operation = find_operation(expectation.action)

    def call() -> Answer:
        client = aws.client(service, region, actor.session().keys)
        method = find_method(client, operation)
        if method is None:
            return Answer(Verdict.COULD_NOT_ASK, None, "", f"{expectation.action} has no API call of its own")
        answer = method(**expectation.parameters)
        return Answer(Verdict.ALLOWED, answer["ResponseMetadata"]["HTTPStatusCode"])

    return call_aws(call, classify_service_error)


def find_operation(action: str) -> tuple[str, str]:
    """The client's service and the API operation of an IAM action."""
    prefix, _, name = action.partition(":")
    return SERVICES.get(prefix, prefix), OPERATIONS.get(action, name)


def find_method(client: Any, operation: str) -> Any | None:
    """The client's method for an API operation; None if it has none, as for iam:PassRole."""
    names: dict[str, str] = client.meta.method_to_api_mapping
    return next((getattr(client, method) for method, name in names.items() if name == operation), None)
