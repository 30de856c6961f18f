"""Checks of EKS Connector, whose role no user can assume.

The role trusts an AWS service only, so its permissions are evaluated with the operator's credentials, as in `operator`.
In the cluster it acts as its service account, for which the operator requests a short-lived token.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from eks_access.manifest.models import Cluster

from ..identity.assume_role import Actor
from ..identity.aws_clients import Aws
from ..outcome import Answer, Plane, Question, Verdict
from .aws_errors import call_aws, classify_service_error
from .check import Check

WARN_BEFORE = timedelta(hours=24)
"""Time before the expiry of an unused activation from which a warning is shown."""


def build_trust_check(aws: Aws, actor: Actor) -> Check:
    """The trust policy, read from IAM, must name the service as its only principal."""
    service = actor.access.trust.service or ""
    question = Question(
        actor.name, Plane.TRUST, "assume the role", f"as {service}", True, "only this service is trusted"
    )

    def call() -> Answer:
        role = aws.client("iam", actor.region, actor.operator_keys()).get_role(RoleName=actor.access.role.name)["Role"]
        wanted = [("Allow", {"Service": [service]}, ["sts:AssumeRole"])]
        found = [_summarize_statement(statement) for statement in role["AssumeRolePolicyDocument"]["Statement"]]
        differences = () if found == wanted else (f"the trust policy is not for {service} alone",)
        return Answer(Verdict.ALLOWED, 200, "", "read from the role's trust policy", differences)

    return Check(question, lambda: call_aws(call, classify_service_error))


def build_registration_checks(aws: Aws, actor: Actor) -> list[Check]:
    """Each cluster must be registered, connected or with a valid activation, and in the list of clusters."""
    return [
        check
        for cluster in actor.access.clusters.values()
        for check in (_build_describe_check(aws, actor, cluster), _build_list_check(aws, actor, cluster))
    ]


def _build_describe_check(aws: Aws, actor: Actor, cluster: Cluster) -> Check:
    def call() -> Answer:
        eks = aws.client("eks", cluster.region, actor.operator_keys())
        try:
            found = eks.describe_cluster(name=cluster.name)["cluster"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            return Answer(Verdict.ALLOWED, 404, "ResourceNotFoundException", "", ("it is not registered",))
        return evaluate_registration(found, datetime.now(UTC))

    return Check(_build_question(actor, "eks:DescribeCluster", cluster), lambda: call_aws(call, _classify_inconclusive))


def evaluate_registration(cluster: Mapping[str, Any], now: datetime) -> Answer:
    """The answer in a registration's status and the expiry of its activation."""
    status, expires_at = cluster["status"], (cluster.get("connectorConfig") or {}).get("activationExpiry")

    def answer(message: str, *differences: str) -> Answer:
        return Answer(Verdict.ALLOWED, 200, status, message, differences)

    if not cluster.get("connectorConfig"):
        return answer("", "it is an EKS cluster and not connected by EKS Connector")
    if status == "ACTIVE":
        return answer("connected")
    if status == "FAILED" or (expires_at is not None and expires_at <= now):
        return answer("", "its activation expired unused: run `pulumi up --refresh` to register it again")
    if expires_at is not None and expires_at - now < WARN_BEFORE:
        hours = (expires_at - now) / timedelta(hours=1)
        return answer(f"warning: not connected yet, and its activation expires in {hours:.0f} hours")
    return answer("registered; not connected yet")


def _build_list_check(aws: Aws, actor: Actor, cluster: Cluster) -> Check:
    def call() -> Answer:
        eks = aws.client("eks", cluster.region, actor.operator_keys())
        pages = eks.get_paginator("list_clusters").paginate(include=["all"])
        is_listed = any(cluster.name in page["clusters"] for page in pages)
        return Answer(Verdict.ALLOWED, 200, "", "", () if is_listed else ("the list of clusters lacks it",))

    return Check(_build_question(actor, "eks:ListClusters", cluster), lambda: call_aws(call, _classify_inconclusive))


def _build_question(actor: Actor, action: str, cluster: Cluster) -> Question:
    detail = f"in {cluster.region}, asked by the operator"
    target = f"{cluster.name} in the answer of {action}"
    return Question(actor.name, Plane.AWS, "show", target, True, "the cluster is registered", detail=detail)


def _classify_inconclusive(error: ClientError) -> Answer:
    """An error of the operator's own call is inconclusive for the integration."""
    answer = classify_service_error(error)
    if answer.verdict in (Verdict.ALLOWED, Verdict.DENIED):
        return Answer(Verdict.COULD_NOT_ASK, answer.status, answer.reason, answer.message)
    return answer


def _summarize_statement(statement: Mapping[str, Any]) -> tuple[str, dict[str, list[str]], list[str]]:
    principal = {kind: _as_list(value) for kind, value in dict(statement["Principal"]).items()}
    return statement["Effect"], principal, _as_list(statement["Action"])


def _as_list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
