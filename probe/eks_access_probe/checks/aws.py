"""AWS calls: each IAM action as the API call of that name, with parameters that change nothing.

IAM judges the caller before the service looks at what the parameters name. So AccessDenied is a refusal, and any other
answer about the parameters shows that the caller was let through.
"""

from typing import Any

from eks_access.manifest.models import AwsExpectation

from ..identity.assume_role import Actor
from ..identity.aws_clients import Aws
from ..outcome import Answer, Plane, Question, Verdict
from .aws_errors import asked, classify
from .check import Check

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
"""The client for an IAM service prefix, where it has another name."""

OPERATIONS = {
    "lambda:InvokeFunction": "Invoke",
    "s3:GetBucketTagging": "GetBucketTagging",
    "s3:ListAllMyBuckets": "ListBuckets",
    "s3:ListBucket": "ListObjectsV2",
    "s3:ListBucketVersions": "ListObjectVersions",
    "s3:GetEncryptionConfiguration": "GetBucketEncryption",
}
"""The API operation for an IAM action, where it has another name.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""


def checks(aws: Aws, actor: Actor) -> list[Check]:
    return [_check(aws, actor, expectation) for expectation in actor.access.aws]


def _check(aws: Aws, actor: Actor, expectation: AwsExpectation) -> Check:
    region = expectation.region or actor.region
    return Check(question(actor, expectation, region), lambda: _ask(aws, actor, expectation, region))


def question(actor: Actor, expectation: AwsExpectation, region: str) -> Question:
    told = [f"{name}={value}" for name, value in expectation.parameters.items() if isinstance(value, str | int)]
    return Question(
        actor.name,
        Plane.AWS,
        "call",
        expectation.action,
        expectation.allowed,
        expectation.why,
        detail=" ".join([*told, f"in {region}"]),
    )


def _ask(aws: Aws, actor: Actor, expectation: AwsExpectation, region: str) -> Answer:
    service, operation = api(expectation.action)

    def call() -> Answer:
        client = aws.client(service, region, actor.session().keys)
        method = method_of(client, operation)
        if method is None:
            return Answer(Verdict.COULD_NOT_ASK, None, "", f"{expectation.action} has no API call of its own")
        answer = method(**expectation.parameters)
        return Answer(Verdict.ALLOWED, answer["ResponseMetadata"]["HTTPStatusCode"])

    return asked(call, classify)


def api(action: str) -> tuple[str, str]:
    """The client's service and the API operation of an IAM action."""
    prefix, _, name = action.partition(":")
    return SERVICES.get(prefix, prefix), OPERATIONS.get(action, name)


def method_of(client: Any, operation: str) -> Any | None:
    names: dict[str, str] = client.meta.method_to_api_mapping
    return next((getattr(client, method) for method, name in names.items() if name == operation), None)
